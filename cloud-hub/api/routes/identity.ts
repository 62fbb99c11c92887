/** Signing in and out, one-time codes, API tokens. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answers, created } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { DAY_MS } from '../../../shared/kit/durations.ts';
import { identity as identitySchema, newToken, role, type Token, token, tokenSecret } from '../../contract/identity.ts';
import type { FailedAttempts } from '../../identity/attempts.ts';
import { type IdentityService, SESSION_MS } from '../../identity/identity.ts';
import type { Users } from '../../identity/users.ts';
import { isoTime, rowNumber } from '../../store/rows.ts';
import type { HubStore } from '../../store/store.ts';
import type { TokenRow } from '../../store/tokens.ts';
import { addressOf, callerOf, requireOwnOrigin, SESSION_COOKIE } from '../auth.ts';
import { signIn, signInCode } from '../bodies.ts';
import { noContent, security } from '../responses.ts';
import { setCookie } from '../session-cookie.ts';
import type { Site } from '../site.ts';
import { refusedFactor, tooManyFailures } from '../too-many.ts';

export interface IdentityRouteOptions {
  readonly identity: IdentityService;
  readonly users: Users;
  readonly clock: Pick<Clock, 'wall'>;
  readonly attempts: FailedAttempts;
  readonly store: HubStore;
  readonly site: Site;
}

const codeBody = z.strictObject({ role: role.optional().describe('default: admin') }).nullish();

export function identityRoutes({
  identity,
  users,
  attempts,
  store,
  site,
  clock,
}: IdentityRouteOptions): FastifyPluginAsyncZod {
  const tags = ['identity'];
  const signInByPassword = async (
    body: { name: string; password: string; code?: string | undefined },
    request: FastifyRequest,
    reply: FastifyReply,
  ) => {
    const found = await users.signIn(body, addressOf(request));
    if ('waitMs' in found) {
      if (found.secondFactor) throw refusedFactor(found);
      if (found.waitMs > 0) throw tooManyFailures('name or password', found.waitMs);
      throw new ProblemError(401, 'name or password is not right', { 'www-authenticate': 'Bearer realm="vedette"' });
    }
    setCookie(request, reply, site, found.secret, SESSION_MS / 1000);
    return found.identity;
  };
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
        if ('password' in request.body) return signInByPassword(request.body, request, reply);
        // First the credential: many share the address of a proxy, and none of them may lock the others out.
        const session = await identity.signIn(request.body, { address: addressOf(request) });
        if (!session) {
          const waitMs = attempts.waitMs(addressOf(request));
          attempts.failed(addressOf(request));
          if (waitMs > 0) throw tooManyFailures('the token or code', waitMs);
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
      {
        config: { access: 'viewer', scope: 'own', enrolling: true },
        schema: { summary: 'End the session', tags, security, response: noContent },
      },
      async (request, reply) => {
        const cookie = request.cookies[SESSION_COOKIE];
        if (cookie !== undefined) await identity.signOut(cookie, callerOf(request));
        setCookie(request, reply, site, '', 0);
        return reply.code(204).send(undefined);
      },
    );

    app.get(
      '/me',
      {
        config: { access: 'viewer', scope: 'own', enrolling: true },
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
          response: created(tokenSecret, 'The token, which is shown only now'),
        },
      },
      async (request, reply) => {
        const { name, role, scope, days } = request.body;
        const expiresAt = days === undefined ? undefined : Math.round(clock.wall() + days * DAY_MS);
        const made = await identity.newToken(name, { role, scope, expiresAt }, callerOf(request));
        if (!made) throw new ProblemError(409, `there is a token "${name}" already`);
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
        if (row === undefined || !(await identity.removeToken(callerOf(request), row)))
          throw new ProblemError(404, `there is no token "${request.params.id}"`);
        return reply.code(204).send(undefined);
      },
    );
  };
}

function describe({ id, name, role, scope, createdAt, expiresAt }: TokenRow): Token {
  return {
    ...{ id: String(id), name, role, createdAt: isoTime(createdAt) },
    ...(scope === undefined ? {} : { scope }),
    ...(expiresAt === undefined ? {} : { expiresAt: isoTime(expiresAt) }),
  };
}
