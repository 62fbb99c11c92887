/** What devices sent: events with their snapshots, summaries, troubles, and what was refused. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { name } from '../../../shared/contract/names.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { rowNumber } from '../../store/rows.ts';
import type { Store } from '../../store/store.ts';
import { answers, cursorRow, filterOf, pageOf, recordQuery, security } from '../responses.ts';
import { event, page, pageQuery, quarantined, summary, trouble } from '../schemas/api.ts';

const params = z.object({ id: z.string().max(32) });
const eventQuery = recordQuery.extend({ rule: name.optional(), label: z.string().max(128).optional() });
const quarantineQuery = pageQuery.extend({ device: name.optional() });

export function recordRoutes({ store }: { store: Store }): FastifyPluginAsyncZod {
  const list = { access: 'viewer' } as const;
  return async (app) => {
    app.get(
      '/events',
      {
        config: list,
        schema: {
          summary: 'List events, newest received first',
          tags: ['records'],
          security,
          querystring: eventQuery,
          response: answers(page(event)),
        },
      },
      async ({ query }) => {
        const filter = { ...filterOf(query), rule: query.rule, label: query.label };
        return pageOf(await store.events.list(filter), query.limit);
      },
    );

    app.get(
      '/events/:id',
      {
        config: list,
        schema: { summary: 'Get an event', tags: ['records'], security, params, response: answers(event) },
      },
      async (request) => {
        const row = rowNumber(request.params.id);
        const found = row === undefined ? undefined : await store.events.get(row);
        if (!found) throw new ProblemError(404, 'there is no such event');
        return found;
      },
    );

    app.get(
      '/snapshots/:id',
      {
        config: list,
        schema: {
          summary: 'Get the picture of an event',
          tags: ['records'],
          security,
          params,
          response: {
            ...answers(z.object({})),
            200: { description: 'The picture', content: { 'image/jpeg': { schema: z.any() } } },
          },
        },
      },
      async (request, reply) => {
        const row = rowNumber(request.params.id);
        const found = row === undefined ? undefined : await store.snapshots.get(row);
        if (!found) throw new ProblemError(404, 'there is no such snapshot');
        reply.header('cache-control', 'private, max-age=31536000, immutable');
        return reply.type(found.mime).send(Buffer.from(found.picture));
      },
    );

    app.get(
      '/summaries',
      {
        config: list,
        schema: {
          summary: 'List summaries of streams, newest received first',
          tags: ['records'],
          security,
          querystring: recordQuery,
          response: answers(page(summary)),
        },
      },
      async ({ query }) => pageOf(await store.summaries.list(filterOf(query)), query.limit),
    );

    app.get(
      '/troubles',
      {
        config: list,
        schema: {
          summary: 'List errors and losses, newest received first',
          tags: ['records'],
          security,
          querystring: recordQuery,
          response: answers(page(trouble)),
        },
      },
      async ({ query }) => pageOf(await store.troubles.list(filterOf(query)), query.limit),
    );

    app.get(
      '/quarantine',
      {
        config: list,
        schema: {
          summary: 'List what was refused, and why, newest first',
          tags: ['records'],
          security,
          querystring: quarantineQuery,
          response: answers(page(quarantined)),
        },
      },
      async ({ query: { device, cursor, limit } }) =>
        pageOf(await store.quarantine.list({ device, before: cursorRow(cursor), limit: limit + 1 }), limit),
    );
  };
}
