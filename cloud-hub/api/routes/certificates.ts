/** Certificates of devices, and their end. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { name } from '../../../shared/contract/names.ts';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { DAY_MS } from '../../../shared/kit/durations.ts';
import { certificate, revocation } from '../../contract/enrolment.ts';
import { page } from '../../contract/page.ts';
import type { FleetIdentity } from '../../pki/fleet.ts';
import type { HubStore } from '../../store/store.ts';
import { pageQuery } from '../bodies.ts';
import { fleetOf } from '../fleet.ts';
import { actOf, cursorRow, pageOf, security } from '../responses.ts';

export interface CertificateRouteOptions {
  readonly store: Pick<HubStore, 'certificates' | 'devices'>;
  readonly fleet?: FleetIdentity;
  readonly clock: Pick<Clock, 'wall'>;
}

const query = pageQuery.extend({
  device: name.optional(),
  endsInDays: z.coerce
    .number()
    .min(0)
    .max(400)
    .optional()
    .describe('only the newest of each device, where it is not revoked and ends within so many days'),
});

export function certificateRoutes({ store, fleet, clock }: CertificateRouteOptions): FastifyPluginAsyncZod {
  const tags = ['enrolment'];
  return async (app) => {
    app.get(
      '/certificates',
      {
        config: { access: 'viewer' },
        schema: {
          summary: 'List certificates of devices, the newest first',
          tags,
          security,
          querystring: query,
          response: answers(page(certificate)),
        },
      },
      async ({ query: { cursor, limit, device, endsInDays } }) => {
        const endsBefore = endsInDays === undefined ? undefined : clock.wall() + endsInDays * DAY_MS;
        const filter = { before: cursorRow(cursor), limit: limit + 1, device, endsBefore };
        return pageOf(await store.certificates.list(filter), limit);
      },
    );

    app.post(
      '/devices/:device/revoke',
      {
        config: { access: 'admin' },
        schema: {
          summary: 'Revoke all certificates of a device and end its connection',
          tags,
          security,
          params: z.object({ device: name }),
          body: revocation,
          response: answers(z.object({ certificates: z.number().describe('how many were revoked') })),
        },
      },
      async (request) => {
        const { device } = request.params;
        if (!(await store.devices.get(device))) throw new ProblemError(404, `there is no device "${device}"`);
        const certificates = await fleetOf(fleet).enrolment.revoke(device, request.body.reason, actOf(request, clock));
        return { certificates };
      },
    );
  };
}
