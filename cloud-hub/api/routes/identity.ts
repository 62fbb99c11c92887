/** Signing in and out, one-time codes, API tokens. */
import type { FastifyReply } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { name } from '../../../shared/contract/names.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { FailedAttempts } from '../../identity/attempts.ts';
import { type IdentityService, SESSION_MS } from '../../identity/identity.ts';
import { isoTime, rowNumber } from '../../store/rows.ts';
import type { Store } from '../../store/store.ts';
import { requireOwnOrigin, SESSION_COOKIE } from '../auth.ts';
import { answers, created, noContent, security } from '../responses.ts';
import { identity as identitySchema, role, signIn, signInCode, time } from '../schemas/api.ts';

export interface IdentityRouteOptions {
  readonly identity: IdentityService;
  readonly store: Store;
  readonly clock: Clock;
}

const token = z.object({ id: z.string(), name, role, createdAt: time });
const newToken = z.strictObject({ name, role });
const newTokenAnswer = token.extend({ token: z.string().describe('shown once') });
const codeBody = z.strictObject({ role: role.optional().describe('default: admin') }).nullish();

export function identityRoutes({ identity, store, clock }: IdentityRouteOptions): FastifyPluginAsyncZod {
  const attempts = new FailedAttempts(clock);
  const tags = ['identity'];
  return async (app) => {
    app.post(
      '/sign-in',
      {
        config: { access: 'public' },
        schema: { summary: 'Begin a session', tags, security: [], body: signIn, response: answers(identitySchema) },
      },
      async (request, reply) => {
        // A foreign page must not sign its reader in as somebody else.
        if (request.headers.origin !== undefined) requireOwnOrigin(request);
        const waitMs = attempts.waitMs(request.ip);
        if (waitMs > 0) {
          const seconds = Math.ceil(waitMs / 1000);
          const headers = { 'retry-after': String(seconds) };
          throw new ProblemError(429, `too many failed sign-ins: try again in ${seconds} s`, headers);
        }
        const session = await identity.signIn(request.body);
        if (!session) {
          attempts.failed(request.ip);
          throw new ProblemError(401, 'the token or code is not valid (codes work once, for ten minutes)', {
            'www-authenticate': 'Bearer realm="vedette"',
          });
        }
        attempts.succeeded(request.ip);
        setCookie(reply, session.secret, SESSION_MS / 1000);
        return session.identity;
      },
    );

    app.post(
      '/sign-out',
      { config: { access: 'viewer' }, schema: { summary: 'End the session', tags, security, response: noContent } },
      async (request, reply) => {
        const cookie = request.cookies[SESSION_COOKIE];
        if (cookie !== undefined) await identity.signOut(cookie);
        setCookie(reply, '', 0);
        return reply.code(204).send(undefined);
      },
    );

    app.get(
      '/me',
      {
        config: { access: 'viewer' },
        schema: { summary: 'Who am I?', tags, security, response: answers(identitySchema) },
      },
      async (request) => {
        if (!request.identity) throw new ProblemError(401, 'sign in');
        return request.identity;
      },
    );

    app.post(
      '/sign-in-codes',
      {
        config: { access: 'admin' },
        schema: {
          summary: 'Make a code that signs in once, within ten minutes',
          tags,
          security,
          body: codeBody,
          response: created(signInCode, 'The code'),
        },
      },
      async (request, reply) => {
        const { code, expiresAt } = await identity.newCode(request.body?.role ?? 'admin');
        return reply.code(201).send({ code, expiresAt: isoTime(expiresAt) });
      },
    );

    app.get(
      '/tokens',
      {
        config: { access: 'admin' },
        schema: { summary: 'List API tokens', tags, security, response: answers(z.object({ items: z.array(token) })) },
      },
      async () => ({ items: (await store.tokens.list()).map(describe) }),
    );

    app.post(
      '/tokens',
      {
        config: { access: 'admin' },
        schema: {
          summary: 'Make an API token',
          tags,
          security,
          body: newToken,
          response: created(newTokenAnswer, 'The token, which is shown only now'),
        },
      },
      async (request, reply) => {
        const made = await identity.newToken(request.body.name, request.body.role);
        if (!made) throw new ProblemError(409, `there is a token "${request.body.name}" already`);
        return reply.code(201).send({ ...describe(made.row), token: made.token });
      },
    );

    app.delete(
      '/tokens/:id',
      {
        config: { access: 'admin' },
        schema: {
          summary: 'End an API token and its sessions',
          tags,
          security,
          params: z.object({ id: z.string().max(32) }),
          response: noContent,
        },
      },
      async (request, reply) => {
        const row = rowNumber(request.params.id);
        if (row === undefined || !(await identity.removeToken(row)))
          throw new ProblemError(404, 'there is no such token');
        return reply.code(204).send(undefined);
      },
    );
  };
}

function describe(row: { id: number; name: string; role: z.infer<typeof role>; createdAt: number }) {
  return { id: String(row.id), name: row.name, role: row.role, createdAt: isoTime(row.createdAt) };
}

/** Secure is left out: the hub itself speaks HTTP; a proxy in front of it that speaks TLS adds the flag. */
function setCookie(reply: FastifyReply, value: string, maxAge: number): void {
  reply.setCookie(SESSION_COOKIE, value, { path: '/', httpOnly: true, sameSite: 'strict', maxAge });
}
