/** People: inviting them, what they may do, and their passwords. */
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { name } from '../../../shared/contract/names.ts';
import { answers, created } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import {
  identity as identitySchema,
  invitation,
  newUser,
  password,
  type User,
  user,
  userRights,
} from '../../contract/identity.ts';
import { factorCode } from '../../contract/sign-in.ts';
import { SESSION_MS } from '../../identity/identity.ts';
import { isoTime } from '../../store/rows.ts';
import type { Parts } from '../../store/store.ts';
import type { TokenRow } from '../../store/tokens.ts';
import type { UserState } from '../../store/users.ts';
import { addressOf, callerOf, requireOwnOrigin } from '../auth.ts';
import type { ApiOptions } from '../options.ts';
import { noContent, security } from '../responses.ts';
import { setCookie } from '../session-cookie.ts';
import { refusedFactor, tooManyFailures } from '../too-many.ts';

const params = z.object({ name });
const tags = ['identity'];

export function userRoutes({
  users,
  attempts,
  clock,
  site,
}: Pick<ApiOptions, 'users' | 'attempts' | 'clock' | 'site'>): FastifyPluginAsyncZod {
  const notFound = (who: string) => new ProblemError(404, `there is no user "${who}"`);
  type State = Pick<UserState, 'hasPassword' | 'invitedUntil' | 'hasFactor' | 'hasSubject'>;
  const nothing: State = { hasPassword: false, invitedUntil: undefined, hasFactor: false, hasSubject: false };
  const describe = (row: TokenRow, { hasPassword, invitedUntil, hasFactor, hasSubject }: State = nothing): User => ({
    name: row.name,
    role: row.role,
    ...(row.scope === undefined ? {} : { scope: row.scope }),
    createdAt: isoTime(row.createdAt),
    state: hasPassword || hasSubject ? 'active' : 'invited',
    secondFactor: hasFactor,
    provider: hasSubject,
    ...(invitedUntil === undefined || invitedUntil <= clock.wall() ? {} : { invitedUntil: isoTime(invitedUntil) }),
  });
  const found = async (who: string, from?: Parts): Promise<User | undefined> => {
    const one = (await users.list(from)).find(({ row }) => row.name === who);
    return one && describe(one.row, one.state);
  };
  const document = (request: FastifyRequest, from: Parts) => found(params.parse(request.params).name, from);

  return async (app) => {
    app.get(
      '/users',
      {
        config: { access: 'admin' },
        schema: { summary: 'List users', tags, security, response: answers(z.object({ items: z.array(user) })) },
      },
      async () => ({
        items: (await users.list()).map(({ row, state }) => describe(row, state)),
      }),
    );

    app.post(
      '/users',
      {
        config: { access: 'admin' },
        schema: {
          summary: 'Invite a person: the link works once, for seven days',
          tags,
          security,
          body: newUser,
          response: created(invitation, 'The user and the secret of his link, which is shown only now'),
        },
      },
      async (request, reply) => {
        const { name: who, ...rights } = request.body;
        const made = await users.add(who, rights, callerOf(request));
        if (!made) throw new ProblemError(409, `there is a user or a token "${who}" already`);
        return reply.code(201).send({
          ...describe(made.row, { ...nothing, invitedUntil: made.expiresAt }),
          invitation: made.invitation,
        });
      },
    );

    app.post(
      '/users/:name/invitation',
      {
        config: { access: 'admin' },
        schema: {
          summary: 'Make a new link by which a user chooses a password; the link before ends',
          tags,
          security,
          params,
          response: created(invitation, 'The user and the secret of his link, which is shown only now'),
        },
      },
      async (request, reply) => {
        const who = request.params.name;
        const made = await users.invite(who, callerOf(request));
        const described = made && (await found(who));
        if (!described) throw notFound(who);
        return reply.code(201).send({ ...described, invitation: made.invitation });
      },
    );

    app.get(
      '/users/:name',
      {
        config: { access: 'admin', document },
        schema: { summary: 'Get a user', tags, security, params, response: answers(user) },
      },
      async (request) => {
        const described = await found(request.params.name);
        if (!described) throw notFound(request.params.name);
        return described;
      },
    );

    app.put(
      '/users/:name',
      {
        config: { access: 'admin', document },
        schema: {
          summary: 'Change role and devices of a user; his sessions end',
          tags,
          security,
          params,
          body: userRights,
          response: answers(user),
        },
      },
      async (request) => {
        const who = request.params.name;
        const described = (await users.setRights(who, request.body, callerOf(request))) && (await found(who));
        if (!described) throw notFound(who);
        return described;
      },
    );

    app.delete(
      '/users/:name',
      {
        config: { access: 'admin', document },
        schema: { summary: 'Remove a user; his sessions end', tags, security, params, response: noContent },
      },
      async (request, reply) => {
        if (!(await users.remove(request.params.name, callerOf(request)))) throw notFound(request.params.name);
        return reply.code(204).send(undefined);
      },
    );

    app.delete(
      '/users/:name/second-factor',
      {
        config: { access: 'admin' },
        schema: {
          summary: 'Take the second factor of a user away who lost it; his sessions end',
          tags,
          security,
          params,
          response: noContent,
        },
      },
      async (request, reply) => {
        const who = request.params.name;
        if (!(await users.resetFactor(who, callerOf(request))))
          throw new ProblemError(404, `there is no user "${who}" with a second factor`);
        return reply.code(204).send(undefined);
      },
    );

    app.delete(
      '/users/:name/provider',
      {
        config: { access: 'admin' },
        schema: {
          summary: 'Part a user from his account at the identity provider; his sessions end',
          tags,
          security,
          params,
          response: noContent,
        },
      },
      async (request, reply) => {
        const who = request.params.name;
        if (!(await users.unlink(who, callerOf(request))))
          throw new ProblemError(404, `there is no user "${who}" with an account of the identity provider`);
        return reply.code(204).send(undefined);
      },
    );

    app.post(
      '/invitations/accept',
      {
        config: { access: 'public' },
        schema: {
          summary: 'Choose a password by an invitation, and begin a session',
          tags,
          security: [],
          body: z.strictObject({ invitation: z.string().max(128), password, code: factorCode.optional() }),
          response: answers(identitySchema),
        },
      },
      async (request, reply) => {
        if (request.headers.origin !== undefined) requireOwnOrigin(request, site);
        const address = addressOf(request);
        // First the invitation: nobody guesses 256 bits, and whoever else failed from here must not shut a guest out.
        const session = await users.join(request.body, address);
        if (session && 'waitMs' in session) throw refusedFactor(session);
        if (!session) {
          const waitMs = attempts.waitMs(address);
          attempts.failed(address);
          if (waitMs > 0) throw tooManyFailures('the invitation', waitMs);
          throw new ProblemError(401, 'the invitation is not valid: it works once, for seven days; ask for another', {
            'www-authenticate': 'Bearer realm="vedette"',
          });
        }
        setCookie(request, reply, site, session.secret, SESSION_MS / 1000);
        return session.identity;
      },
    );

    app.put(
      '/me/password',
      {
        config: { access: 'viewer', scope: 'own' },
        schema: {
          summary: 'Change your password; your other sessions end',
          tags,
          security,
          body: z.strictObject({ before: z.string().max(256), after: password }),
          response: noContent,
        },
      },
      async (request, reply) => {
        const caller = callerOf(request);
        if (!caller.user) throw new ProblemError(409, `"${caller.name}" is a token: it has no password`);
        const done = await users.changePassword(caller, request.body.before, request.body.after);
        if (done !== true) {
          if (done.waitMs > 0) throw tooManyFailures('the password', done.waitMs);
          throw new ProblemError(403, 'the password before is not right');
        }
        return reply.code(204).send(undefined);
      },
    );
  };
}
