/** What devices sent: events with their snapshots, summaries, problems, and what was refused. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { opinions } from '../../../shared/contract/messages/verdict.ts';
import { name } from '../../../shared/contract/names.ts';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { corrections } from '../../contract/correction.ts';
import { event } from '../../contract/event.ts';
import { page } from '../../contract/page.ts';
import { problem } from '../../contract/problem.ts';
import { quarantined } from '../../contract/quarantined.ts';
import { summary } from '../../contract/summary.ts';
import { rowNumber } from '../../store/rows.ts';
import type { HubStore } from '../../store/store.ts';
import { pageQuery } from '../bodies.ts';
import { cursorRow, filterOf, pageOf, recordQuery, security } from '../responses.ts';
import { scopeOf } from '../scope.ts';

const params = z.object({ id: z.string().max(32) });
const eventQuery = recordQuery.extend({
  rule: name.optional(),
  label: z.string().max(128).optional(),
  opinion: z.enum(opinions).optional().describe('only events of which a second opinion says so'),
  correction: z.enum(corrections).optional().describe('only events of which an operator says so'),
  held: z.enum(['true']).optional().describe('only events that are held'),
});
const quarantineQuery = pageQuery.extend({ device: name.optional() });

export function recordRoutes({ store }: { store: HubStore }): FastifyPluginAsyncZod {
  const list = { access: 'viewer', scope: 'lists' } as const;
  const one = { access: 'viewer', scope: 'event' } as const;
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
      async (request) => {
        const { rule, label, opinion, correction, held } = request.query;
        return store.events.list({
          ...filterOf(request.query),
          ...scopeOf(request),
          rule,
          label,
          opinion,
          correction,
          held,
        });
      },
    );

    app.get(
      '/events/:id',
      {
        config: {
          ...one,
          document(request, from) {
            const row = rowNumber(params.parse(request.params).id);
            return row === undefined ? undefined : from.events.get(row);
          },
        },
        schema: { summary: 'Get an event', tags: ['records'], security, params, response: answers(event) },
      },
      async (request) => {
        const row = rowNumber(request.params.id);
        const found = row === undefined ? undefined : await store.events.get(row);
        if (!found) throw new ProblemError(404, `there is no event "${request.params.id}"`);
        return found;
      },
    );

    app.get(
      '/snapshots/:id',
      {
        config: one,
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
        if (!found) throw new ProblemError(404, `there is no snapshot "${request.params.id}"`);
        // It may be erased on request, and after a restore another event may have this id.
        reply.header('cache-control', 'private, no-store');
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
      async (request) => store.summaries.list({ ...filterOf(request.query), ...scopeOf(request) }),
    );

    app.get(
      '/problems',
      {
        config: list,
        schema: {
          summary: 'List errors and losses, newest received first',
          tags: ['records'],
          security,
          querystring: recordQuery,
          response: answers(page(problem)),
        },
      },
      async (request) => store.problems.list({ ...filterOf(request.query), ...scopeOf(request) }),
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
      async (request) => {
        const { device, cursor, limit } = request.query;
        const filter = { ...scopeOf(request), device, before: cursorRow(cursor), limit: limit + 1 };
        return pageOf(await store.quarantine.list(filter), limit);
      },
    );
  };
}
