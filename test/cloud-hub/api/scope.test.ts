/**
 * Role × scope × route: every route of the document, called by people who see one group of devices. What is of another group is
 * not there, lists do not have it, and what is about all devices is closed.
 */
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { systemClock } from '../../../shared/kit/clock.ts';
import { until } from '../../support/until.ts';
import { eventRecord, jpeg, readingRecord, snapshotOf, type TestHub, testDevice, testHub } from '../support.ts';
import { problemOf } from './problems.ts';
import { routes } from './route-table.ts';
import { World } from './world.ts';

/** Routes that whoever has a scope may call, as far as his role goes. All others are closed to him. */
const open = {
  own: [
    'POST /api/v1/sign-out',
    'GET /api/v1/me',
    'PUT /api/v1/me/password',
    'GET /api/v1/me/sign-in',
    'POST /api/v1/me/second-factor',
    'POST /api/v1/me/second-factor/confirm',
    'POST /api/v1/me/second-factor/recovery-codes',
    'POST /api/v1/me/second-factor/remove',
    'POST /api/v1/me/provider',
    'GET /api/v1/sessions',
    'DELETE /api/v1/sessions/{id}',
    'GET /api/v1/push-key',
    'GET /api/v1/push-subscriptions',
    'POST /api/v1/push-subscriptions',
    'DELETE /api/v1/push-subscriptions/{id}',
    'GET /api/v1/models',
    'GET /api/v1/models/{name}/{version}',
    'GET /api/v1/models/{name}/aliases',
  ],
  lists: [
    'GET /api/v1/devices',
    'GET /api/v1/events',
    'GET /api/v1/summaries',
    'GET /api/v1/problems',
    'GET /api/v1/quarantine',
    'GET /api/v1/readings',
    'GET /api/v1/readings/course',
    'GET /api/v1/opinions',
    'GET /api/v1/alerts',
  ],
  objects: [
    'GET /api/v1/devices/{device}',
    'GET /api/v1/devices/{device}/sequences',
    'GET /api/v1/devices/{device}/logs',
    'GET /api/v1/devices/{device}/log-levels',
    'PUT /api/v1/devices/{device}/log-levels',
    'DELETE /api/v1/devices/{device}/log-levels',
    'GET /api/v1/devices/{device}/desired',
    'GET /api/v1/devices/{device}/labels',
    'PUT /api/v1/devices/{device}/labels',
    'GET /api/v1/events/{id}',
    'GET /api/v1/snapshots/{id}',
    'PUT /api/v1/events/{id}/correction',
    'DELETE /api/v1/events/{id}/correction',
    'PUT /api/v1/events/{id}/hold',
    'DELETE /api/v1/events/{id}/hold',
    'PUT /api/v1/events/{id}/normal',
    'DELETE /api/v1/events/{id}/normal',
    'GET /api/v1/devices/{device}/normal',
    'GET /api/v1/devices/{device}/streams/{stream}/thresholds',
    'PUT /api/v1/devices/{device}/streams/{stream}/thresholds',
    'DELETE /api/v1/devices/{device}/streams/{stream}/thresholds',
    'POST /api/v1/devices/{device}/streams/{stream}/thresholds/undo',
    'PUT /api/v1/devices/{device}/streams/{stream}/thresholds/automatic',
    'DELETE /api/v1/devices/{device}/streams/{stream}/thresholds/automatic',
    'GET /api/v1/devices/{device}/streams/{stream}/agreement',
    'PUT /api/v1/alerts/{id}/acknowledgement',
  ],
} as const;
const isOpen = (route: string) => Object.values(open).some((list) => list.some((one) => one === route));

const rank = { viewer: 1, operator: 2, admin: 3 } as const;

const tokenOf = async (hub: TestHub, role: 'viewer' | 'operator', site: string) => {
  const made = await hub.post('/tokens', { name: `${role}-${site}`, role, scope: { site } });
  expect(made.status).toBe(201);
  return ((await made.json()) as { token: string }).token;
};

const json = (method: string, token: string, body: unknown) => ({
  method,
  token,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
});

/** A hub with `cam` of site oslo, which has one of everything, and `gate` of site berlin. */
async function setUp() {
  const hub = await testHub({ clock: { ...systemClock, every: () => () => undefined } });
  const world = await World.of(hub, systemClock.wall());
  const gate = await testDevice(hub, 'gate');
  await gate.publish('records', { epoch: 'e1', from: 1, to: 1, records: [eventRecord(1)] });
  await gate.nextAck();
  await world.put('/devices/cam/labels', { site: 'oslo' });
  await world.put('/devices/gate/labels', { site: 'berlin', floor: '2' });
  await world.cam.publish('records', { epoch: 'e1', from: 2, to: 2, records: [readingRecord(2)] });
  await world.cam.nextAck();
  return { hub, world, gate };
}

