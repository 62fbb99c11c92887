/** Whatever ends a session closes its live feed at once: whoever is out sees nothing more. */
import { once } from 'node:events';
import { URI } from 'otpauth';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { type TestHub, testHub } from '../support.ts';

const PASSWORD = 'correct horse battery';
const cookieOf = (answer: Response) => answer.headers.get('set-cookie')?.split(';')[0] ?? '';

async function setUp() {
  const hub = await testHub();
  const post = (path: string, body: unknown, cookie = '', method = 'POST') => {
    const headers = { 'content-type': 'application/json', origin: hub.url, cookie };
    return hub.api(path, { method, token: null, headers, body: JSON.stringify(body) });
  };
  const invited = async (path: string, body: unknown) =>
    ((await (await hub.post(path, body)).json()) as { invitation: string }).invitation;
  const accept = async (invitation: string) =>
    cookieOf(await post('/invitations/accept', { invitation, password: PASSWORD }));
  const joined = async (name: string) => accept(await invited('/users', { name, role: 'viewer' }));
  return { hub, post, invited, accept, joined };
}
type Stage = Awaited<ReturnType<typeof setUp>>;

async function follow(hub: TestHub, cookie: string) {
  const headers = { cookie, origin: hub.url };
  const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/api/v1/live`, { headers });
  onTestFinished(() => socket.terminate());
  const seen = { status: 0 };
  socket.on('close', (status) => {
    seen.status = status;
  });
  await once(socket, 'open');
  return Object.assign(seen, {
    /** Whatever the hub had to say of it before is here. */
    async settled() {
      if (seen.status !== 0) return;
      socket.ping();
      await once(socket, 'pong');
    },
  });
}

/** Sets a second factor up. */
async function enrol({ post }: Stage, cookie: string) {
  const begun = await post('/me/second-factor', { password: PASSWORD }, cookie);
  const totp = URI.parse(((await begun.json()) as { uri: string }).uri);
  const code = 'period' in totp ? totp.generate() : '';
  return post('/me/second-factor/confirm', { code }, cookie);
}
const changed = (method: string, path: string, body?: unknown) => (stage: Stage) =>
  stage.hub.api(path, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });

test.each<{ what: string; own: 'stays' | 'ends'; act: (stage: Stage, cookie: string) => Promise<Response> }>([
  { what: 'a second factor is confirmed', own: 'stays', act: enrol },
  {
    what: 'the password is changed',
    own: 'stays',
    act: ({ post }, cookie) =>
      post('/me/password', { before: PASSWORD, after: 'another long password' }, cookie, 'PUT'),
  },
  {
    what: 'a new password is chosen by a link',
    own: 'ends',
    act: async ({ post, invited }) =>
      post('/invitations/accept', { invitation: await invited('/users/ann/invitation', {}), password: PASSWORD }),
  },
  { what: 'his rights change', own: 'ends', act: changed('PUT', '/users/ann', { role: 'operator' }) },
  { what: 'he is removed', own: 'ends', act: changed('DELETE', '/users/ann') },
])('when $what the other sessions see nothing more, and his own $own', async ({ own, act }) => {
  const stage = await setUp();
  const cookie = await stage.joined('ann');
  const signedIn = await stage.post('/sign-in', { name: 'ann', password: PASSWORD });
  const feeds = { own: await follow(stage.hub, cookie), other: await follow(stage.hub, cookieOf(signedIn)) };
  const bob = await follow(stage.hub, await stage.joined('bob'));
  expect((await act(stage, cookie)).ok).toBe(true);
  await expect.poll(() => feeds.other.status).toBe(1008);
  await feeds.own.settled();
  await bob.settled();
  expect([feeds.own.status, bob.status]).toEqual([own === 'ends' ? 1008 : 0, 0]);
});

test('an admin who resets a second factor ends all sessions of its owner', async () => {
  const stage = await setUp();
  const cookie = await stage.joined('ann');
  expect((await enrol(stage, cookie)).ok).toBe(true);
  const feed = await follow(stage.hub, cookie);
  expect((await changed('DELETE', '/users/ann/second-factor')(stage)).ok).toBe(true);
  await expect.poll(() => feed.status).toBe(1008);
});
