/** Answers of an identity provider that must let nobody in: replayed, mixed up, injected, forged, too old. Against a real provider. */
import { decodeJwt, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { pageOf } from '../../../../cloud-hub/identity/oidc/sign-in.ts';
import { signInThere } from '../../../support/identity-provider.ts';
import { keptLog } from '../../../support/kept-log.ts';
import { type Bench, failed, HOME, oidcBench } from './bench.ts';

const ANYBODY = '\nnewPeople: { domains: [plant.example] }\n';
const ann = { preferred_username: 'ann', email: 'ann@plant.example', email_verified: true };

async function bench(): Promise<Bench> {
  const made = await oidcBench(ANYBODY);
  made.there.people.set('ann', ann);
  made.there.people.set('eve', { ...ann, preferred_username: 'eve' });
  return made;
}

test('an answer counts once, in the browser that asked, and as it was sent', async () => {
  const { hub, begin, finish } = await bench();
  const one = await begin();
  const callback = await signInThere(one.location, 'ann');
  const changed = (change: (query: URLSearchParams) => void) => {
    const url = new URL(callback);
    change(url.searchParams);
    return url;
  };
  expect(await finish(callback, '')).toEqual(failed('expired'));
  expect(await finish(callback, 'vedette_login=AAAA')).toEqual(failed('expired'));
  expect(await finish(callback, `vedette_login=${'A'.repeat(5000)}`)).toEqual(failed('expired'));
  // Of another browser.
  expect(await finish(callback, (await begin()).cookie)).toEqual(failed('invalid'));
  const first = await finish(callback, one.cookie);
  expect([first.to, first.session !== '']).toEqual([HOME, true]);
  expect(await finish(callback, one.cookie)).toEqual(failed('expired'));
  // Each of these with a cookie that has not been used.
  const tried = async (change: (query: URLSearchParams) => void) => finish(changed(change), (await begin()).cookie);
  expect(await tried((query) => query.delete('state'))).toEqual(failed('invalid'));
  expect(await tried((query) => query.append('state', 'another'))).toEqual({ to: '400', session: '' });
  const { items } = await hub.json<{ items: { subject: string }[] }>('/audit?action=refused');
  expect(items[0]?.subject).toBe('GET /api/v1/sign-in/provider/callback');
}, 60_000);

test('mixed-up issuers, injected codes and errors of the provider let nobody in', async () => {
  const { there, begin, finish } = await bench();
  const answered = async (change: (query: URLSearchParams) => void, account = 'ann') => {
    const { location, cookie } = await begin();
    const callback = await signInThere(location, account);
    change(callback.searchParams);
    return finish(callback, cookie);
  };
  expect(await answered((query) => query.set('iss', 'https://evil.example'))).toEqual(failed('invalid'));
  expect(await answered((query) => query.delete('iss'))).toEqual(failed('invalid'));
  // Ann's code in Eve's browser, and the other way round: the code belongs to whoever began (PKCE).
  const stolen = (await signInThere((await begin()).location, 'ann')).searchParams.get('code') ?? '';
  expect(await answered((query) => query.set('code', stolen), 'eve')).toEqual(failed('invalid'));
  expect(await answered((query) => query.set('code', 'guessed'))).toEqual(failed('invalid'));
  expect(await answered((query) => query.delete('code'))).toEqual(failed('invalid'));
  expect(await answered(() => undefined, 'nobody there')).toEqual(failed('cancelled'));
  const broken = (query: URLSearchParams) => {
    query.delete('code');
    query.set('error', 'server_error');
    query.set('error_description', '<script>alert(1)</script>');
  };
  expect(await answered(broken)).toEqual(failed('invalid'));
  await there.stop();
  const { location, cookie } = await begin();
  const { origin, searchParams } = new URL(location);
  const made = new URL(`${HOME}api/v1/sign-in/provider/callback`);
  made.search = new URLSearchParams({ code: 'x', iss: origin, state: searchParams.get('state') ?? '' }).toString();
  expect(await finish(made, cookie)).toEqual(failed('gone'));
}, 60_000);

test('a provider that is away from the start: people are told, and the other ways go on', async () => {
  const { hub, there } = await bench();
  await there.stop();
  expect((await hub.post('/sign-in/provider', {})).status).toBe(503);
  expect((await hub.post('/sign-in', { token: hub.token })).status).toBe(200);
}, 60_000);

describe('ID tokens', () => {
  const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const soon = () => Math.floor(Date.now() / 1000);
  type Forge = (claims: JWTPayload, token: string, sign: Bench['there']['sign']) => string | Promise<string>;
  const forged: Readonly<Record<string, [Forge, 'invalid' | 'clock']>> = {
    'without a signature (alg none)': [(claims) => `${base64({ alg: 'none' })}.${base64(claims)}.`, 'invalid'],
    'whose claims were changed': [
      (claims, token) => {
        const [head, , signature] = token.split('.');
        return `${head}.${base64({ ...claims, sub: 'root' })}.${signature}`;
      },
      'invalid',
    ],
    'signed by another key of the same name': [
      async (claims, token) => {
        const kid = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid as string;
        const { privateKey } = await generateKeyPair('RS256');
        return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid }).sign(privateKey);
      },
      'invalid',
    ],
    'signed with the secret of the hub (HS256)': [
      (claims) =>
        new SignJWT(claims)
          .setProtectedHeader({ alg: 'HS256' })
          .sign(Buffer.from('a secret of the hub, with : and +%')),
      'invalid',
    ],
    'without a nonce': [({ nonce: _, ...claims }, _token, sign) => sign(claims), 'invalid'],
    'with another nonce': [(claims, _, sign) => sign({ ...claims, nonce: 'another' }), 'invalid'],
    'of another issuer': [(claims, _, sign) => sign({ ...claims, iss: 'https://evil.example' }), 'invalid'],
    'for another client': [(claims, _, sign) => sign({ ...claims, aud: 'another' }), 'invalid'],
    'without a subject': [({ sub: _, ...claims }, _token, sign) => sign(claims), 'invalid'],
    'with a subject of half a million letters': [
      (claims, _, sign) => sign({ ...claims, sub: 'x'.repeat(500_000) }),
      'invalid',
    ],
    // Databases keep both as the same replacement character: two people would be one user.
    'with a subject that no database keeps as it is': [(claims, _, sign) => sign({ ...claims, sub: 'x\0' }), 'invalid'],
    'with half a character in its subject': [(claims, _, sign) => sign({ ...claims, sub: 'x\ud800' }), 'invalid'],
    'that ended an hour ago': [
      (claims, _, sign) => sign({ ...claims, iat: soon() - 7200, exp: soon() - 3600 }),
      'clock',
    ],
    'that is of the future': [(claims, _, sign) => sign({ ...claims, nbf: soon() + 3600 }), 'clock'],
    'that is none': [() => 'x', 'invalid'],
  };

  test('forged, foreign or old ones let nobody in; the keys may change at any time', async () => {
    const { there, signIn, me } = await bench();
    for (const [what, [forge, fault]] of Object.entries(forged)) {
      there.meddle((token) => forge(decodeJwt(token), token, there.sign));
      expect([what, await signIn('ann')]).toEqual([what, failed(fault)]);
    }
    // Clocks that differ a little.
    there.meddle((token) => there.sign({ ...decodeJwt(token), exp: soon() - 30 }));
    expect((await signIn('ann')).session).not.toBe('');
    there.meddle(undefined);
    let old = '';
    there.meddle((token) => {
      old = token;
      return token;
    });
    await signIn('ann');
    await there.rotate();
    there.meddle(undefined);
    expect(await me((await signIn('ann')).session)).toMatchObject({ name: 'ann' });
    there.meddle(() => old);
    expect(await signIn('ann')).toEqual(failed('invalid'));
  }, 120_000);
});

