/** The logs of devices, and how much they say. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { logComponents, logLevels } from '../../../shared/contract/messages/log.ts';
import { name } from '../../../shared/contract/names.ts';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { deviceLogLevels, deviceLogLine, newLogLevels } from '../../contract/device-log.ts';
import { page } from '../../contract/page.ts';
import { rowNumber } from '../../store/rows.ts';
import { pageQuery } from '../bodies.ts';
import type { ApiOptions } from '../options.ts';
import { actOf, cursorRow, noContent, security } from '../responses.ts';

const params = z.object({ device: name });
const query = pageQuery.extend({
  after: z.string().max(256).optional().describe('id of a line: oldest first, from the next one on'),
  level: z.enum(logLevels).optional().describe('this one and the more serious ones'),
  component: z.enum(logComponents).optional().describe('only lines of this part of the agent'),
});

export function deviceLogRoutes({
  store,
  deviceLogs: { files, orders },
  clock,
}: Pick<ApiOptions, 'store' | 'deviceLogs' | 'clock'>): FastifyPluginAsyncZod {
  const common = { tags: ['devices'], security, params };
  const must = async (id: string) => {
    if (!(await store.devices.get(id))) throw new ProblemError(404, `there is no device "${id}"`);
  };
  return async (app) => {
    app.get(
      '/devices/:device/logs',
      {
        config: { access: 'viewer', scope: 'device' },
        schema: {
          ...common,
          summary: "List lines of a device's log, newest first",
          description: 'With `after`: oldest first, and `next` is absent when there is nothing newer yet.',
          querystring: query,
          response: answers(page(deviceLogLine)),
        },
      },
      async (request) => {
        const { cursor, after, limit, level, component } = request.query;
        await must(request.params.device);
        if (cursor !== undefined && after !== undefined) throw new ProblemError(400, 'give either `cursor` or `after`');
        const range = { before: cursorRow(cursor), after: idOf(after) };
        const found = await files.read(request.params.device, { ...range, limit: limit + 1, level, component });
        const items = found.slice(0, limit);
        const last = items.at(-1);
        return { items, ...(found.length > limit && last ? { next: last.id } : {}) };
      },
    );

    app.get(
      '/devices/:device/log-levels',
      {
        config: { access: 'viewer', scope: 'device' },
        schema: { ...common, summary: 'Get how much a device logs for now', response: answers(deviceLogLevels) },
      },
      async (request) => {
        await must(request.params.device);
        return orders.get(request.params.device);
      },
    );

    app.put(
      '/devices/:device/log-levels',
      {
        config: { access: 'operator', scope: 'device' },
        schema: {
          ...common,
          summary: 'Change how much parts of a device log, for a time',
          body: newLogLevels,
          response: answers(deviceLogLevels),
        },
      },
      async (request) => {
        const { device } = request.params;
        await must(device);
        await store.transact(({ audit }) =>
          audit.add(actOf(request, clock), 'device.log-levels', device, request.body),
        );
        return orders.set(device, request.body);
      },
    );

    app.delete(
      '/devices/:device/log-levels',
      {
        config: { access: 'operator', scope: 'device' },
        schema: { ...common, summary: 'Let a device log as its configuration says', response: noContent },
      },
      async (request, reply) => {
        const { device } = request.params;
        await must(device);
        await store.transact(({ audit }) =>
          audit.add(actOf(request, clock), 'device.log-levels', device, { levels: {} }),
        );
        orders.clear(device);
        return reply.code(204).send(undefined);
      },
    );
  };
}

/** @throws ProblemError 400 for what is no id of a line */
function idOf(after: string | undefined): number | undefined {
  if (after === undefined || after === '0') return after === undefined ? undefined : 0;
  const id = rowNumber(after);
  if (id === undefined) throw new ProblemError(400, 'after: must be the `id` of a line, or 0');
  return id;
}
