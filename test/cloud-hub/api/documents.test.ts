/** Documents that two people change at once: tags, and changes that were made of an older state. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { clientOver } from '../../../cloud-hub/client/client.ts';
import { ApiError } from '../../../cloud-hub/client/request.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { type TestHub, testHub } from '../support.ts';
import { problemOf } from './problems.ts';
import { type Call, routes } from './route-table.ts';
import { World } from './world.ts';

/** Changes of one thing that compare no tags, each with the reason. */
const without: Readonly<Record<string, string>> = {
  'PUT /api/v1/me/password': 'names the password before',
  'PUT /api/v1/alerts/{id}/acknowledgement': 'says who takes care; another person takes over on purpose',
  'PUT /api/v1/devices/{device}/log-levels': 'holds for a while; another person changes it on purpose',
  'PUT /api/v1/devices/{device}/streams/{stream}/thresholds': 'says all labels, and each change can be undone',
  'PUT /api/v1/devices/{device}/streams/{stream}/thresholds/automatic': 'says all bounds at once',
  'PUT /api/v1/events/{id}/normal': 'says one thing, which cannot be said otherwise',
  'PUT /api/v1/trust/root': 'signed documents have versions of their own',
  'PUT /api/v1/trust/targets': 'signed documents have versions of their own',
};

const send = (hub: TestHub, method: string, call: Call, headers: Record<string, string>) =>
  fetch(hub.url + call.path, {
    method,
    headers: {
      authorization: `Bearer ${hub.token}`,
      ...headers,
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  });

const operations = async (hub: TestHub) => {
  const operation = z.looseObject({
    parameters: z.looseObject({ in: z.string(), name: z.string() }).array().default([]),
  });
  const { paths } = z
    .object({ paths: z.record(z.string(), z.record(z.string(), operation)) })
    .parse(await hub.json('/openapi.json'));
  return Object.entries(paths).flatMap(([target, methods]) =>
    Object.entries(methods).map(([method, { parameters }]) => ({
      method: method.toUpperCase(),
      route: `${method.toUpperCase()} ${target}`,
      hasTag: parameters.some(({ name }) => name === 'If-Match'),
    })),
  );
};

test('each document that people write has a tag, and is not written over by who has not seen it', async () => {
  // Nothing happens by itself meanwhile.
  const hub = await testHub({ clock: { ...systemClock, every: () => () => undefined } });
  const world = await World.of(hub, systemClock.wall());
  const wrong: string[] = [];
  const all = await operations(hub);
  for (const { method, route, hasTag } of all) {
    if (method === 'PUT' && hasTag === route in without) wrong.push(`${route}: has it a tag, or a reason for none?`);
    const entry = routes[route];
    if (!entry) throw new Error(`no entry for ${route}`);
    const call = await entry.call(world);
    const head = await hub.json('/audit/head');
    if (method === 'GET' || method === 'HEAD') continue;
    const stale = await send(hub, method, call, { 'if-match': '"stale"' });
    const problem = entry.access === 'public' ? undefined : await problemOf(stale);
    const isRight = hasTag
      ? problem?.status === 412 && /meanwhile/.test(problem.detail ?? '')
      : entry.access === 'public' || (problem?.status ?? 0) >= 400;
    if (!isRight) wrong.push(`${route}, stale: ${JSON.stringify(problem)}`);
    if (entry.access !== 'public' && JSON.stringify(await hub.json('/audit/head')) !== JSON.stringify(head))
      wrong.push(`${route} was refused and changed something`);
    if (!hasTag || method !== 'PUT') continue;
    const first = await send(hub, method, call, {});
    const tag = first.headers.get('etag') ?? '';
    if (!/^"[\w-]{22}"$/.test(tag)) wrong.push(`${route} has no tag: ${first.status} ${tag}`);
    const again = await send(hub, method, call, { 'if-match': tag });
    if (again.status !== 200) wrong.push(`${route} with its tag: ${again.status} ${await again.text()}`);
    const onlyNew = await send(hub, method, call, { 'if-none-match': '*' });
    if (onlyNew.status !== 412) wrong.push(`${route} where one is: ${onlyNew.status}`);
  }
  expect(wrong).toEqual([]);
  expect(all.filter(({ hasTag }) => hasTag).length).toBeGreaterThan(12);
}, 120_000);

const put = (hub: TestHub, path: string, body: unknown, headers: Record<string, string> = {}) =>
  hub.api(path, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

test('of many who change what they have seen, one does', async () => {
  const hub = await testHub();
  await hub.post('/users', { name: 'ann', role: 'viewer' });
  const tag = (await hub.api('/users/ann')).headers.get('etag') ?? '';
  expect(tag).toMatch(/^"[\w-]{22}"$/);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      put(hub, '/users/ann', { role: 'viewer', scope: { site: `s${i}` } }, { 'if-match': tag }),
    ),
  );
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array<number>(19).fill(412)]);
  const now = await hub.api('/users/ann');
  const winner = answers.find(({ status }) => status === 200);
  expect(await now.json()).toEqual(await winner?.json());
  expect(now.headers.get('etag')).toBe(winner?.headers.get('etag'));
});

