import { describe, expect, test } from 'vitest';
import {
  ApiError,
  createApi,
  queryText,
  reasonIn,
  snapshotUrl,
  uploadUrl,
} from '../../../../cloud-hub/dashboard/hub/api.ts';
import { defaultFields, readForm } from '../../../../cloud-hub/dashboard/rollouts/form/read-form.ts';
import { modelOf, rolloutOf } from '../rollouts.ts';

/** The API client over a hub that answers the same to everything. */
function bench(status: number, body?: unknown) {
  const asked: { what: string; body: unknown; init: RequestInit | undefined }[] = [];
  let unauthorized = 0;
  const api = createApi({
    fetch: async (path, init) => {
      asked.push({ what: `${init?.method} ${path}`, body: JSON.parse(String(init?.body ?? 'null')), init });
      if (body instanceof Error) throw body;
      return new Response(body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body), {
        status,
      });
    },
    onUnauthorized: () => unauthorized++,
  });
  return { api, asked, unauthorized: () => unauthorized };
}

const problem = (status: number, detail?: string) => ({
  type: 'about:blank',
  title: 'Conflict',
  status,
  ...(detail ? { detail } : {}),
});

describe('every question has its address', () => {
  const empty = { items: [] };
  const lists = ['devices', 'events', 'summaries', 'readings', 'problems', 'quarantine', 'models', 'rollouts'] as const;
  test.each(lists)('a page of %s', async (name) => {
    const { api, asked } = bench(200, { ...empty, next: 'n' });
    const { signal } = new AbortController();
    expect(await api[name]({ cursor: 'a b', limit: 5, device: undefined }, signal)).toEqual({ items: [], next: 'n' });
    await api[name]();
    expect(asked.map(({ what }) => what)).toEqual([`GET api/v1/${name}?cursor=a%20b&limit=5`, `GET api/v1/${name}`]);
    expect(asked[0]?.init?.signal).toBe(signal);
    expect(asked[1]?.init?.signal).toBeUndefined();
  });

  test('what belongs to one device, one stream, one rollout', async () => {
    const { signal } = new AbortController();
    const pages = bench(200, empty);
    expect(await pages.api.sequences('a/b', signal)).toEqual([]);
    expect(await pages.api.readingCourse({ device: 'a', bucketS: 2 }, signal)).toEqual([]);
    expect(await pages.api.rolloutDevices('r/1', { cursor: 'c' }, signal)).toEqual(empty);
    expect(await pages.api.rolloutHistory('r/1', { cursor: 'c' }, signal)).toEqual(empty);
    const waves = bench(200, { id: 'r1', waves: [['a']] });
    expect(await waves.api.rolloutWaves('r/1', signal)).toEqual([['a']]);
    const one = bench(200, rolloutOf());
    expect(await one.api.rollout('r/1', signal)).toEqual(rolloutOf());
    const found = [...pages.asked, ...waves.asked, ...one.asked];
    expect(found.map(({ what }) => what)).toEqual([
      'GET api/v1/devices/a%2Fb/sequences',
      'GET api/v1/readings/course?device=a&bucketS=2',
      'GET api/v1/rollouts/r%2F1/devices?cursor=c',
      'GET api/v1/rollouts/r%2F1/history?cursor=c',
      'GET api/v1/rollouts/r%2F1/waves',
      'GET api/v1/rollouts/r%2F1',
    ]);
    expect(found.every(({ init }) => init?.signal === signal)).toBe(true);
  });

  test('signing in and out, adding a device', async () => {
    const identity = { role: 'admin', name: 'root' };
    const session = bench(200, identity);
    expect(await session.api.me()).toEqual(identity);
    expect(await session.api.signIn({ token: 't' })).toEqual(identity);
    await session.api.signOut();
    const added = bench(201, { id: 'gate', token: 'secret' });
    expect(await added.api.addDevice('gate')).toMatchObject({ id: 'gate' });
    expect([...session.asked, ...added.asked].map(({ what, body }) => [what, body])).toEqual([
      ['GET api/v1/me', null],
      ['POST api/v1/sign-in', { token: 't' }],
      ['POST api/v1/sign-out', {}],
      ['POST api/v1/devices', { id: 'gate' }],
    ]);
    // The session is a cookie of the same origin; only a request with a body says of what type it is.
    for (const { what, init, body } of session.asked) {
      expect(init?.credentials).toBe('same-origin');
      expect(init?.headers).toEqual({
        accept: 'application/json',
        ...(body === null ? {} : { 'content-type': 'application/json' }),
        ...(what.startsWith('GET') ? {} : { 'idempotency-key': expect.stringMatching(/^"[0-9a-f]{32}"$/) }),
      });
    }
  });

  test('a rollout is turned, with the gates that are overruled', async () => {
    const { api, asked } = bench(200, rolloutOf());
    await api.turnRollout('r1', 'pause');
    await api.turnRollout('r1', 'resume', ['latency', 'drift']);
    expect(asked.map(({ what, body }) => [what, body])).toEqual([
      ['POST api/v1/rollouts/r1/pause', {}],
      ['POST api/v1/rollouts/r1/resume', { waive: ['latency', 'drift'] }],
    ]);
  });

  test('aliases and versions', async () => {
    const set = bench(200, modelOf('1.0.0'));
    await set.api.setAlias('bright', 'stable', '1.0.0');
    expect(set.asked[0]).toMatchObject({
      what: 'PUT api/v1/models/bright/aliases/stable',
      body: { version: '1.0.0' },
    });
    const gone = bench(204);
    await gone.api.removeAlias('bright', 'stable');
    await gone.api.removeModel('bright', '1.0.0+a/b');
    expect(gone.asked.map(({ what }) => what)).toEqual([
      'DELETE api/v1/models/bright/aliases/stable',
      'DELETE api/v1/models/bright/1.0.0%2Ba%2Fb',
    ]);
    expect([uploadUrl, snapshotUrl('a/b')]).toEqual(['api/v1/models', 'api/v1/snapshots/a%2Fb']);
  });
});

