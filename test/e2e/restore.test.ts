/** A backup of a hub under load, as its users make it: the hub dies, the backup goes on in a new folder, and so do the devices. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import type { Outbox } from '../../agent/buffer/outbox.ts';
import { createSync } from '../../agent/sync/sync.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { openSqlite } from '../../shared/kit/sqlite.ts';
import { body, open, silent } from '../agent/buffer/fixture.ts';
import { createHubProgram, type HubProgram } from '../support/hub-program.ts';
import { runProgram } from '../support/program.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

const DEVICES = 4;

interface Device {
  readonly id: string;
  readonly outbox: Outbox;
  /** Committed on the device; its marks are 0 to made - 1. */
  made: number;
}

function run(dataDir: string, mqttPort?: number): HubProgram {
  const hub = createHubProgram(dataDir, mqttPort === undefined ? [] : ['--mqtt-port', String(mqttPort)]);
  onTestFinished(() => hub.stop());
  return hub;
}

/** A device with a real outbox and a real connection, that makes records until the test is over. */
async function device(hub: HubProgram, id: string): Promise<Device> {
  const { token } = z.object({ token: z.string() }).parse(await hub.api('/devices', { id }));
  const outbox = open(tempFolder(), { clock: systemClock, groupMs: 20 });
  const sync = createSync({
    device: id,
    token,
    broker: { url: `mqtt://127.0.0.1:${hub.mqttPort()}`, retryMs: { first: 20, max: 200 } },
    outbox,
    report: () => ({
      ...{ version: '1', boot: 'b1', config: 'c1', streams: [] },
      host: { platform: 'linux', arch: 'x64', cpus: 2, memoryMb: 1024, name: 'box' },
      process: { rssMb: 100, uptimeS: 1 },
      outbox: { epoch: outbox.epoch, waiting: 0, bytes: 0, lastSeq: outbox.lastSeq },
    }),
    ...{ onCommand: () => undefined, onDesired: () => undefined, onVerdict: () => undefined },
    onProblem: () => undefined,
    limits: { lingerMs: 20, maxRecords: 50, backlog: 200, backfillPerSecond: 1000 },
    clock: systemClock,
    log: silent,
  });
  sync.start();
  onTestFinished(async () => {
    await sync.stop();
    outbox.close();
  });
  return { id, outbox, made: 0 };
}

/** Every device makes records until it is told to stop. */
function load(devices: readonly Device[]): () => Promise<void> {
  let over = false;
  const each = devices.map(async (one) => {
    while (!over) {
      const bodies = Array.from({ length: 10 }, (_, i) => body(one.made + i));
      if ((await one.outbox.append(bodies)) === 'committed') one.made += bodies.length;
      await new Promise<void>((go) => systemClock.after(40, go));
    }
  });
  return async () => {
    over = true;
    await Promise.all(each);
  };
}

function storedIn(dataDir: string, id: string): number[] {
  const database = openSqlite(path.join(dataDir, 'hub.db'), { synchronous: 'FULL', readonly: true });
  const bodies = database.prepare<[string], string>('SELECT body FROM events WHERE device = ?').pluck().all(id);
  database.close();
  return bodies.map((text) => z.object({ mark: z.number() }).parse(JSON.parse(text)).mark);
}

const ledgers = z.object({
  items: z.array(
    z.object({ upTo: z.number(), gaps: z.array(z.object({ from: z.number(), to: z.number(), reason: z.string() })) }),
  ),
});

test('a backup under load, restored elsewhere: no record is lost that a device still had, and the others are named', async () => {
  const [first, second] = [tempFolder(), path.join(tempFolder(), 'restored')];
  const file = path.join(tempFolder(), 'hub.tar');
  const old = run(first);
  await old.start();
  const devices: Device[] = [];
  for (let i = 0; i < DEVICES; i++) devices.push(await device(old, `box-${i}`));
  const stop = load(devices);
  const base = () => Math.min(...devices.map(({ outbox }) => outbox.base()));
  await until(() => base() > 300, 'all devices are acknowledged');

  const backup = await runProgram('cloud-hub/main.js', ['backup', '--data-dir', first, '--to', file]);
  expect(backup).toMatchObject({ code: 0, stderr: '' });
  expect(backup.stdout).toContain('It holds secrets');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const atBackup = base();
  await until(() => base() > atBackup + 300, 'the hub went on, and devices have forgotten more');

  await old.kill();
  const restore = await runProgram('cloud-hub/main.js', ['restore', file, '--data-dir', second]);
  expect(restore).toMatchObject({ code: 0, stderr: '' });
  expect(restore.stdout).toMatch(/Such numbers are gaps that name this restore/);
  const hub = run(second, old.mqttPort());
  await hub.start();
  const atRestore = base();
  await until(() => base() > atRestore + 300, 'devices go on');
  await stop();
  await until(() => devices.every(({ outbox }) => outbox.state().waiting === 0), 'all is acknowledged', 60_000);

  for (const { id, made } of devices) {
    const stored = storedIn(second, id);
    expect(new Set(stored).size).toBe(stored.length);
    const { items } = ledgers.parse(await hub.api(`/devices/${id}/sequences`));
    const [ledger] = items;
    expect(items).toHaveLength(1);
    expect(ledger?.upTo).toBe(made);
    const gaps = ledger?.gaps ?? [];
    expect(gaps.length).toBeGreaterThan(0);
    for (const { reason } of gaps) expect(reason).toMatch(/^went with the old hub: restored at /);
    const gone = gaps.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i - 1));
    expect([...stored, ...gone].toSorted((a, b) => a - b)).toEqual(Array.from({ length: made }, (_, i) => i));
    // What came before the backup, and what came after the restore, is there.
    expect(Math.min(...gone)).toBeGreaterThan(250);
    expect(Math.max(...gone)).toBeLessThan(made - 250);
  }
});
