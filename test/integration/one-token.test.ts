/** Two boxes with one name and token, and a data folder that was put back: real outboxes, links, broker, hub. */
import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { z } from 'zod';
import type { Outbox } from '../../agent/buffer/outbox.ts';
import { createSync } from '../../agent/sync/sync.ts';
import type { Device, sequence } from '../../cloud-hub/contract/device.ts';
import type { Event } from '../../cloud-hub/contract/event.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { body, open, silent } from '../agent/buffer/fixture.ts';
import { addDevice, type TestHub, testHub } from '../cloud-hub/support.ts';
import { keptLog } from '../support/kept-log.ts';
import { tempFolder } from '../support/temp.ts';

const DEVICE = 'gate-3';
type Sequence = z.infer<typeof sequence>;

function box(hub: TestHub, token: string, folder: string, boot: string) {
  const outbox: Outbox = open(folder, { clock: systemClock });
  const reported: { code: string; message: string }[] = [];
  const sync = createSync({
    device: DEVICE,
    token,
    broker: {
      url: `mqtt://127.0.0.1:${hub.hub.mqttPort}`,
      retryMs: { first: 20, max: 50 },
      refusedRetryMs: { first: 20, max: 50 },
    },
    outbox,
    report: () => ({
      ...{ version: '1', boot, config: 'c1', streams: [], process: { rssMb: 100, uptimeS: 1 } },
      host: { platform: 'linux', arch: 'x64', cpus: 2, memoryMb: 1024, name: `host-of-${boot}` },
      outbox: { epoch: outbox.epoch, waiting: 0, bytes: 0, lastSeq: outbox.lastSeq },
    }),
    onCommand: (command) => {
      if (command.kind === 'notice') reported.push({ code: command.code, message: command.message });
    },
    onDesired: () => undefined,
    onVerdict: () => undefined,
    onProblem: (code, message) => reported.push({ code, message }),
    limits: { lingerMs: 5, retryMs: { first: 20, max: 100 } },
    clock: systemClock,
    log: silent,
  });
  let open_ = true;
  const stop = async () => {
    if (!open_) return;
    open_ = false;
    await sync.stop();
    outbox.close();
  };
  onTestFinished(stop);
  return { outbox, reported, start: () => sync.start(), stop, waiting: () => outbox.state().waiting };
}

const append = (outbox: Outbox, from: number, many: number) =>
  outbox.append(Array.from({ length: many }, (_, i) => body(from + i)));

async function eventsOf(hub: TestHub): Promise<Event[]> {
  const { items } = await hub.json<{ items: Event[] }>('/events?limit=500');
  return items;
}

test('a data folder put back while the hub was away: every record made since arrives, and the agent says why', async () => {
  const hub = await testHub();
  const token = await addDevice(hub, DEVICE);
  const folder = path.join(tempFolder(), 'data');
  const first = box(hub, token, folder, 'one');
  first.start();
  await append(first.outbox, 0, 40);
  await expect.poll(first.waiting).toBe(0);
  const copy = path.join(tempFolder(), 'copy');
  cpSync(folder, copy, { recursive: true });
  await append(first.outbox, 40, 60);
  await expect.poll(first.waiting).toBe(0);
  await first.stop();
  rmSync(folder, { recursive: true });
  cpSync(copy, folder, { recursive: true });

  // Not connected: as many records as the hub has numbers, and more.
  const second = box(hub, token, folder, 'two');
  await append(second.outbox, 1000, 90);
  second.start();
  await expect.poll(second.waiting).toBe(0);
  expect(await eventsOf(hub)).toHaveLength(40 + 60 + 90);
  expect(second.reported.map(({ code }) => code)).toEqual(['outbox-copied']);
  const { items } = await hub.json<{ items: Sequence[] }>(`/devices/${DEVICE}/sequences`);
  expect(items.map(({ gaps, records }) => [records, gaps])).toEqual(
    expect.arrayContaining([
      [100, []],
      [90, []],
    ]),
  );
});

test('two boxes with one token: the hub names them, both are told, and the records of both arrive', async () => {
  const kept = keptLog();
  const hub = await testHub({ log: kept.log });
  const token = await addDevice(hub, DEVICE);
  const [a, b] = ['one', 'two'].map((boot) => box(hub, token, tempFolder(), boot));
  if (!a || !b) throw new Error('two boxes');
  a.start();
  b.start();
  const message = expect.stringMatching(/^another client signs in as gate-3 \(host host-of-one and host-of-two\)/);
  const notice = { code: 'identity-shared', message };
  await expect.poll(() => [...a.reported, ...b.reported]).toContainEqual(notice);
  expect(kept.lines).toContainEqual(expect.objectContaining({ device: DEVICE, msg: message }));
  await append(a.outbox, 0, 20);
  await append(b.outbox, 100, 20);
  await expect.poll(async () => (await eventsOf(hub)).length).toBe(40);
  const { online } = await hub.json<Device>(`/devices/${DEVICE}`);
  expect(online).toBeTypeOf('boolean');
});
