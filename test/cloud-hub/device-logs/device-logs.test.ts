/** `up/log` over a real broker: kept, shown, bounded; and levels that are ordered. */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { DeviceLogLine } from '../../../cloud-hub/contract/device-log.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { type TestHub, testDevice, testHub } from '../support.ts';

const line = (n: number, more: Record<string, unknown> = {}) => ({
  n,
  wall: Date.UTC(2026, 5, 1),
  level: 'info',
  component: 'sync',
  message: `line ${n}`,
  ...more,
});

const logs = async (hub: TestHub, query = '') =>
  hub.json<{ items: DeviceLogLine[]; next?: string }>(`/devices/cam/logs${query}`);

const count = async (hub: TestHub, outcome: string) => {
  const text = await (await fetch(`${hub.url}/metrics`)).text();
  return Number(new RegExp(`vedette_device_log_messages_total\\{outcome="${outcome}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
};

test('lines are kept once, listed by level and part, and followed', async () => {
  const hub = await testHub();
  const cam = await testDevice(hub, 'cam');
  const lines = [line(1), line(2, { level: 'warn', fields: { records: 3 } }), line(3, { component: 'buffer' })];
  await cam.publish('log', { boot: 'b1', lines });
  await cam.publish('log', { boot: 'b1', lines, dropped: 4 });
  await cam.publish('log', { boot: 'b1', lines: [line(6)] });
  await until(async () => (await logs(hub)).items.length === 4, 'all lines');
  const { items } = await logs(hub);
  expect(items.map(({ message, missing }) => [message, missing])).toEqual([
    ['line 6', 2],
    ['line 3', undefined],
    ['line 2', undefined],
    ['line 1', undefined],
  ]);
  expect((await logs(hub, '?level=warn')).items).toMatchObject([{ message: 'line 2', fields: { records: 3 } }]);
  expect((await logs(hub, '?component=buffer')).items).toMatchObject([{ message: 'line 3' }]);
  const first = await logs(hub, '?limit=3');
  expect(first.next).toBe(items[2]?.id);
  expect((await logs(hub, `?limit=3&cursor=${first.next}`)).items.map(({ message }) => message)).toEqual(['line 1']);
  expect((await logs(hub, `?after=${items[1]?.id}`)).items.map(({ message }) => message)).toEqual(['line 6']);
  expect((await hub.api('/devices/cam/logs?after=1&cursor=2')).status).toBe(400);
  expect((await hub.api('/devices/nobody/logs')).status).toBe(404);
});

test('a hostile device fills neither disk nor series, and is read more slowly', async () => {
  const folder = tempFolder();
  const hub = await testHub({ folder, config: { deviceLogMb: 0.2 } });
  const cam = await testDevice(hub, 'cam');
  const bad = [
    {},
    { boot: 'b', lines: [] },
    { boot: 'b', lines: [line(1, { level: 'loud' })] },
    { boot: 'b', lines: [line(-1)] },
    { boot: 'b', lines: [{ ...line(1), message: 'x'.repeat(5_000) }] },
    { boot: 'b', lines: Array.from({ length: 501 }, (_, i) => line(i)) },
    { boot: 'x'.repeat(65), lines: [line(1)] },
  ];
  for (const one of bad) await cam.publish('log', one);
  await until(async () => (await count(hub, 'refused')) === bad.length, 'all are refused');
  for (let i = 0; i < 60; i++) {
    const flood = Array.from({ length: 100 }, (_, j) =>
      line(j + 1, { component: `part-${i}-${j}`, message: `${i} ${j} ${'x'.repeat(1_500)}` }),
    );
    await cam.publish('log', { boot: `boot-${i}`, lines: flood });
  }
  await until(async () => (await count(hub, 'over budget')) > 20, 'it is over its budget');
  const kept = path.join(folder, 'device-logs', 'cam');
  const bytes = () => readdirSync(kept).reduce((sum, file) => sum + statSync(path.join(kept, file)).size, 0);
  await until(
    async () => (await count(hub, 'stored')) + (await count(hub, 'over budget')) === 60,
    'all were looked at',
  );
  expect(bytes()).toBeLessThan(1_000_000);
  const text = await (await fetch(`${hub.url}/metrics`)).text();
  expect(text.split('\n').filter((one) => one.startsWith('vedette_device_log'))).toHaveLength(4);
  expect(text).not.toContain('part-');
});

test('levels are ordered, told again to a device that comes back, and end', async () => {
  let ahead = 0;
  const clock = { ...systemClock, wall: () => systemClock.wall() + ahead };
  const folder = tempFolder();
  const hub = await testHub({ folder, clock });
  const cam = await testDevice(hub, 'cam');
  const put = (body: unknown) =>
    hub.api('/devices/cam/log-levels', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  expect((await put({ levels: { sync: 'debug' }, seconds: 3600 })).status).toBe(200);
  expect(await cam.next('command')).toEqual({ kind: 'log', levels: { sync: 'debug' }, seconds: 3600 });
  await cam.client.endAsync();
  ahead = 600_000;
  const back = await testDevice(hub, 'cam', cam.token);
  const told = (await back.next('command')) as { seconds: number };
  expect(told.seconds).toBeLessThanOrEqual(3000);
  expect(told.seconds).toBeGreaterThan(2900);
  expect(await hub.json('/devices/cam/log-levels')).toMatchObject({ levels: { sync: 'debug' } });
  ahead = 3_700_000;
  expect(await hub.json('/devices/cam/log-levels')).toEqual({ levels: {} });
  expect((await put({ levels: { buffer: 'warn' }, seconds: 60 })).status).toBe(200);
  await back.next('command');
  expect((await hub.api('/devices/cam/log-levels', { method: 'DELETE' })).status).toBe(204);
  expect(await back.next('command')).toEqual({ kind: 'log', levels: {}, seconds: 0 });
  const { items } = await hub.json<{ items: { action: string }[] }>('/audit?action=device.log-levels');
  expect(items).toHaveLength(3);
});
