/** Holds on events: they stay until an admin releases them. */
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { event } from '../../contract/event.ts';
import { newHold } from '../../contract/hold.ts';
import { rowNumber } from '../../store/rows.ts';
import type { Parts } from '../../store/store.ts';
import type { ApiOptions } from '../options.ts';
import { actOf, noContent, security } from '../responses.ts';

const params = z.object({ id: z.string().max(32) });

export function holdRoutes({
  store,
  feed,
  clock,
}: Pick<ApiOptions, 'store' | 'feed' | 'clock'>): FastifyPluginAsyncZod {
  const common = { tags: ['records'], security, params };
  const document = (request: FastifyRequest, from: Parts) => {
    const row = rowNumber(params.parse(request.params).id);
    return row === undefined ? undefined : from.events.get(row);
  };
  const config = { access: 'admin', scope: 'event', document } as const;
  const missing = (id: string) => new ProblemError(404, `there is no event "${id}"`);
  /** The event as it is now; those who follow the feed get it too. */
  const announced = async (row: number) => {
    const now = await store.events.get(row);
    if (now) feed.announce(() => ({ type: 'amendment', event: now }), now.device);
    return now;
  };
  return async (app) => {
    app.put(
      '/events/:id/hold',
      {
        config,
        schema: {
          ...common,
          summary: 'Hold an event: it stays until it is released',
          body: newHold,
          response: answers(event),
        },
      },
      async (request) => {
        const { id } = request.params;
        const row = rowNumber(id);
        if (row === undefined) throw missing(id);
        const act = actOf(request, clock);
        const isThere = await store.transact(async (tx) => {
          await refuseErased(tx, row);
          const before = await tx.holds.get(row);
          const isSet = await tx.holds.set(row, request.body, act);
          if (isSet) await tx.audit.add(act, 'event.hold', id, { ...request.body, ...(before ? { before } : {}) });
          return isSet;
        }, act.guard);
        const now = isThere ? await announced(row) : undefined;
        if (!now) throw missing(id);
        return now;
      },
    );

    app.delete(
      '/events/:id/hold',
      {
        config,
        schema: { ...common, summary: 'Release an event that is held', response: noContent },
      },
      async (request, reply) => {
        const { id } = request.params;
        const row = rowNumber(id);
        const act = actOf(request, clock);
        const isReleased =
          row !== undefined &&
          (await store.transact(async (tx) => {
            const before = await tx.holds.get(row);
            if (!before) return false;
            await tx.holds.remove(row);
            await tx.audit.add(act, 'event.release', id, { before });
            return true;
          }, act.guard));
        if (!isReleased) throw new ProblemError(404, `no event "${id}" is held`);
        await announced(row);
        return reply.code(204).send(undefined);
      },
    );
  };
}

/** What somebody has ordered to erase may be half gone. */
async function refuseErased(tx: Parts, row: number): Promise<void> {
  const device = await tx.events.deviceOf(row);
  if (device === undefined) return;
  for (const { id, stream, from, before, pictures } of await tx.erasures.openOf(device)) {
    if (await tx.holds.covers({ device, stream, from, before, pictures }, row))
      throw new ProblemError(409, `the event is being erased: order ${id} covers it`);
  }
}
