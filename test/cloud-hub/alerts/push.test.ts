/** Web Push from a built hub to a push service of its own authority: encrypted, signed, ended, bounded, kept to scopes. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createHubProgram } from '../../support/hub-program.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { pushService } from './push-service.ts';

const payload = z.strictObject({
  ...{ id: z.uuid(), title: z.string(), text: z.string() },
  ...{ state: z.enum(['firing', 'resolved']), severity: z.string() },
});
const secret = z.object({ token: z.string() });

/** @param networks that notifications may go to */
async function hubWithService(networks = '127.0.0.1') {
  const folder = tempFolder();
  let key = '';
  const service = await pushService(tempFolder(), () => key);
  const hub = createHubProgram(folder, ['--push-contact', 'mailto:ann@plant.example', '--alert-networks', networks], {
    NODE_EXTRA_CA_CERTS: service.caFile,
  });
  onTestFinished(() => hub.kill());
  await hub.start();
  ({ key } = z.object({ key: z.string() }).parse(await hub.api('/push-key')));
  /** As somebody else than the admin. */
  const as = async (name: string, more: Record<string, unknown> = {}) => {
    const { token } = secret.parse(await hub.api('/tokens', { name, role: 'viewer', ...more }));
    return (route: string, body?: unknown, method = body === undefined ? 'GET' : 'POST') =>
      fetch(`http://127.0.0.1:${hub.httpPort()}/api/v1${route}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
  };
  const rows = async () => {
    const items = z.object({ items: z.array(z.looseObject({ state: z.string(), tries: z.number() })) });
    return items.parse(await hub.api('/alert-deliveries')).items;
  };
  return { hub, folder, service, as, rows };
}

const gone = { condition: { kind: 'offline' }, channels: ['screens'], forS: 0, waitS: 0, everyS: 0 };

test('each browser gets what its owner sees, encrypted and signed; one that has ended is forgotten', async () => {
  const { hub, folder, service, as, rows } = await hubWithService();
  expect(statSync(path.join(folder, 'push.key')).mode & 0o777).toBe(0o600);
  const [ann, bob] = [await as('ann', { scope: { site: 'oslo' } }), await as('bob')];
  for (const [who, at] of [
    [ann, '/ann'],
    [bob, '/bob'],
    [bob, '/old'],
  ] as const)
    expect((await who('/push-subscriptions', { ...service.subscribe(at), browser: at })).status).toBe(201);
  // Once more is no second one, and nobody else's is seen or ended.
  expect(await (await ann('/push-subscriptions')).json()).toMatchObject({ items: [{ id: '1', user: 'ann' }] });
  expect((await ann('/push-subscriptions/2', undefined, 'DELETE')).status).toBe(404);
  const text = 'x'.repeat(1900);
  await hub.put('/alert-channels/screens', { kind: 'push' });
  service.answer('/old', 410);
  for (const [id, site] of Object.entries({ 'cam-1': 'oslo', 'cam-2': 'berlin' })) {
    await hub.api('/devices', { id });
    await hub.put(`/devices/${id}/labels`, { site });
  }
  await hub.put('/alert-rules/gone', { ...gone, severity: 'critical', title: 'Gone: {devices} \u{1F6A8}', text });
  await until(
    async () => (await rows()).length > 2 && (await rows()).every(({ state }) => state !== 'waiting'),
    'the ends of all deliveries',
  );
  expect(service.broken).toEqual([]);
  const got = (at: string) =>
    service.pushed.filter((one) => one.path === at).map(({ text: one }) => payload.parse(JSON.parse(one)));
  expect(got('/ann').map(({ title }) => title)).toEqual(['Gone: cam-1 \u{1F6A8}']);
  expect(
    got('/bob')
      .map(({ title }) => title)
      .join(),
  ).toMatch(/cam-1.*cam-2/);
  expect(service.pushed[0]).toMatchObject({ urgency: 'high', ttl: 86_400, contact: 'mailto:ann@plant.example' });
  expect(service.pushed.every(({ bytes }) => bytes < 2000)).toBe(true);
  expect((await rows()).some(({ state, reason }) => state === 'failed' && /410/.test(String(reason)))).toBe(true);
  expect(await (await bob('/push-subscriptions')).json()).toMatchObject({ items: [{ browser: '/bob' }] });
  expect(hub.complaints()).toBe('');
}, 120_000);

test('a service that fails gets the same id and topic again, also after a kill of the hub; others do not wait', async () => {
  const { hub, service, as, rows } = await hubWithService();
  const bob = await as('bob');
  for (const at of ['/ill', '/well']) await bob('/push-subscriptions', service.subscribe(at));
  service.answer('/ill', 503);
  await hub.put('/alert-channels/screens', { kind: 'push', users: ['bob'] });
  await hub.api('/devices', { id: 'cam' });
  await hub.put('/alert-rules/gone', gone);
  await service.get(2);
  await until(async () => (await rows()).filter(({ state }) => state === 'delivered').length === 1, 'the other one');
  await hub.kill();
  service.answer('/ill', 201);
  await hub.start();
  await until(async () => (await rows()).every(({ state }) => state === 'delivered'), 'the second try');
  const ill = service.pushed.filter((one) => one.path === '/ill');
  expect(ill.length).toBeGreaterThan(1);
  expect(new Set(ill.map(({ topic, text }) => `${topic} ${text}`)).size).toBe(1);
  expect(service.broken).toEqual([]);
}, 120_000);

test('an internal push service is refused unless it is allowed, and a test says so', async () => {
  const { hub, service, as } = await hubWithService('192.0.2.1');
  const bob = await as('bob');
  await hub.put('/alert-channels/screens', { kind: 'push' });
  const ask = async () =>
    z.object({ ok: z.boolean(), reason: z.string() }).parse(await hub.api('/alert-channels/screens/test', {}));
  expect((await ask()).reason).toMatch(/no browser is subscribed/);
  await bob('/push-subscriptions', service.subscribe('/bob'));
  expect((await ask()).reason).toMatch(/internal address/);
  expect(service.pushed).toEqual([]);
}, 60_000);
