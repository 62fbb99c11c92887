/** Alerts, silences, and what became of notifications. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { name } from '../../../shared/contract/names.ts';
import { answers, created } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { alert, alertState, delivery, deliveryState, newSilence, silence } from '../../contract/alert.ts';
import { page } from '../../contract/page.ts';
import { rowNumber } from '../../store/rows.ts';
import { pageQuery } from '../bodies.ts';
import { withGoodHours } from '../good-hours.ts';
import type { ApiOptions } from '../options.ts';
import { actOf, cursorRow, noContent, pageOf, security } from '../responses.ts';
import { scopeOf } from '../scope.ts';

const params = z.object({ id: z.string().max(32) });
const alertQuery = pageQuery.extend({
  alertState: alertState.optional().describe('default: both'),
  rule: name.optional(),
  device: name.optional(),
});
const deliveryQuery = pageQuery.extend({ channel: name.optional(), deliveryState: deliveryState.optional() });

export function alertRoutes({
  store,
  alerts,
  clock,
}: Pick<ApiOptions, 'store' | 'alerts' | 'clock'>): FastifyPluginAsyncZod {
  const tags = ['alerts'];
  const viewer = { access: 'viewer' } as const;
  const operator = { access: 'operator' } as const;
  return async (app) => {
    app.get(
      '/alerts',
      {
        config: { ...viewer, scope: 'lists' },
        schema: {
          summary: 'List alerts that fire and that fired, newest first',
          tags,
          security,
          querystring: alertQuery,
          response: answers(page(alert)),
        },
      },
      async (request) => {
        const { alertState: state, rule, device, cursor, limit } = request.query;
        const filter = { ...scopeOf(request), state, rule, device, before: cursorRow(cursor), limit: limit + 1 };
        return pageOf(await store.alerts.list(filter, await alerts.silencedNow()), limit);
      },
    );

    app.get(
      '/alert-deliveries',
      {
        config: viewer,
        schema: {
          summary: 'List notifications and what became of them, newest first',
          tags,
          security,
          querystring: deliveryQuery,
          response: answers(page(delivery)),
        },
      },
      async ({ query: { channel, deliveryState: state, cursor, limit } }) =>
        pageOf(
          await store.alertDeliveries.list({ channel, state, before: cursorRow(cursor), limit: limit + 1 }),
          limit,
        ),
    );

    app.get(
      '/alert-silences',
      {
        config: viewer,
        schema: {
          summary: 'List silences and maintenance windows, newest first',
          tags,
          security,
          querystring: pageQuery,
          response: answers(page(silence)),
        },
      },
      async ({ query: { cursor, limit } }) =>
        pageOf(await alerts.silences({ before: cursorRow(cursor), limit: limit + 1 }), limit),
    );

    app.post(
      '/alert-silences',
      {
        config: operator,
        schema: {
          summary: 'Hold notifications of alerts back for a while',
          tags,
          security,
          body: withGoodHours(newSilence, 'schedule'),
          response: created(silence, 'The silence'),
        },
      },
      async (request, reply) => reply.code(201).send(await alerts.addSilence(request.body, actOf(request, clock))),
    );

    app.delete(
      '/alert-silences/:id',
      {
        config: operator,
        schema: {
          summary: 'End a silence: notifications of what fires are sent now',
          tags,
          security,
          params,
          response: noContent,
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const row = rowNumber(id);
        if (row === undefined || !(await alerts.removeSilence(row, actOf(request, clock))))
          throw new ProblemError(404, `there is no silence "${id}"`);
        return reply.code(204).send(undefined);
      },
    );
  };
}
