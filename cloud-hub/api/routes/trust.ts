/** Signed metadata: what stands, new roots and targets from whoever holds the keys, new keys of the hub. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answers, created } from '../../../shared/http/answers.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { envelope, maxBytesOf } from '../../../shared/trust/schema.ts';
import { metadataBytes } from '../../../shared/trust/sign.ts';
import { trustState } from '../../contract/trust.ts';
import { onlineRoles } from '../../registry/signing/online-keys.ts';
import type { Signing } from '../../registry/signing/signing.ts';
import { actOf, security } from '../responses.ts';

export interface TrustRouteOptions {
  readonly signing: Signing;
  readonly clock: Pick<Clock, 'wall'>;
}

export function trustRoutes({ signing, clock }: TrustRouteOptions): FastifyPluginAsyncZod {
  const tags = ['trust'];
  return async (app) => {
    app.get(
      '/trust',
      {
        config: { access: 'viewer' },
        schema: {
          summary: 'Versions, keys and expiry of the signed metadata',
          tags,
          security,
          response: answers(trustState),
        },
      },
      async () => signing.state(),
    );

    for (const role of ['root', 'targets'] as const) {
      app.put(
        `/trust/${role}`,
        {
          config: { access: 'admin' },
          bodyLimit: maxBytesOf[role],
          schema: {
            summary: `Publish a new ${role}.json, signed by a threshold of its keys`,
            tags,
            security,
            body: envelope,
            response: answers(trustState),
          },
        },
        async (request) => signing.publish(role, metadataBytes(request.body), actOf(request, clock)),
      );
    }

    app.post(
      '/trust/online-keys/:role',
      {
        config: { access: 'admin' },
        schema: {
          summary: 'Make a new key of the hub; the next root.json has to name it',
          tags,
          security,
          params: z.object({ role: z.enum(onlineRoles) }),
          response: created(trustState, 'The new key is in `online`'),
        },
      },
      async (request, reply) =>
        reply.code(201).send(await signing.renewKey(request.params.role, actOf(request, clock))),
    );
  };
}
