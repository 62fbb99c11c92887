/** What operators say of events: right, wrong, another label; and taking it back. */
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { newCorrection } from '../../contract/correction.ts';
import { event } from '../../contract/event.ts';
import { rowNumber } from '../../store/rows.ts';
import type { Parts } from '../../store/store.ts';
import type { ApiOptions } from '../options.ts';
import { actOf, noContent, security } from '../responses.ts';

const params = z.object({ id: z.string().max(32) });

export function correctionRoutes({
  store,
  feed,
  clock,
}: Pick<ApiOptions, 'store' | 'feed' | 'clock'>): FastifyPluginAsyncZod {
  const common = { tags: ['records'], security, params };
  const document = (request: FastifyRequest, from: Parts) => {
    const row = rowNumber(params.parse(request.params).id);
    return row === undefined ? undefined : from.events.get(row);
  };
  const config = { access: 'operator', scope: 'event', document } as const;
  const missing = (id: string) => new ProblemError(404, `there is no event "${id}"`);
  /** The event as it is now; those who follow the feed get it too. */
  const announced = async (row: number) => {
    const now = await store.events.get(row);
    if (now) feed.announce(() => ({ type: 'amendment', event: now }), now.device);
    return now;
  };
  return async (app) => {
    app.put(
      '/events/:id/correction',
      {
        config,
        schema: {
          ...common,
          summary: 'Say that an event is right, wrong, or of another label',
          body: newCorrection,
          response: answers(event),
        },
      },
      async (request) => {
        const { id } = request.params;
        const row = rowNumber(id);
        if (row === undefined) throw missing(id);
        const act = actOf(request, clock);
        const isThere = await store.transact(async (tx) => {
          const before = await tx.corrections.get(row);
          const isSet = await tx.corrections.set(row, request.body, act);
          if (isSet) await tx.audit.add(act, 'event.correct', id, { ...request.body, ...(before ? { before } : {}) });
          return isSet;
        }, act.guard);
        const now = isThere ? await announced(row) : undefined;
        if (!now) throw missing(id);
        return now;
      },
    );

    app.delete(
      '/events/:id/correction',
      {
        config,
        schema: { ...common, summary: 'Take back what was said of an event', response: noContent },
      },
      async (request, reply) => {
        const { id } = request.params;
        const row = rowNumber(id);
        const act = actOf(request, clock);
        const isGone =
          row !== undefined &&
          (await store.transact(async (tx) => {
            const before = await tx.corrections.get(row);
            if (!before) return false;
            await tx.corrections.remove(row);
            await tx.audit.add(act, 'event.uncorrect', id, { before });
            return true;
          }, act.guard));
        if (!isGone) throw new ProblemError(404, `nobody has corrected an event "${id}"`);
        await announced(row);
        return reply.code(204).send(undefined);
      },
    );
  };
}
