/** A hub with an identity provider, and browsers that sign in by it. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createLogger, type Logger } from '../../../../shared/kit/log.ts';
import { type IdentityProvider, signInThere, startIdentityProvider } from '../../../support/identity-provider.ts';
import { tempFolder } from '../../../support/temp.ts';
import { type TestHub, testHub } from '../../support.ts';

/** Behind a proxy, below a path. */
export const HOME = 'http://hub.example/vedette/';

export interface Begun {
  readonly location: string;
  readonly cookie: string;
}

/** How a return to the hub ended. */
export interface Ended {
  /** Where the browser is sent. */
  readonly to: string;
  /** The cookie of the session; empty: none was begun. */
  readonly session: string;
}

export interface Bench {
  readonly hub: TestHub;
  readonly there: IdentityProvider;
  begin(body?: Record<string, unknown>): Promise<Begun>;
  /** @param callback the address that the provider sends back to */
  finish(callback: URL, cookie: string): Promise<Ended>;
  /** All of it. */
  signIn(account: string, body?: Record<string, unknown>): Promise<Ended>;
  me(session: string): Promise<Record<string, unknown>>;
}

export const cookieOf = (answer: Response, name: string): string =>
  answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0] ?? '')
    .find((pair) => pair.startsWith(`${name}=`) && pair !== `${name}=`) ?? '';

/** @param more YAML below the settings of the provider */
export async function oidcBench(more = '', log: Logger = createLogger('test', 'silent')): Promise<Bench> {
  const there = await startIdentityProvider(HOME);
  const folder = tempFolder();
  const file = path.join(folder, 'oidc.yaml');
  writeFileSync(path.join(folder, 'secret'), `${there.clientSecret}\n`);
  writeFileSync(
    file,
    `issuer: ${there.issuer}\nclientId: ${there.clientId}\nclientSecretFile: secret\ntitle: Plant account\n${more}`,
  );
  const hub = await testHub({ config: { oidcFile: file, publicUrl: HOME }, log });
  const post = (body: unknown) =>
    hub.api('/sign-in/provider', {
      method: 'POST',
      token: null,
      headers: { 'content-type': 'application/json', origin: new URL(HOME).origin },
      body: JSON.stringify(body),
    });
  const begin: Bench['begin'] = async (body = {}) => {
    const answer = await post(body);
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    const { location } = (await answer.json()) as { location: string };
    return { location, cookie: cookieOf(answer, 'vedette_login') };
  };
  const finish: Bench['finish'] = async ({ pathname, search }, cookie) => {
    const answer = await fetch(hub.url + pathname + search, { redirect: 'manual', headers: { cookie } });
    return {
      to: answer.headers.get('location') ?? String(answer.status),
      session: cookieOf(answer, 'vedette_session'),
    };
  };
  return {
    ...{ hub, there, begin, finish },
    async signIn(account, body) {
      const { location, cookie } = await begin(body);
      return finish(await signInThere(location, account), cookie);
    },
    me: async (session) =>
      (await (await hub.api('/me', { token: null, headers: { cookie: session } })).json()) as Record<string, unknown>,
  };
}

/** Where the hub sends a browser whose sign-in did not work. */
export const failed = (fault: string): Ended => ({ to: `${HOME}#sign-in=${fault}`, session: '' });
