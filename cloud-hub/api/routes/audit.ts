/** Who did what, which requests were refused, and whether the record of it is whole. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { auditCheck, auditEntry, auditFilter, auditHead, headOf, headText } from '../../contract/audit.ts';
import { page } from '../../contract/page.ts';
import type { HubStore } from '../../store/store.ts';
import { pageQuery } from '../bodies.ts';
import { cursorRow, pageOf, security } from '../responses.ts';

const BUSY_S = 5;

export function auditRoutes({ store }: { store: Pick<HubStore, 'audit'> }): FastifyPluginAsyncZod {
  const tags = ['audit'];
  const config = { access: 'admin' } as const;
  let isChecking = false;

  return async (app) => {
    app.get(
      '/audit',
      {
        config,
        schema: {
          summary: 'List what people changed and which requests were refused, newest first',
          tags,
          security,
          querystring: pageQuery.extend(auditFilter.shape),
          response: answers(page(auditEntry)),
        },
      },
      async ({ query: { cursor, limit, ...filter } }) =>
        pageOf(await store.audit.list({ ...filter, before: cursorRow(cursor), limit: limit + 1 }), limit),
    );

    app.get(
      '/audit/head',
      {
        config,
        schema: {
          summary: 'Get id and digest of the newest entry, to be kept elsewhere',
          tags,
          security,
          response: answers(auditHead),
        },
      },
      async () => {
        const head = await store.audit.head();
        if (!head) throw new ProblemError(404, 'the audit has no entry yet');
        return head;
      },
    );

    app.get(
      '/audit/check',
      {
        config,
        schema: {
          summary: 'Check the chain of the audit: was an entry changed, removed or inserted?',
          tags,
          security,
          querystring: z.object({
            head: headText.optional().describe('a head that was kept, ID:DIGEST: the audit must still have it'),
          }),
          response: answers(auditCheck),
        },
      },
      async ({ query: { head } }) => {
        if (isChecking)
          throw new ProblemError(429, 'the audit is being checked already', { 'retry-after': String(BUSY_S) });
        isChecking = true;
        try {
          const { faults, ...report } = await store.audit.check(
            nextTurn,
            head === undefined ? undefined : headOf(head),
          );
          return { ...report, faults: faults.map(({ id, text }) => ({ id: String(id), text })) };
        } finally {
          isChecking = false;
        }
      },
    );
  };
}