test('the tag of a rule stays while alerts come, and changes with the rule; a new rule writes over none', async () => {
  const hub = await testHub();
  const rule = { condition: { kind: 'offline' } };
  const made = await put(hub, '/alert-rules/off', rule, { 'if-none-match': '*' });
  const tag = made.headers.get('etag');
  expect([made.status, (await hub.api('/alert-rules/off')).headers.get('etag')]).toEqual([200, tag]);
  const twice = await put(hub, '/alert-rules/off', rule, { 'if-none-match': '*' });
  expect(await problemOf(twice)).toMatchObject({ status: 412, detail: expect.stringContaining('one already') });
  const changed = await put(hub, '/alert-rules/off', { ...rule, forS: 5 }, { 'if-match': tag ?? '' });
  expect(changed.status).toBe(200);
  const gone = await hub.api('/alert-rules/off', { method: 'DELETE', headers: { 'if-match': tag ?? '' } });
  expect(gone.status).toBe(412);
  const removed = await hub.api('/alert-rules/off', {
    method: 'DELETE',
    headers: { 'if-match': changed.headers.get('etag') ?? '' },
  });
  expect(removed.status).toBe(204);
  const late = await put(hub, '/alert-rules/off', rule, { 'if-match': changed.headers.get('etag') ?? '' });
  expect(await problemOf(late)).toMatchObject({ status: 412, detail: expect.stringContaining('removed it meanwhile') });
});

test('a tag that a proxy made weak, because it compresses, stands for the same document', async () => {
  const hub = await testHub();
  const rule = { condition: { kind: 'offline' } };
  const tag = (await put(hub, '/alert-rules/off', rule)).headers.get('etag');
  expect((await put(hub, '/alert-rules/off', { ...rule, forS: 5 }, { 'if-match': `W/${tag}` })).status).toBe(200);
  expect((await put(hub, '/alert-rules/off', { ...rule, forS: 6 }, { 'if-match': `W/${tag}` })).status).toBe(412);
});

test('the client changes a user only if he is as he was seen', async () => {
  const hub = await testHub();
  const words = {
    unreachable: String,
    garbled: (path: string, where: string) => `${path} ${where}`,
    refused: (status: number, problem: { detail?: string | undefined } | undefined) => `${status} ${problem?.detail}`,
  };
  const headers = { authorization: `Bearer ${hub.token}` };
  const client = clientOver({ base: `${hub.url}/api/v1`, fetch, init: () => ({ headers }), words });
  await client.addUser({ name: 'ann', role: 'viewer', scope: { a: '1', b: '2' } });
  const [seen] = (await client.users()).items;
  if (!seen) throw new Error('no user');
  await client.changeUserRights({ ...seen, scope: { b: '2', a: '1' } }, { role: 'operator' });
  const late = client.changeUserRights(seen, { role: 'admin' });
  await expect(late).rejects.toThrow('412 somebody has changed it meanwhile');
  await expect(late).rejects.toBeInstanceOf(ApiError);
  expect((await client.users()).items).toMatchObject([{ name: 'ann', role: 'operator' }]);
});