test('no address of a sign-in leads a browser out of the hub', async () => {
  const away = [
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '\\\\evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
    'http://hub.example.evil.example/vedette/',
    'http://hub.example@evil.example/vedette/',
    '/vedettes/',
    '/',
    '../',
    '/vedette/../other',
    '/vedette/%0d%0aset-cookie:x',
  ];
  const to = away.map((back) => pageOf(back, HOME));
  expect(to.filter((address) => !address.startsWith(HOME))).toEqual([]);
  expect(to.slice(0, -1)).toEqual(away.slice(0, -1).map(() => HOME));
  expect(pageOf('/vedette/events?label=person', HOME)).toBe(`${HOME}events?label=person`);
  const { signIn } = await bench();
  expect((await signIn('ann', { back: '//evil.example/' })).to).toBe(HOME);
}, 60_000);

test('no secret is in the log', async () => {
  const kept = keptLog();
  const { there, begin, finish, signIn } = await oidcBench(ANYBODY, kept.log);
  there.people.set('ann', ann);
  const { location, cookie } = await begin();
  const callback = await signInThere(location, 'ann');
  const { session } = await finish(callback, cookie);
  const tokens: string[] = [];
  there.meddle((token) => {
    tokens.push(token);
    return `${token.slice(0, -9)}aaaaaaaaa`;
  });
  expect(await signIn('ann')).toEqual(failed('invalid'));
  const text = JSON.stringify(kept.lines);
  expect(text).toContain('a sign-in by the identity provider failed');
  const secrets = [callback.searchParams.get('code'), callback.searchParams.get('state'), there.clientSecret]
    .concat([cookie.split('=')[1] ?? null, session.split('=')[1] ?? null, tokens[0]?.split('.')[1] ?? null])
    .filter((one) => one !== null);
  expect(secrets).toHaveLength(6);
  expect(secrets.filter((secret) => secret.length < 8 || text.includes(secret))).toEqual([]);
}, 60_000);
