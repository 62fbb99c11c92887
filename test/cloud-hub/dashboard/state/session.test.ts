import { expect, test } from 'vitest';
import type { Identity } from '../../../../cloud-hub/api/schemas/api.ts';
import { createApi } from '../../../../cloud-hub/dashboard/state/api.ts';
import { createSession, type Session } from '../../../../cloud-hub/dashboard/state/session.ts';

const admin: Identity = { role: 'admin', name: 'admin' };
const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });
const problem = (status: number, detail: string) => json(status, { type: 'about:blank', title: 'No', status, detail });

/** A session over the real API client; the hub is a table of answers by path. */
function bench(answers: Record<string, () => Response>) {
  const asked: string[] = [];
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
  return { api, session, asked };
}

test('a one-time code signs in without asking anything else', async () => {
  const { session, asked } = bench({ '/api/v1/sign-in': () => json(200, admin) });
  await session.begin('CODE');
  expect(session.state.value).toEqual({ kind: 'signed-in', identity: admin });
  expect(asked).toEqual(['/api/v1/sign-in']);
});

test('a used code still finds the session it made; else the reason is shown', async () => {
  const used = { '/api/v1/sign-in': () => problem(401, 'the code was used already') };
  const kept = bench({ ...used, '/api/v1/me': () => json(200, admin) });
  await kept.session.begin('CODE');
  expect(kept.session.state.value.kind).toBe('signed-in');
  const gone = bench({ ...used, '/api/v1/me': () => problem(401, 'no session') });
  await gone.session.begin('CODE');
  expect(gone.session.state.value).toEqual({
    kind: 'signed-out',
    reason: 'The sign-in link did not work: the code was used already',
  });
});

test('a wrong token says so and changes nothing; the right one signs in', async () => {
  let isRight = false;
  const { session } = bench({
    '/api/v1/me': () => problem(401, 'no session'),
    '/api/v1/sign-in': () => (isRight ? json(200, admin) : problem(401, 'unknown token')),
  });
  await session.begin();
  expect(session.state.value).toEqual({ kind: 'signed-out' });
  expect(await session.signIn({ token: 'x' })).toBe('unknown token');
  expect(session.state.value.kind).toBe('signed-out');
  isRight = true;
  expect(await session.signIn({ token: 'y' })).toBeUndefined();
  expect(session.state.value.kind).toBe('signed-in');
});

test('a 401 anywhere leads back to the sign-in', async () => {
  const { session, api } = bench({
    '/api/v1/me': () => json(200, admin),
    '/api/v1/devices': () => problem(401, 'session over'),
  });
  await session.begin();
  await expect(api.devices()).rejects.toThrow('session over');
  expect(session.state.value.kind).toBe('signed-out');
});

test('a hub that is away is told apart from one that says no', async () => {
  const { session } = bench({});
  await session.begin();
  expect(session.state.value.kind).toBe('unreachable');
});

test('an answer that is not of the schema is an error with the field', async () => {
  const { api } = bench({ '/api/v1/devices/gate': () => json(200, { id: 'gate' }) });
  await expect(api.device('gate')).rejects.toThrow(/answer to \/devices\/gate was not understood \(online/);
});
