/** Second opinions: each verdict, and what they have cost and said. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { opinions } from '../../../shared/contract/messages/verdict.ts';
import { name } from '../../../shared/contract/names.ts';
import { answers } from '../../../shared/http/answers.ts';
import { type Hybrid, hybrid, opinion } from '../../contract/opinion.ts';
import { page } from '../../contract/page.ts';
import { pageQuery } from '../bodies.ts';
import type { ApiOptions } from '../options.ts';
import { cursorRow, security } from '../responses.ts';
import { scopeOf } from '../scope.ts';

const query = pageQuery.extend({
  device: name.optional(),
  stream: name.optional(),
  outcome: z.enum(opinions).optional(),
});
/** Streams with totals in one answer, those with the most bytes first. */
const MOST_STREAMS = 200;
const MOST_ASKING = 500;
/** Reports change every few seconds at most, and looking into all of them takes a while in a large fleet. */
const ASKING_MS = 10_000;

export function opinionRoutes({
  store,
  secondOpinions,
  clock,
}: Pick<ApiOptions, 'store' | 'secondOpinions' | 'clock'>): FastifyPluginAsyncZod {
  const config = { access: 'viewer' } as const;
  const tags = ['second opinions'];
  let asking: { readonly at: number; readonly streams: Hybrid['asking'] } | undefined;
  const askingNow = async () => {
    const at = clock.mono();
    if (!asking || at - asking.at >= ASKING_MS) asking = { at, streams: await store.devices.asking(MOST_ASKING) };
    return asking.streams;
  };
  return async (app) => {
    app.get(
      '/opinions',
      {
        config: { ...config, scope: 'lists' },
        schema: {
          summary: 'List second opinions, newest first',
          tags,
          security,
          querystring: query,
          response: answers(page(opinion)),
        },
      },
      async (request) => {
        const { device, stream, outcome, cursor, limit } = request.query;
        return store.opinions.list({ ...scopeOf(request), device, stream, outcome, before: cursorRow(cursor), limit });
      },
    );

    app.get(
      '/hybrid',
      {
        config,
        schema: {
          summary: 'What second opinions have cost and said, per stream',
          tags,
          security,
          response: answers(hybrid),
        },
      },
      async () => ({
        ...secondOpinions.state(),
        streams: await store.opinions.totals(MOST_STREAMS, clock.wall()),
        asking: await askingNow(),
      }),
    );
  };
}
