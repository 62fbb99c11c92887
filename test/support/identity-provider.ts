/**
 * A real OpenID provider (oidc-provider) on a port of its own, with people who sign in by a form. Tests may change its keys, and
 * what it answers. It ends with the test.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import Provider from 'oidc-provider';
import { onTestFinished } from 'vitest';

export type Person = Readonly<Record<string, unknown>>;

export interface IdentityProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Its people, by their subject. */
  readonly people: Map<string, Person>;
  /** Changes each ID token from now on; undefined: none any more. */
  meddle(change: ((token: string) => string | Promise<string>) | undefined): void;
  /** Signs with its newest key, as it signs ID tokens. */
  sign(payload: JWTPayload): Promise<string>;
  /** New keys: those before are gone. */
  rotate(): Promise<void>;
  stop(): Promise<void>;
}

const CLAIMS = ['email', 'email_verified', 'preferred_username', 'name', 'groups', 'sites'];
const FORM = `<!doctype html><title>Plant account</title><form method="post"><label>Account <input name="account"></label>
<button>Continue</button></form>`;

/** @param home address of the hub, with a slash at its end */
export async function startIdentityProvider(home: string): Promise<IdentityProvider> {
  const [clientId, clientSecret] = ['vedette', 'a secret of the hub, with : and +%'];
  const people = new Map<string, Person>();
  let change: ((token: string) => string | Promise<string>) | undefined;
  let handle: (request: IncomingMessage, response: ServerResponse) => unknown = () => undefined;
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(stop);
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let keys = 0;
  let key: JWK = {};

  const rotate = async () => {
    const pair = await generateKeyPair('RS256', { extractable: true });
    key = { ...(await exportJWK(pair.privateKey)), kid: `key-${++keys}`, alg: 'RS256', use: 'sig' };
    const provider = new Provider(issuer, {
      clients: [
        {
          client_id: clientId,
          client_secret: clientSecret,
          redirect_uris: [`${home}api/v1/sign-in/provider/callback`],
          post_logout_redirect_uris: [home],
        },
      ],
      jwks: { keys: [key] },
      cookies: { keys: ['of a test'] },
      pkce: { required: () => true },
      claims: { openid: ['sub'], profile: CLAIMS },
      conformIdTokenClaims: false,
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
      findAccount: (_ctx, sub) => ({ accountId: sub, claims: async () => ({ sub, ...people.get(sub) }) }),
      async loadExistingGrant({ oidc }) {
        const grant = new provider.Grant({ clientId, accountId: oidc.session?.accountId ?? '' });
        grant.addOIDCScope('openid profile email');
        await grant.save();
        return grant;
      },
    });
    provider.use(async (ctx, next) => {
      if (!ctx.path.startsWith('/interaction/')) {
        await next();
        const body: unknown = ctx.body;
        if (ctx.path === '/token' && change && typeof body === 'object' && body !== null && 'id_token' in body)
          ctx.body = { ...body, id_token: await change(String(body.id_token)) };
        return;
      }
      if (ctx.method === 'GET') {
        ctx.type = 'html';
        ctx.body = FORM;
        return;
      }
      const chunks: Buffer[] = [];
      for await (const chunk of ctx.req) chunks.push(Buffer.from(chunk));
      const account = new URLSearchParams(Buffer.concat(chunks).toString()).get('account') ?? '';
      const isKnown = people.has(account);
      const result = isKnown ? { login: { accountId: account } } : { error: 'access_denied' };
      ctx.respond = false;
      await provider.interactionFinished(ctx.req, ctx.res, result);
    });
    handle = provider.callback();
  };
  await rotate();

  return {
    ...{ issuer, clientId, clientSecret, people, rotate, stop },
    meddle: (to) => {
      change = to;
    },
    sign: async (payload) =>
      new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: key.kid ?? '' }).sign(await privateKeyOf(key)),
  };
}

async function privateKeyOf(key: JWK) {
  return crypto.subtle.importKey('jwk', { ...key }, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, ['sign']);
}

/** What a browser does at the provider: returns the address that it is sent back to. @param account who signs in there */
export async function signInThere(location: string, account: string): Promise<URL> {
  const jar = new Map<string, string>();
  const visit = async (address: string, body?: string): Promise<URL> => {
    const response = await fetch(address, {
      redirect: 'manual',
      headers: {
        cookie: [...jar].map(([key, value]) => `${key}=${value}`).join('; '),
        ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(body === undefined ? {} : { method: 'POST', body }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    const to = response.headers.get('location');
    if (to === null) throw new Error(`${address}: ${response.status} ${await response.text()}`);
    return new URL(to, address);
  };
  const form = await visit(location);
  // A browser that has signed in there before is sent back at once.
  if (!form.pathname.startsWith('/interaction/')) return form;
  const resumed = await visit(form.href, `account=${encodeURIComponent(account)}`);
  return visit(resumed.href);
}
