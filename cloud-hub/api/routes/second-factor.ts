/** How one signs in oneself: the second factor, its recovery codes, and the account of the identity provider. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answers, created } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { factorCode, factorSecret, ownSignIn, recoveryCodes } from '../../contract/sign-in.ts';
import type { Caller } from '../../identity/identity.ts';
import { callerOf } from '../auth.ts';
import type { ApiOptions } from '../options.ts';
import { noContent, security } from '../responses.ts';
import { tooManyFailures } from '../too-many.ts';

const ownPassword = z.string().max(256).describe('your password');
const own = { access: 'viewer', scope: 'own', enrolling: true } as const;
const tags = ['identity'];

export function secondFactorRoutes({
  users,
  factors,
  store,
  feed,
}: Pick<ApiOptions, 'users' | 'factors' | 'store' | 'feed'>): FastifyPluginAsyncZod {
  const isOn = async ({ token }: Caller) => {
    if (!(await factors.isOn(token))) throw new ProblemError(409, 'you have no second factor: set one up first');
  };
  /** Password and code of who has both. */
  const proved = async (caller: Caller, { password, code }: { password: string; code: string }) => {
    await isOn(caller);
    await provePassword(users, caller, password);
    const { token: id, name, address } = caller;
    const found = await factors.show({ id, name, address, counted: name }, code);
    if ('way' in found) return;
    if (found.waitMs > 0) throw tooManyFailures('the code', found.waitMs);
    throw new ProblemError(403, 'the code is not right: each works once, and the clock of your phone must be exact');
  };

  return async (app) => {
    app.get(
      '/me/sign-in',
      { config: own, schema: { summary: 'How do I sign in?', tags, security, response: answers(ownSignIn) } },
      async (request) => {
        const { token, user } = callerOf(request);
        return {
          password: user === true && (await store.users.password(token)) !== undefined,
          secondFactor: await factors.isOn(token),
          recoveryCodes: await factors.codesLeft(token),
          provider: (await store.subjects.of(token)) !== undefined,
        };
      },
    );

    app.post(
      '/me/second-factor',
      {
        config: own,
        schema: {
          summary: 'Begin a second factor: a secret for an authenticator app; it counts once it is confirmed',
          tags,
          security,
          body: z.strictObject({ password: ownPassword }),
          response: created(factorSecret, 'The secret, which is shown only now'),
        },
      },
      async (request, reply) => {
        const caller = callerOf(request);
        await provePassword(users, caller, request.body.password);
        const made = await factors.begin(caller);
        if (!made) throw new ProblemError(409, 'you have a second factor already: remove it first');
        return reply.code(201).send(made);
      },
    );

    app.post(
      '/me/second-factor/confirm',
      {
        config: own,
        schema: {
          summary: 'Confirm the second factor by its first code; your other sessions end',
          tags,
          security,
          body: z.strictObject({ code: factorCode }),
          response: answers(recoveryCodes, 'Recovery codes, which are shown only now'),
        },
      },
      async (request) => {
        const caller = callerOf(request);
        requirePerson(caller);
        const made = await factors.confirm(caller, request.body.code);
        if (!made) throw new ProblemError(403, 'the code is not right, or no second factor was begun');
        for (const session of made.others) feed.end({ session });
        return { recoveryCodes: [...made.codes] };
      },
    );

    app.post(
      '/me/second-factor/recovery-codes',
      {
        config: own,
        schema: {
          summary: 'Make new recovery codes; those that there were end',
          tags,
          security,
          body: z.strictObject({ password: ownPassword, code: factorCode }),
          response: answers(recoveryCodes, 'Recovery codes, which are shown only now'),
        },
      },
      async (request) => {
        const caller = callerOf(request);
        await proved(caller, request.body);
        return { recoveryCodes: [...(await factors.renewCodes(caller))] };
      },
    );

    app.post(
      '/me/second-factor/remove',
      {
        config: own,
        schema: {
          summary: 'Remove your second factor',
          tags,
          security,
          body: z.strictObject({ password: ownPassword, code: factorCode }),
          response: noContent,
        },
      },
      async (request, reply) => {
        const caller = callerOf(request);
        await proved(caller, request.body);
        await store.transact(async (tx) => factors.remove(tx, { id: caller.token, name: caller.name }, caller));
        return reply.code(204).send(undefined);
      },
    );
  };
}

/** @throws ProblemError when he is a token, has no password, or it is another */
export async function provePassword(users: ApiOptions['users'], caller: Caller, password: string): Promise<void> {
  requirePerson(caller);
  const found = await users.confirmPassword(caller, password);
  if ('hash' in found) return;
  if (found.waitMs > 0) throw tooManyFailures('the password', found.waitMs);
  throw new ProblemError(403, 'the password is not right, or you have none: an admin can make a link to choose one');
}

function requirePerson({ user, name }: Caller): void {
  if (!user) throw new ProblemError(409, `"${name}" is a token: it has no password and no second factor`);
}
