/** Claims, and the boxes that ask with them. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answers, created } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { claim, claimSecret, enrolment, enrolmentState, newClaim } from '../../contract/enrolment.ts';
import { page } from '../../contract/page.ts';
import type { FleetIdentity } from '../../pki/fleet.ts';
import { rowNumber } from '../../store/rows.ts';
import type { HubStore } from '../../store/store.ts';
import { pageQuery } from '../bodies.ts';
import { fleetOf } from '../fleet.ts';
import { actOf, cursorRow, noContent, pageOf, security } from '../responses.ts';

export interface ClaimRouteOptions {
  readonly store: Pick<HubStore, 'claims'>;
  readonly fleet?: FleetIdentity;
  readonly clock: Pick<Clock, 'wall'>;
}

const params = z.object({ id: z.string().max(32) });
const enrolmentQuery = pageQuery.extend({ state: enrolmentState.optional() });

export function claimRoutes({ store, fleet, clock }: ClaimRouteOptions): FastifyPluginAsyncZod {
  const tags = ['enrolment'];
  return async (app) => {
    app.get(
      '/claims',
      {
        config: { access: 'admin' },
        schema: {
          summary: 'List claims, the newest first',
          tags,
          security,
          querystring: pageQuery,
          response: answers(page(claim)),
        },
      },
      async ({ query: { cursor, limit } }) =>
        pageOf(await store.claims.list({ before: cursorRow(cursor), limit: limit + 1 }), limit),
    );

    app.post(
      '/claims',
      {
        config: { access: 'admin' },
        schema: {
          summary: 'Make a claim, with which boxes become devices',
          tags,
          security,
          body: newClaim,
          response: created(claimSecret, 'The claim, which is shown only now'),
        },
      },
      async (request, reply) => {
        const made = await fleetOf(fleet).enrolment.newClaim(request.body, actOf(request, clock));
        return reply.code(201).send({ ...made.view, claim: made.claim });
      },
    );

    app.delete(
      '/claims/:id',
      {
        config: { access: 'admin' },
        schema: { summary: 'Revoke a claim; devices that it let in stay', tags, security, params, response: noContent },
      },
      async (request, reply) => {
        const { id } = request.params;
        const row = rowNumber(id);
        if (row === undefined || !(await fleetOf(fleet).enrolment.revokeClaim(row, actOf(request, clock))))
          throw new ProblemError(404, `there is no claim "${id}" that is not revoked`);
        return reply.code(204).send(undefined);
      },
    );

    app.get(
      '/enrolments',
      {
        config: { access: 'viewer' },
        schema: {
          summary: 'List boxes that asked to be let in, the newest first',
          tags,
          security,
          querystring: enrolmentQuery,
          response: answers(page(enrolment)),
        },
      },
      async ({ query: { cursor, limit, state } }) =>
        pageOf(await store.claims.enrolments({ before: cursorRow(cursor), limit: limit + 1, state }), limit),
    );

    for (const [verb, summary] of [
      ['approve', 'Let a box in that waits'],
      ['refuse', 'Turn a box away that waits'],
    ] as const) {
      app.post(
        `/enrolments/:id/${verb}`,
        { config: { access: 'admin' }, schema: { summary, tags, security, params, response: noContent } },
        async (request, reply) => {
          const { id } = request.params;
          const row = rowNumber(id);
          if (row === undefined || !(await fleetOf(fleet).enrolment[verb](row, actOf(request, clock))))
            throw new ProblemError(404, `no box waits under "${id}"`);
          return reply.code(204).send(undefined);
        },
      );
    }
  };
}
