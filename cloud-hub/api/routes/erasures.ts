/** Requests of persons: orders to erase, at the hub and on the device. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { name } from '../../../shared/contract/names.ts';
import { answers, created } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { erasure, newErasure } from '../../contract/erasure.ts';
import { page } from '../../contract/page.ts';
import { FutureTime, HeldEvents, TooManyOrders } from '../../erase/erasing.ts';
import { pageQuery } from '../bodies.ts';
import type { ApiOptions } from '../options.ts';
import { actOf, cursorRow, security } from '../responses.ts';

export function erasureRoutes({ erasing, clock }: Pick<ApiOptions, 'erasing' | 'clock'>): FastifyPluginAsyncZod {
  const common = { tags: ['erasures'], security };
  const config = { access: 'admin' } as const;
  return async (app) => {
    app.post(
      '/erasures',
      {
        config,
        schema: {
          ...common,
          summary: 'Erase what was recorded of a device, here and there',
          body: newErasure,
          response: created(erasure, 'Ordered'),
        },
      },
      async (request, reply) => {
        try {
          return reply.code(201).send(await erasing.order(request.body, actOf(request, clock)));
        } catch (error) {
          if (error instanceof TooManyOrders || error instanceof HeldEvents) throw new ProblemError(409, error.message);
          if (error instanceof FutureTime)
            throw new ProblemError(400, error.message, {}, [{ path: 'body.before', message: error.message }]);
          throw error;
        }
      },
    );

    app.get(
      '/erasures',
      {
        config,
        schema: {
          ...common,
          summary: 'List orders to erase, newest first',
          querystring: pageQuery.extend({ device: name.optional() }),
          response: answers(page(erasure)),
        },
      },
      async ({ query: { device, cursor, limit } }) => {
        const found = await erasing.list({ device, before: cursorRow(cursor), limit: limit + 1 });
        const items = found.slice(0, limit).map(({ erasure: one }) => one);
        const last = found.length > limit ? found[limit - 1] : undefined;
        return { items, ...(last ? { next: String(last.row) } : {}) };
      },
    );

    app.get(
      '/erasures/:id',
      {
        config,
        schema: {
          ...common,
          summary: 'Get an order to erase, and how far it is',
          params: z.object({ id: z.string().max(32) }),
          response: answers(erasure),
        },
      },
      async ({ params: { id } }) => {
        const found = await erasing.get(id);
        if (!found) throw new ProblemError(404, `there is no order to erase "${id}"`);
        return found;
      },
    );
  };
}
