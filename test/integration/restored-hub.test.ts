/**
 * A hub that is put back from a backup, at any moment, with devices that went on meanwhile. Real outboxes, the real ingest and store
 * of the hub, real backups. Each record that was ever committed by a device is at the hub once, or its number is a gap that names a
 * restore; and only a number that an old hub has acknowledged can be one.
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Outbox } from '../../agent/buffer/outbox.ts';
import { makeBatch } from '../../agent/sync/batches.ts';
import { restoreBackup } from '../../cloud-hub/backup/restore.ts';
import { writeBackup } from '../../cloud-hub/backup/write.ts';
import type { Ack } from '../../shared/contract/messages/batch.ts';
import { body, open, unsynced } from '../agent/buffer/fixture.ts';
import { type Bench, bench } from '../cloud-hub/ingest/bench.ts';
import { eventRecord, lossRecord } from '../cloud-hub/support.ts';
import { tempFolder } from '../support/temp.ts';

const BATCH = 5;

class World {
  readonly #root = tempFolder();
  #hub: Bench;
  #outbox: Outbox;
  readonly #acks: Ack[] = [];
  /** Numbers that a hub said are settled, of those that were lost with it too. */
  readonly #acknowledged = new Set<number>();
  #backup: string | undefined;
  #marks = 0;
  #files = 0;

  constructor(hub: Bench) {
    this.#hub = hub;
    this.#outbox = open(path.join(this.#root, 'box'), { open: unsynced });
  }

  async append(many: number): Promise<void> {
    const bodies = Array.from({ length: many }, () => body(this.#marks++));
    expect(await this.#outbox.append(bodies)).toBe('committed');
  }

  /** Sends a batch; `skip`: not the first ones that it holds, as the lane of new records does. */
  async send(skip: number): Promise<void> {
    const { epoch, lastSeq } = this.#outbox;
    const after = this.#outbox.base() - 1 + skip;
    const taken = this.#outbox.take({ epoch, after, upTo: lastSeq, limit: BATCH, maxBytes: 1e6 });
    const batch = taken && makeBatch({ epoch, from: after + 1, ...taken });
    if (!batch) return;
    const before = this.#hub.acks.length;
    await this.#hub.send(batch.payload);
    this.#acks.push(...this.#hub.acks.slice(before));
  }

  hear(keep: boolean): void {
    const ack = keep ? this.#acks.at(0) : this.#acks.shift();
    if (!ack) return;
    expect(this.#outbox.ack(ack)).toMatch(/settled|stale/);
    for (let seq = 1; seq <= ack.upTo; seq++) this.#acknowledged.add(seq);
    for (const { from, to } of ack.ranges ?? []) for (let seq = from; seq <= to; seq++) this.#acknowledged.add(seq);
  }

  restartDevice(): void {
    this.#outbox.close();
    this.#outbox = open(path.join(this.#root, 'box'), { open: unsynced });
  }

  async backup(): Promise<void> {
    const file = path.join(this.#root, `${this.#files++}.tar`);
    await writeBackup({ dataDir: this.#hub.folder, file, version: '1', now: 1_000 * this.#files });
    this.#backup = file;
  }

  /** The hub dies, and its last backup goes on. */
  async restore(): Promise<void> {
    if (this.#backup === undefined) return;
    await this.#hub.store.close();
    const folder = path.join(this.#root, `hub-${this.#files++}`);
    await restoreBackup({ file: this.#backup, dataDir: folder, now: 1_000 * this.#files });
    this.#hub = await bench(folder);
  }

  async heal(): Promise<void> {
    for (let turn = 0; this.#outbox.state().waiting > 0; turn++) {
      expect(turn, 'nothing is waited for for ever').toBeLessThan(500);
      this.#acks.length = 0;
      await this.send(0);
      while (this.#acks.length > 0) this.hear(false);
    }
  }

  async check(): Promise<void> {
    const { items } = await this.#hub.store.events.list({ limit: 500 });
    const stored = items.map(({ ptsMs }) => Number(ptsMs) / 40 + 1).toSorted((a, b) => a - b);
    expect(stored).toEqual([...new Set(stored)]);
    const [ledger] = await this.#hub.store.sequences.list('cam');
    expect(ledger?.upTo ?? 0).toBe(this.#marks);
    const gaps = ledger?.gaps ?? [];
    const gone = gaps.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
    expect([...stored, ...gone].toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: this.#marks }, (_, i) => i + 1),
    );
    for (const seq of gone) expect(this.#acknowledged.has(seq), `${seq} was acknowledged`).toBe(true);
    for (const { reason } of gaps)
      expect(reason).toMatch(/^went with the old hub: restored at 1970-01-01T\S+ from a backup of 1970-/);
  }

  async close(): Promise<void> {
    this.#outbox.close();
    await this.#hub.store.close();
    rmSync(this.#root, { recursive: true, force: true });
  }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('append' as const), many: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 9, arbitrary: fc.record({ do: fc.constant('send' as const), skip: fc.constantFrom(0, 0, 0, 4, 8) }) },
  { weight: 9, arbitrary: fc.record({ do: fc.constant('hear' as const), keep: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('backup' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restore' as const) }) },
);

test('whenever a hub is put back: every record is stored, or a gap names the restore', {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 50 }), async (steps) => {
      const world = new World(await bench());
      try {
        for (const one of steps) {
          if (one.do === 'append') await world.append(one.many);
          if (one.do === 'send') await world.send(one.skip);
          if (one.do === 'hear') world.hear(one.keep);
          if (one.do === 'restart') world.restartDevice();
          if (one.do === 'backup') await world.backup();
          if (one.do === 'restore') await world.restore();
        }
        await world.append(1);
        await world.heal();
        await world.check();
      } finally {
        await world.close();
      }
    }),
    { numRuns: 25 },
  );
});

test('what the old hub had taken from above a backlog is no record that the device gave up', async () => {
  const world = new World(await bench());
  await world.append(20);
  await world.send(0);
  world.hear(false);
  await world.backup();
  await world.send(8);
  world.hear(false);
  await world.restore();
  await world.heal();
  await world.check();
  await world.close();
});

test('what a device gives up after a restore has its own reason, and what it gave up before keeps its own', async () => {
  const root = tempFolder();
  const file = path.join(root, 'hub.tar');
  const old = await bench();
  const lost = (seq: number, from: number, to: number) => lossRecord(seq, { epoch: 'e1', from, to, reason: 'quota' });
  await old.batch([lost(5, 2, 4), eventRecord(6)], { base: 5 });
  await writeBackup({ dataDir: old.folder, file, version: '1', now: 0 });
  await old.batch([eventRecord(7)], { base: 7 });
  const folder = path.join(root, 'new');
  await restoreBackup({ file, dataDir: folder, now: 60_000 });
  const hub = await bench(folder);
  await hub.batch([eventRecord(9)], { base: 9, given: 9 });
  // A loss that the old hub never heard of, and one from after.
  await hub.batch([lost(10, 8, 8)], { base: 10, given: 10 });
  await hub.batch([eventRecord(20)], { base: 20, given: 20 });
  const [ledger] = await hub.store.sequences.list('cam');
  const restored =
    'went with the old hub: restored at 1970-01-01T00:01:00.000Z from a backup of 1970-01-01T00:00:00.000Z';
  expect(ledger).toMatchObject({
    upTo: 20,
    gaps: [
      { from: 1, to: 1, reason: 'never received' },
      { from: 2, to: 4, reason: 'quota' },
      { from: 7, to: 7, reason: restored },
      { from: 8, to: 8, reason: 'quota' },
      { from: 11, to: 19, reason: 'never received' },
    ],
  });
});
