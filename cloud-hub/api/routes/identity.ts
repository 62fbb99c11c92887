/** Signing in and out, one-time codes, API tokens. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { name } from '../../../shared/contract/names.ts';
import { answers, created } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { identity as identitySchema, role } from '../../contract/identity.ts';
import { time } from '../../contract/time.ts';
import type { FailedAttempts } from '../../identity/attempts.ts';
import { type IdentityService, SESSION_MS } from '../../identity/identity.ts';
import { isoTime, rowNumber } from '../../store/rows.ts';
import type { HubStore } from '../../store/store.ts';
import { addressOf, callerOf, requireOwnOrigin, SESSION_COOKIE } from '../auth.ts';
import { signIn, signInCode } from '../bodies.ts';
import { noContent, security } from '../responses.ts';
import type { Site } from '../site.ts';

export interface IdentityRouteOptions {
  readonly identity: IdentityService;
  readonly attempts: FailedAttempts;
  readonly store: HubStore;
  readonly site: Site;
}

const token = z.object({ id: z.string(), name, role, createdAt: time });
const newToken = z.strictObject({ name, role });
const newTokenAnswer = token.extend({ token: z.string().describe('shown once') });
const codeBody = z.strictObject({ role: role.optional().describe('default: admin') }).nullish();

export function identityRoutes({ identity, attempts, store, site }: IdentityRouteOptions): FastifyPluginAsyncZod {
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
        if (request.headers.origin !== undefined) requireOwnOrigin(request, site);
        // First the credential: many share the address of a proxy, and none of them may lock the others out.
        const session = await identity.signIn(request.body, { address: addressOf(request) });
        if (!session) {
          const waitMs = attempts.waitMs(addressOf(request));
          attempts.failed(addressOf(request));
          if (waitMs > 0) throw tooManyFailures(waitMs);
          throw new ProblemError(401, 'the token or code is not valid (codes work once, for ten minutes)', {
            'www-authenticate': 'Bearer realm="vedette"',
          });
        }
        attempts.succeeded(addressOf(request));
        setCookie(request, reply, site, session.secret, SESSION_MS / 1000);
        return session.identity;
      },
    );

    app.post(
      '/sign-out',
      { config: { access: 'viewer' }, schema: { summary: 'End the session', tags, security, response: noContent } },
      async (request, reply) => {
        const cookie = request.cookies[SESSION_COOKIE];
        if (cookie !== undefined) identity.signOut(cookie, callerOf(request));
        setCookie(request, reply, site, '', 0);
        return reply.code(204).send(undefined);
      },
    );

    app.get(
      '/me',
      {
        config: { access: 'viewer' },
        schema: { summary: 'Who am I?', tags, security, response: answers(identitySchema) },
      },
      async (request) => callerOf(request),
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
        const made = await identity.newCode(request.body?.role ?? 'admin', callerOf(request));
        if (!made) throw new ProblemError(401, 'your token was removed');
        return reply.code(201).send({ code: made.code, expiresAt: isoTime(made.expiresAt) });
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
        const made = identity.newToken(request.body.name, request.body.role, callerOf(request));
        if (!made) throw new ProblemError(409, `there is a token "${request.body.name}" already`);
        return reply.code(201).send({ ...describe(made.row), token: made.token });
      },
    );

    app.delete(
      '/tokens/:id',
      {
        config: { access: 'admin' },
        schema: {
          summary: 'End an API token with its sessions and unused codes',
          tags,
          security,
          params: z.object({ id: z.string().max(32) }),
          response: noContent,
        },
      },
      async (request, reply) => {
        const row = rowNumber(request.params.id);
        if (row === undefined || !identity.removeToken(callerOf(request), row))
          throw new ProblemError(404, `there is no token "${request.params.id}"`);
        return reply.code(204).send(undefined);
      },
    );
  };
}

function tooManyFailures(waitMs: number): ProblemError {
  const seconds = Math.ceil(waitMs / 1000);
  const detail = `the token or code is not valid, as many before it: try again in ${seconds} s`;
  return new ProblemError(429, detail, { 'retry-after': String(seconds) });
}

function describe(row: { id: number; name: string; role: z.infer<typeof role>; createdAt: number }) {
  return { id: String(row.id), name: row.name, role: row.role, createdAt: isoTime(row.createdAt) };
}

/** Over plain HTTP a browser would not send a cookie back that is `Secure`; a proxy may have taken TLS off. */
function setCookie(request: FastifyRequest, reply: FastifyReply, site: Site, value: string, maxAge: number): void {
  const secure = request.protocol === 'https' || (site.origin?.startsWith('https:') ?? false);
  reply.setCookie(SESSION_COOKIE, value, { path: site.base, httpOnly: true, sameSite: 'strict', secure, maxAge });
}
