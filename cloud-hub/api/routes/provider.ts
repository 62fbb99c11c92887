/** Signing in by the identity provider (OpenID Connect): the browser goes there, and comes back to the callback. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { providerStart, signInWays } from '../../contract/sign-in.ts';
import { SESSION_MS } from '../../identity/identity.ts';
import type { Meant } from '../../identity/oidc/people.ts';
import { ProviderError } from '../../identity/oidc/provider.ts';
import { LOGIN_MS } from '../../identity/oidc/sign-in.ts';
import { addressOf, callerOf, requireOwnOrigin } from '../auth.ts';
import type { ApiOptions } from '../options.ts';
import { security } from '../responses.ts';
import { setCookie } from '../session-cookie.ts';
import { provePassword } from './second-factor.ts';

const LOGIN_COOKIE = 'vedette_login';
const tags = ['identity'];
const back = z
  .string()
  .max(1024)
  .optional()
  .describe('page of the hub to return to; any other address is its first page');
/** What providers are known to send; what counts is looked at where the answer is checked. */
const answer = z.object(
  Object.fromEntries(
    ['code', 'state', 'iss', 'error', 'error_description', 'error_uri', 'session_state', 'scope', 'authuser', 'hd']
      .concat(['prompt', 'client_info', 'user_state'])
      .map((key) => [key, z.string().max(4096).optional()]),
  ),
);
const redirect = { 302: z.undefined().describe('To the page that comes next') };

export function providerRoutes({
  provider,
  users,
  refused,
  site,
}: Pick<ApiOptions, 'provider' | 'users' | 'refused' | 'site'>): FastifyPluginAsyncZod {
  const there = () => {
    if (!provider) throw new ProblemError(404, 'this hub has no identity provider: --oidc-file names one');
    return provider;
  };
  const setLogin = (reply: FastifyReply, value: string, maxAge: number) => {
    // Lax: the browser comes back from another site. The session cookie stays strict.
    const secure = site.origin?.startsWith('https:') ?? false;
    const path = `${site.base}api/v1/sign-in/provider`;
    reply.setCookie(LOGIN_COOKIE, value, { path, httpOnly: true, sameSite: 'lax', secure, maxAge });
  };
  const begin = async (reply: FastifyReply, page: string | undefined, meant: Meant) => {
    try {
      const { location, cookie } = await there().begin(page, meant);
      setLogin(reply, cookie, LOGIN_MS / 1000);
      return { location };
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      throw new ProblemError(503, 'the identity provider does not answer as it should; the log of the hub says why');
    }
  };
  const cameBack = async (request: FastifyRequest, reply: FastifyReply) => {
    const { home, finish } = there();
    const query = request.raw.url?.split('?', 2)[1] ?? '';
    const found = await finish(query, request.cookies[LOGIN_COOKIE], addressOf(request));
    setLogin(reply, '', 0);
    if ('fault' in found) {
      const route = `${request.method} ${request.routeOptions.url ?? ''}`;
      if (found.fault !== 'cancelled') await refused.add({ address: addressOf(request), route, status: 403 });
      return reply.redirect(`${home}#sign-in=${found.fault}`);
    }
    if ('session' in found) setCookie(request, reply, site, found.session.secret, SESSION_MS / 1000);
    return reply.redirect(found.back);
  };

  return async (app) => {
    app.get(
      '/sign-in/ways',
      {
        config: { access: 'public' },
        schema: { summary: 'What can people sign in with here?', tags, security: [], response: answers(signInWays) },
      },
      async () => (provider ? { provider: { title: provider.title } } : {}),
    );

    app.post(
      '/sign-in/provider',
      {
        config: { access: 'public' },
        schema: {
          summary: 'Begin to sign in by the identity provider; with an invitation: accept it so',
          tags,
          security: [],
          body: z.strictObject({ back, invitation: z.string().max(128).optional() }),
          response: answers(providerStart),
        },
      },
      async (request, reply) => {
        if (request.headers.origin !== undefined) requireOwnOrigin(request, site);
        const { invitation } = request.body;
        return begin(reply, request.body.back, invitation === undefined ? {} : { invitation });
      },
    );

    app.get(
      '/sign-in/provider/callback',
      {
        config: { access: 'public' },
        schema: {
          summary: 'Where the identity provider sends people back to: begins a session, or says BASE/#sign-in=FAULT',
          tags,
          security: [],
          querystring: answer,
          response: { ...answers(z.object({})), ...redirect },
        },
      },
      cameBack,
    );

    app.get(
      '/sign-in/provider/sign-out',
      {
        config: { access: 'public' },
        schema: {
          summary: 'Leads a browser to the page of the identity provider that ends its session there',
          tags,
          security: [],
          response: { ...answers(z.object({})), ...redirect },
        },
      },
      async (_request, reply) => reply.redirect(await there().endSession()),
    );

    app.post(
      '/me/provider',
      {
        config: { access: 'viewer', scope: 'own' },
        schema: {
          summary: 'Begin to connect yourself with your account of the identity provider',
          tags,
          security,
          body: z.strictObject({ back, password: z.string().max(256).describe('your password') }),
          response: answers(providerStart),
        },
      },
      async (request, reply) => {
        there();
        const caller = callerOf(request);
        await provePassword(users, caller, request.body.password);
        if (caller.session === undefined) throw new ProblemError(409, 'only a browser that is signed in can do this');
        return begin(reply, request.body.back, { link: { user: caller.token, session: caller.session } });
      },
    );
  };
}
