/** What models said of sensors and of sound: every reading, and their course over time. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { name } from '../../../shared/contract/names.ts';
import { answers } from '../../../shared/http/answers.ts';
import { page } from '../../contract/page.ts';
import { reading, readingBucket } from '../../contract/reading.ts';
import { MAX_BUCKETS } from '../../store/readings.ts';
import type { HubStore } from '../../store/store.ts';
import { callerOf } from '../auth.ts';
import { filterOf, recordQuery, security } from '../responses.ts';
import { scopeOf, seesDevice } from '../scope.ts';

const courseQuery = z.object({
  device: name,
  stream: name,
  since: recordQuery.shape.since.unwrap(),
  until: recordQuery.shape.until,
  bucketS: z.coerce.number().int().min(1).max(86_400).describe('seconds that are summed up as one'),
});

export function readingRoutes({ store }: { store: HubStore }): FastifyPluginAsyncZod {
  const config = { access: 'viewer', scope: 'lists' } as const;
  return async (app) => {
    app.get(
      '/readings',
      {
        config,
        schema: {
          summary: 'List readings of sensors and sound, newest received first',
          tags: ['records'],
          security,
          querystring: recordQuery,
          response: answers(page(reading)),
        },
      },
      async (request) => store.readings.list({ ...filterOf(request.query), ...scopeOf(request) }),
    );

    app.get(
      '/readings/course',
      {
        config,
        schema: {
          summary: "Get the course of a stream's readings over time",
          description: `Summed up by equal spans, newest first, at most ${MAX_BUCKETS} of them; a span without a reading is left out. Where values are very long, older spans have none.`,
          tags: ['records'],
          security,
          querystring: courseQuery,
          response: answers(z.object({ items: z.array(readingBucket) })),
        },
      },
      async (request) => {
        const { device, stream, since, until, bucketS } = request.query;
        // As of a device that is not there.
        if (!(await seesDevice(callerOf(request), device, store))) return { items: [] };
        const span = { since: Date.parse(since), until: until === undefined ? undefined : Date.parse(until) };
        return { items: await store.readings.course({ ...span, device, stream, bucketMs: bucketS * 1000 }) };
      },
    );
  };
}
