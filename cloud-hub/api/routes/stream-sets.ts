/** Sets of streams by revision, which rollouts bring to devices. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { digest } from '../../../shared/contract/messages/desired.ts';
import { answers, created } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { page } from '../../contract/page.ts';
import { streamSet } from '../../contract/stream-set.ts';
import type { Rollouts } from '../../rollout/rollouts.ts';
import type { HubStore } from '../../store/store.ts';
import { newStreamSet, pageQuery } from '../bodies.ts';
import { actOf, cursorRow, pageOf, security } from '../responses.ts';

export interface StreamSetRouteOptions {
  readonly store: Pick<HubStore, 'streamSets'>;
  readonly rollouts: Rollouts;
  readonly clock: Pick<Clock, 'wall'>;
}

const params = z.object({ revision: digest });
const BODY_BYTES = 1024 * 1024;

export function streamSetRoutes({ store, rollouts, clock }: StreamSetRouteOptions): FastifyPluginAsyncZod {
  const tags = ['streams'];
  const get = async (revision: string) => {
    const found = await store.streamSets.get(revision);
    if (!found) throw new ProblemError(404, `there is no set of streams ${revision}`);
    return found;
  };
  return async (app) => {
    app.post(
      '/stream-sets',
      {
        config: { access: 'operator' },
        bodyLimit: BODY_BYTES,
        schema: {
          summary: 'Add a set of streams; it is checked as a device checks it',
          tags,
          security,
          body: newStreamSet,
          response: created(streamSet, 'The set, with its revision'),
        },
      },
      async (request, reply) => {
        const { name, streams } = request.body;
        return reply.code(201).send(await get(await rollouts.addStreams(name, streams, actOf(request, clock))));
      },
    );

    app.get(
      '/stream-sets',
      {
        config: { access: 'viewer' },
        schema: {
          summary: 'List sets of streams, newest first',
          tags,
          security,
          querystring: pageQuery,
          response: answers(page(streamSet)),
        },
      },
      async ({ query: { cursor, limit } }) =>
        pageOf(await store.streamSets.list({ before: cursorRow(cursor), limit: limit + 1 }), limit),
    );

    app.get(
      '/stream-sets/:revision',
      {
        config: {
          access: 'viewer',
          document: (request, from) => from.streamSets.get(params.parse(request.params).revision),
        },
        schema: {
          summary: 'Get a set of streams',
          tags,
          security,
          params,
          response: answers(streamSet),
        },
      },
      async (request) => get(request.params.revision),
    );
  };
}
