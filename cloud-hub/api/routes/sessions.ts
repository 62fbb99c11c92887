/** The sessions that are open: one's own, or for an admin all; and ending them. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { session as sessionSchema } from '../../contract/identity.ts';
import { page } from '../../contract/page.ts';
import type { IdentityService } from '../../identity/identity.ts';
import { isoTime, rowNumber } from '../../store/rows.ts';
import { callerOf } from '../auth.ts';
import { pageQuery } from '../bodies.ts';
import { cursorRow, noContent, pageOf, security } from '../responses.ts';

export function sessionRoutes({ identity }: { identity: IdentityService }): FastifyPluginAsyncZod {
  const tags = ['identity'];
  return async (app) => {
    app.get(
      '/sessions',
      {
        config: { access: 'viewer', scope: 'own' },
        schema: {
          summary: 'List the sessions of your token, newest first; an admin sees all',
          tags,
          security,
          querystring: pageQuery,
          response: answers(page(sessionSchema)),
        },
      },
      async (request) => {
        const { cursor, limit } = request.query;
        const caller = callerOf(request);
        const rows = await identity.sessions(caller, { before: cursorRow(cursor), limit: limit + 1 });
        const items = rows.map(({ id, role, name, token, createdAt, expiresAt, way }) => ({
          id: String(id),
          role,
          name,
          token: String(token),
          createdAt: isoTime(createdAt),
          expiresAt: isoTime(expiresAt),
          way,
          current: id === caller.session,
        }));
        return pageOf(items, limit);
      },
    );

    app.delete(
      '/sessions/:id',
      {
        config: { access: 'viewer', scope: 'own' },
        schema: {
          summary: 'End a session of your token; an admin ends any',
          tags,
          security,
          params: z.object({ id: z.string().max(32) }),
          response: noContent,
        },
      },
      async (request, reply) => {
        const row = rowNumber(request.params.id);
        if (row === undefined || !(await identity.endSession(callerOf(request), row))) {
          throw new ProblemError(404, `there is no session "${request.params.id}" that you may end`);
        }
        return reply.code(204).send(undefined);
      },
    );
  };
}