test('every route keeps to the scope of its caller', async () => {
  const { hub, world } = await setUp();
  const paths = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });
  const documented = Object.entries(paths.parse(await hub.json('/openapi.json')).paths).flatMap(([target, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${target}`),
  );
  expect(documented.filter((route) => isOpen(route))).toHaveLength(Object.values(open).flat().length);

  const wrong: string[] = [];
  for (const role of ['viewer', 'operator'] as const) {
    const token = await tokenOf(hub, role, 'berlin');
    for (const route of documented) {
      const entry = routes[route];
      if (!entry || entry.access === 'public' || route === 'GET /api/v1/live') continue;
      const [method = ''] = route.split(' ');
      const { path, body, bytes, headers } = await entry.call(world);
      const sent = bytes ? Buffer.from(bytes) : body === undefined ? undefined : JSON.stringify(body);
      const answer = await fetch(hub.url + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...headers,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(sent === undefined ? {} : { body: sent }),
      });
      const needed = entry.access === 'device' ? 'viewer' : entry.access;
      const has = rank[role] >= rank[needed];
      const isObject = open.objects.some((one) => one === route);
      // The table's calls are about cam, which is of another group.
      // Made by the admin, so nobody else's.
      const isAdmins = /^DELETE .*\/(sessions|push-subscriptions)\//.test(route);
      const allowed = isAdmins ? [404] : [entry.status];
      const expected = !has
        ? [403]
        : isObject
          ? [404]
          : isOpen(route)
            ? allowed
            : route === 'GET /metrics'
              ? [401]
              : [403];
      if (!expected.includes(answer.status)) wrong.push(`${route} by ${role}: ${answer.status}, not ${expected}`);
      const text = await answer.text();
      const isGiven = answer.ok && open.lists.some((one) => one === route);
      if (isGiven && /"cam"/.test(text)) wrong.push(`${route} tells ${role} of another group: ${text}`);
      if (!answer.ok && answer.status === 404 && /oslo|berlin/.test(text)) wrong.push(`${route} says why: ${text}`);
    }
  }
  expect(wrong).toEqual([]);
}, 240_000);

test('what is of the group is there, and what is not is refused in the same words as what does not exist', async () => {
  const { hub, world } = await setUp();
  const token = await tokenOf(hub, 'operator', 'berlin');
  const ask = async (path: string, init: object = {}) => {
    const answer = await hub.api(path, { token, ...init });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const items = async (path: string) => (await ask(path)).body.items as { id: string; device?: string }[];
  expect((await items('/devices')).map(({ id }) => id)).toEqual(['gate']);
  expect((await items('/events')).map(({ device }) => device)).toEqual(['gate']);
  expect(await items('/events?device=cam')).toEqual([]);
  expect(await items('/readings')).toEqual([]);
  expect(await items('/readings/course?device=cam&stream=motor&since=2020-01-01T00:00:00Z&bucketS=86400')).toEqual([]);
  const [mine] = await items('/events');
  expect((await ask(`/events/${mine?.id}`)).status).toBe(200);
  expect((await ask('/devices/gate')).body).toMatchObject({ id: 'gate' });

  for (const [theirs, none] of [
    ['/devices/cam', '/devices/nix'],
    ['/devices/cam/sequences', '/devices/nix/sequences'],
    ['/events/1', '/events/9'],
    ['/snapshots/1', '/snapshots/9'],
  ] as const) {
    const [one, other] = [await hub.api(theirs, { token }), await hub.api(none, { token })];
    expect([one.status, other.status]).toEqual([404, 404]);
    const words = async (answer: Response) => (await problemOf(answer)).detail?.replace(/cam|nix|1|9/g, 'X');
    expect(await words(one)).toBe(await words(other));
  }
  // A label that takes the device out of the group would hide it from whoever sets it.
  expect((await ask('/devices/gate/labels', json('PUT', token, { site: 'oslo' }))).status).toBe(403);
  expect((await ask('/devices/gate/labels', json('PUT', token, { site: 'berlin' }))).status).toBe(200);
  expect((await ask(`/events/${mine?.id}/correction`, json('PUT', token, { verdict: 'right' }))).status).toBe(200);
  // What changes group is seen by the other from then on.
  await world.put('/devices/gate/labels', { site: 'oslo' });
  expect(await items('/devices')).toEqual([]);
});

test('a group may need several labels, and values are taken as they are', async () => {
  const { hub, world } = await setUp();
  const seenBy = async (scope: Record<string, string>) => {
    const made = await hub.post('/tokens', { name: world.fresh('t'), role: 'viewer', scope });
    const { token } = (await made.json()) as { token: string };
    const list = (await (await hub.api('/devices', { token })).json()) as { items: { id: string }[] };
    return list.items.map(({ id }) => id);
  };
  expect(await seenBy({ site: 'berlin', floor: '2' })).toEqual(['gate']);
  expect(await seenBy({ site: 'berlin', floor: '3' })).toEqual([]);
  expect(await seenBy({ site: "x' OR '1'='1" })).toEqual([]);
  await world.put('/devices/gate/labels', { site: 'a"b\'c$.é', 'with-dash': '1' });
  expect(await seenBy({ site: 'a"b\'c$.é', 'with-dash': '1' })).toEqual(['gate']);
  expect((await hub.post('/tokens', { name: 'root', role: 'admin', scope: { site: 'x' } })).status).toBe(400);
});

test('the live feed tells of the group only, and watches nothing else', async () => {
  const { hub, world, gate } = await setUp();
  const token = await tokenOf(hub, 'viewer', 'berlin');
  const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/api/v1/live`, {
    headers: { authorization: `Bearer ${token}` },
  });
  onTestFinished(() => socket.terminate());
  const heard: string[] = [];
  socket.on('message', (data) => heard.push(String(data)));
  await once(socket, 'open');
  const asked: string[] = [];
  for (const device of [world.cam, gate]) {
    void device.next('command').then(() => asked.push(device.id));
    socket.send(JSON.stringify({ type: 'watch', device: device.id, stream: 'door' }));
  }
  const event = eventRecord(3, { snapshot: snapshotOf(jpeg) });
  await world.cam.publish('records', { epoch: 'e1', from: 3, to: 3, records: [event] });
  await world.cam.nextAck();
  await world.made('/rollouts', world.rollout());
  await gate.publish('records', { epoch: 'e1', from: 2, to: 2, records: [eventRecord(2)] });
  await until(() => heard.some((text) => text.includes('"event"')), 'the event of the group');
  await until(() => asked.length > 0, 'the watch of the group');
  expect(asked).toEqual(['gate']);
  expect(heard.filter((text) => text.includes('"cam"') || text.includes('"rollout"'))).toEqual([]);
});
