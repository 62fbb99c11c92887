/** The dataset: samples with their pictures, verdicts and corrections. Whole pictures of cameras: for operators. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { datasetItem } from '../../contract/dataset.ts';
import { page } from '../../contract/page.ts';
import { rowNumber } from '../../store/rows.ts';
import type { ApiOptions } from '../options.ts';
import { cursorRow, recordQuery, security } from '../responses.ts';

const query = recordQuery.extend({
  since: recordQuery.shape.since.describe('when the hub received the sample, included'),
  until: recordQuery.shape.until.describe('when the hub received the sample, not included'),
  corrected: z.enum(['true']).optional().describe('only samples that an operator has said something of'),
});
const params = z.object({ id: z.string().max(32) });

export function datasetRoutes({ store }: Pick<ApiOptions, 'store'>): FastifyPluginAsyncZod {
  const config = { access: 'operator' } as const;
  const common = { tags: ['second opinions'], security };
  const timeOf = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));
  return async (app) => {
    app.get(
      '/dataset',
      {
        config,
        schema: {
          ...common,
          summary: 'List samples whose picture is kept, with verdicts and corrections, oldest first',
          querystring: query,
          response: answers(page(datasetItem)),
        },
      },
      async ({ query: { device, stream, since, until, corrected, cursor, limit } }) =>
        store.dataset.list({
          ...{ device, stream, limit, corrected: corrected !== undefined, after: cursorRow(cursor) },
          ...{ since: timeOf(since), until: timeOf(until) },
        }),
    );

    app.get(
      '/dataset/:id/picture',
      {
        config,
        schema: {
          ...common,
          summary: 'Get the picture of a sample',
          params,
          response: {
            ...answers(z.object({})),
            200: { description: 'The picture', content: { 'image/jpeg': { schema: z.any() } } },
          },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const row = rowNumber(id);
        const picture = row === undefined ? undefined : await store.samplePictures.get(row);
        if (!picture) throw new ProblemError(404, `there is no picture of a sample "${id}", or it is no longer kept`);
        return reply.header('cache-control', 'private, no-store').type('image/jpeg').send(Buffer.from(picture));
      },
    );
  };
}
