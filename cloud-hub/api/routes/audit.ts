/** Who did what to models, keys, streams, devices and rollouts. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { answers } from '../../../shared/http/answers.ts';
import { auditEntry } from '../../contract/audit.ts';
import { page } from '../../contract/page.ts';
import type { HubStore } from '../../store/store.ts';
import { pageQuery } from '../bodies.ts';
import { cursorRow, pageOf, security } from '../responses.ts';

export function auditRoutes({ store }: { store: Pick<HubStore, 'audit'> }): FastifyPluginAsyncZod {
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