test('a dry run and the real thing differ in nothing else', async () => {
  const reading = readForm(defaultFields('bright@1.0.0', 'detector'));
  if (reading.kind !== 'request') throw new Error('no request');
  const dry = bench(200, { id: 'r1', waves: [['a']] });
  expect(await dry.api.previewRollout(reading.request)).toEqual({ id: 'r1', waves: [['a']] });
  const real = bench(201, rolloutOf());
  await real.api.createRollout(reading.request);
  expect(dry.asked[0]?.body).toEqual({ ...reading.request, dryRun: true });
  expect(real.asked[0]?.body).toEqual({ ...reading.request, dryRun: false });
});

describe('what goes wrong is told', () => {
  const failureOf = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );

  test('in the words of the hub, with its status', async () => {
    const { api, unauthorized } = bench(409, problem(409, 'the alias "stable" points to it'));
    const failure = await failureOf(api.removeModel('bright', '1.0.0'));
    expect(failure).toBeInstanceOf(ApiError);
    expect(failure).toMatchObject({ name: 'ApiError', status: 409, message: 'the alias "stable" points to it' });
    expect(unauthorized()).toBe(0);
    expect(reasonIn(problem(409), 409)).toBe('Conflict');
    expect(reasonIn('<html>', 502)).toBe('The hub answered 502.');
    expect(await failureOf(bench(502, '<html>').api.devices())).toMatchObject({
      status: 502,
      message: 'The hub answered 502.',
    });
  });

  test('a session that is over ends it everywhere, a sign-in that fails does not', async () => {
    const { api, unauthorized } = bench(401, problem(401, 'no session'));
    expect(await failureOf(api.devices())).toMatchObject({ status: 401 });
    expect(await failureOf(api.me())).toMatchObject({ status: 401 });
    expect(unauthorized()).toBe(2);
    expect(await failureOf(api.signIn({ token: 'x' }))).toMatchObject({ status: 401, message: 'no session' });
    expect(unauthorized()).toBe(2);
  });

  test('a hub that is away is told apart from a question that was taken back', async () => {
    const { api } = bench(0, new TypeError('fetch failed'));
    const abort = new AbortController();
    expect(await failureOf(api.device('gate', abort.signal))).toMatchObject({ status: 0, name: 'ApiError' });
    abort.abort();
    expect(await failureOf(api.device('gate', abort.signal))).toBeInstanceOf(TypeError);
  });

  test('an answer that is not understood names the place', async () => {
    expect(await failureOf(bench(200, { id: 'gate' }).api.device('gate'))).toMatchObject({
      status: 200,
      message: expect.stringMatching(/^The hub's answer to \/devices\/gate was not understood \(online: /),
    });
    expect(await failureOf(bench(200, 'no JSON').api.device('gate'))).toMatchObject({
      message: expect.stringContaining('(root)'),
    });
  });
});

test('a query holds what is given, and only that', () => {
  expect(queryText({})).toBe('');
  expect(queryText({ a: undefined, b: '' })).toBe('');
  expect(queryText({ a: 0, b: 'x&y', c: undefined, 'd e': 'ü' })).toBe('?a=0&b=x%26y&d%20e=%C3%BC');
});
