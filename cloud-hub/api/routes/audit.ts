/** Who did what to models, keys, streams, devices and rollouts. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { Store } from '../../store/store.ts';
import { answers, cursorRow, pageOf, security } from '../responses.ts';
import { page, pageQuery } from '../schemas/api.ts';
import { auditEntry } from '../schemas/model.ts';

export function auditRoutes({ store }: { store: Pick<Store, 'audit'> }): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/audit',
      {
        config: { access: 'admin' },
        schema: {
          summary: 'List what people changed, newest first',
          tags: ['audit'],
          security,
          querystring: pageQuery,
          response: answers(page(auditEntry)),
        },
      },
      async ({ query: { cursor, limit } }) =>
        pageOf(await store.audit.list({ before: cursorRow(cursor), limit: limit + 1 }), limit),
    );
  };
}
