import { expect, test } from 'vitest';
import type { Identity } from '../../../../cloud-hub/contract/identity.ts';
import { createApi } from '../../../../cloud-hub/dashboard/hub/api.ts';
import { createSession, type Session } from '../../../../cloud-hub/dashboard/session/session.ts';

const admin: Identity = { role: 'admin', name: 'admin' };
const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });
const problem = (status: number, detail: string) => json(status, { type: 'about:blank', title: 'No', status, detail });
const ENDED = 'Your session has ended. Sign in again to continue.';

/** A session over the real API client; the hub is a table of answers by path. */
function bench(answers: Record<string, () => Response>) {
  const asked: string[] = [];
  const seen: string[] = [];
  const api = createApi({
    fetch: async (path) => {
      asked.push(path);
      const answer = answers[path];
      if (!answer) throw new TypeError('fetch failed');
      return answer();
    },
    onUnauthorized: () => session.lost(),
  });
  const session: Session = createSession(api);
  session.state.subscribe(({ kind }) => {
    if (seen.at(-1) !== kind) seen.push(kind);
  });
  return { api, session, asked, seen, state: () => session.state.value };
}

test('a one-time code signs in without asking anything else', async () => {
  const { session, asked, seen, state } = bench({ 'api/v1/sign-in': () => json(200, admin) });
  expect(state()).toEqual({ kind: 'checking' });
  await session.begin('CODE');
  expect(state()).toEqual({ kind: 'signed-in', identity: admin });
  expect(asked).toEqual(['api/v1/sign-in']);
  expect(seen).toEqual(['checking', 'signed-in']);
});

test('a used code still finds the session it made; else the reason is shown', async () => {
  const used = { 'api/v1/sign-in': () => problem(401, 'the code was used already') };
  const kept = bench({ ...used, 'api/v1/me': () => json(200, admin) });
  await kept.session.begin('CODE');
  expect(kept.state().kind).toBe('signed-in');
  const gone = bench({ ...used, 'api/v1/me': () => problem(401, 'no session') });
  await gone.session.begin('CODE');
  expect(gone.state()).toEqual({
    kind: 'signed-out',
    reason: 'The sign-in link did not work: the code was used already',
  });
});

test('a wrong token says so and changes nothing; the right one signs in', async () => {
  let isRight = false;
  const { session, state } = bench({
    'api/v1/me': () => problem(401, 'no session'),
    'api/v1/sign-in': () => (isRight ? json(200, admin) : problem(401, 'unknown token')),
  });
  await session.begin();
  expect(state()).toEqual({ kind: 'signed-out' });
  expect((await session.signIn({ token: 'x' }))?.message).toBe('unknown token');
  expect(state()).toEqual({ kind: 'signed-out' });
  isRight = true;
  expect(await session.signIn({ token: 'y' })).toBeUndefined();
  expect(state().kind).toBe('signed-in');
});

test('a 401 anywhere leads back to the sign-in, once, and only from inside', async () => {
  const answers = {
    'api/v1/me': () => json(200, admin),
    'api/v1/devices': () => problem(401, 'session over'),
    'api/v1/sign-in': () => json(200, admin),
  };
  const { session, api, seen, state } = bench(answers);
  await expect(api.devices()).rejects.toThrow('session over');
  expect(state()).toEqual({ kind: 'checking' });
  for (let n = 0; n < 2; n++) {
    if (n === 0) await session.begin();
    else await session.signIn({ token: 'y' });
    // Two questions of a page that were under way.
    await Promise.allSettled([api.devices(), api.devices()]);
    expect(state()).toEqual({ kind: 'signed-out', reason: ENDED });
  }
  expect(seen).toEqual(['checking', 'signed-in', 'signed-out', 'signed-in', 'signed-out']);
});

test('another tab that signs out ends this one with its next question', async () => {
  let isSignedIn = true;
  const answers = {
    'api/v1/me': () => (isSignedIn ? json(200, admin) : problem(401, 'no session')),
    'api/v1/sign-out': () => {
      isSignedIn = false;
      return new Response(null, { status: 204 });
    },
  };
  const [one, other] = [bench(answers), bench(answers)];
  await one.session.begin();
  await other.session.begin();
  await other.session.signOut();
  expect(other.state()).toEqual({ kind: 'signed-out' });
  expect(one.state().kind).toBe('signed-in');
  await one.api.me().catch(() => undefined);
  expect(one.state()).toEqual({ kind: 'signed-out', reason: ENDED });
});

test('a sign-out that does not reach the hub is not one', async () => {
  const { session, state } = bench({ 'api/v1/me': () => json(200, admin) });
  await session.begin();
  await session.signOut();
  expect(state()).toMatchObject({ kind: 'unreachable', reason: expect.stringMatching(/^You are still signed in/) });
  session.lost();
  expect(state().kind).toBe('unreachable');
});

test('a hub that is away is told apart from one that says no, and can be asked again', async () => {
  const answers: Record<string, () => Response> = {};
  const { session, seen, state } = bench(answers);
  await session.begin();
  expect(state()).toMatchObject({ kind: 'unreachable', reason: expect.stringContaining('cannot be reached') });
  answers['api/v1/me'] = () => problem(503, 'the hub is starting');
  await session.begin('CODE');
  expect(state()).toEqual({ kind: 'unreachable', reason: 'the hub is starting' });
  answers['api/v1/me'] = () => json(200, admin);
  await session.begin();
  expect(state().kind).toBe('signed-in');
  expect(seen).toEqual(['checking', 'unreachable', 'checking', 'unreachable', 'checking', 'signed-in']);
});

test('a defect of the page is not taken for an answer of the hub', async () => {
  const fail = () => Promise.reject(new TypeError('a defect'));
  const session = createSession({ me: fail, signIn: fail, join: fail, signOut: fail });
  await expect(session.begin()).rejects.toThrow('a defect');
  await expect(session.signIn({ token: 'x' })).rejects.toThrow('a defect');
  await session.signOut();
  expect(session.state.value).toMatchObject({ kind: 'unreachable', reason: expect.stringContaining('a defect') });
});
