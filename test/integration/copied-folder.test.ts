/**
 * Copies of a data folder: put back while the hub is away, cloned, used in turn and at once. Real outboxes and the real ingest and
 * store of the hub. Each record that was ever committed in any copy is at the hub exactly once, and no gap is invented.
 */
import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Outbox } from '../../agent/buffer/outbox.ts';
import { makeBatch } from '../../agent/sync/batches.ts';
import type { Ack } from '../../shared/contract/messages/batch.ts';
import { openSqlite } from '../../shared/kit/sqlite.ts';
import { body, open, unsynced } from '../agent/buffer/fixture.ts';
import { type Bench, bench } from '../cloud-hub/ingest/bench.ts';
import { tempFolder } from '../support/temp.ts';

/** A box with a data folder; `held` are the marks of the records that it has to deliver or has delivered. */
interface Box {
  readonly folder: string;
  outbox: Outbox;
}

const BATCH = 7;

class World {
  readonly #root = tempFolder();
  readonly #hub: Bench;
  readonly boxes: Box[] = [];
  /** Folders that were copied. */
  readonly #copies: string[] = [];
  /** Acknowledgements that were said and have not arrived. They may arrive at any box: all have one name. */
  readonly #acks: Ack[] = [];
  readonly #committed = new Set<number>();
  /** Marks whose folder was replaced before they were sent: the hub has them only if a copy had them too. */
  readonly #dropped = new Set<number>();
  #marks = 0;
  #folders = 0;

  readonly #device: string;

  constructor(hub: Bench, device: string) {
    this.#hub = hub;
    this.#device = device;
    this.boxes.push(this.#box(this.#newFolder()));
  }

  async append(at: number, many: number): Promise<void> {
    const bodies = Array.from({ length: many }, () => {
      this.#committed.add(this.#marks);
      return body(this.#marks++);
    });
    expect(await this.#at(at).outbox.append(bodies)).toBe('committed');
  }

  /** Sends the next batch above `after`; its acknowledgement waits. */
  async send(at: number, skip: number): Promise<void> {
    const { outbox } = this.#at(at);
    const after = outbox.base() - 1 + skip;
    const taken = outbox.take({ epoch: outbox.epoch, after, upTo: outbox.lastSeq, limit: BATCH, maxBytes: 1e6 });
    const batch = taken && makeBatch({ epoch: outbox.epoch, from: after + 1, ...taken });
    if (!batch) return;
    const before = this.#hub.acks.length;
    this.#hub.ingest.offer(this.#device, 'records', batch.payload);
    await this.#hub.ingest.drained();
    this.#acks.push(...this.#hub.acks.slice(before));
  }

  receive(at: number, which: number, keep: boolean): void {
    const index = which % Math.max(1, this.#acks.length);
    const ack = this.#acks[index];
    if (!keep) this.#acks.splice(index, 1);
    if (ack) expect(this.#at(at).outbox.ack(ack)).toMatch(/settled|stale|forked/);
  }

  /** As a backup or a snapshot does it: the files as they are now, of a box that runs. */
  copy(at: number): void {
    const target = this.#newFolder();
    cpSync(this.#at(at).folder, target, { recursive: true });
    this.#copies.push(target);
  }

  /** The box is stopped and started again. */
  restart(at: number): void {
    const box = this.#at(at);
    box.outbox.close();
    box.outbox = this.#open(box.folder);
  }

  /** A copy is put back in the place of a box's folder: what only this one had is gone, as the user wanted it. */
  putBack(at: number, which: number): void {
    const copy = this.#copies[which % Math.max(1, this.#copies.length)];
    if (copy === undefined) return;
    const box = this.#at(at);
    for (const mark of marksOf(box.outbox)) this.#dropped.add(mark);
    box.outbox.close();
    rmSync(box.folder, { recursive: true });
    cpSync(copy, box.folder, { recursive: true });
    box.outbox = this.#open(box.folder);
  }

  /** A copy goes into another box, and both run. */
  clone(which: number): void {
    const copy = this.#copies[which % Math.max(1, this.#copies.length)];
    if (copy === undefined || this.boxes.length >= 4) return;
    const folder = this.#newFolder();
    cpSync(copy, folder, { recursive: true });
    this.boxes.push(this.#box(folder));
  }

  /** From here on all goes well, box by box in turns. */
  async heal(): Promise<void> {
    for (const { outbox } of this.boxes) for (const mark of marksOf(outbox)) this.#dropped.delete(mark);
    for (let turn = 0; this.boxes.some(({ outbox }) => outbox.state().waiting > 0); turn++) {
      expect(turn).toBeLessThan(1000);
      for (const at of this.boxes.keys()) {
        this.#acks.length = 0;
        await this.send(at, 0);
        for (const ack of this.#acks.splice(0)) this.#at(at).outbox.ack(ack);
      }
    }
  }

  async check(): Promise<void> {
    const seen = storedIn(this.#hub.folder, this.#device);
    expect(seen.toSorted((a, b) => a - b)).toEqual([...new Set(seen)].toSorted((a, b) => a - b));
    const missing = [...this.#committed].filter((mark) => !seen.includes(mark));
    expect(missing.filter((mark) => !this.#dropped.has(mark))).toEqual([]);
    // A gap is a number that the hub never got: of records that went with a folder that was replaced.
    const gaps = (await this.#hub.store.sequences.list(this.#device)).flatMap((one) => one.gaps);
    const lost = gaps.reduce((sum, { from, to }) => sum + to - from + 1, 0);
    if (this.#dropped.size === 0) expect(lost).toBe(0);
  }

  close(): void {
    for (const { outbox } of this.boxes) outbox.close();
  }

  #at(at: number): Box {
    const box = this.boxes[at % this.boxes.length];
    if (!box) throw new Error('no box');
    return box;
  }

  #box(folder: string): Box {
    return { folder, outbox: this.#open(folder) };
  }

  #open(folder: string): Outbox {
    return open(folder, { open: unsynced });
  }

  #newFolder(): string {
    return path.join(this.#root, String(this.#folders++));
  }
}

function storedIn(folder: string, device: string): number[] {
  const database = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'FULL', readonly: true });
  const bodies = database.prepare<[string], string>('SELECT body FROM events WHERE device = ?').pluck().all(device);
  database.close();
  return bodies.map((text) => Number(JSON.parse(text).mark));
}

function marksOf(outbox: Outbox): number[] {
  return outbox.lease(1e6, 1e9).map(({ json }) => Number(JSON.parse(json).mark));
}

const box = fc.nat(3);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('append' as const), box, many: fc.integer({ min: 1, max: 12 }) }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('send' as const), box, skip: fc.constantFrom(0, 0, 0, 5) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('hear' as const), box, which: fc.nat(5), keep: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('copy' as const), box }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restart' as const), box }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('put back' as const), box, which: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('clone' as const), which: fc.nat(5) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

async function run(world: World, one: Step): Promise<void> {
  if (one.do === 'append') await world.append(one.box, one.many);
  if (one.do === 'send') await world.send(one.box, one.skip);
  if (one.do === 'hear') world.receive(one.box, one.which, one.keep);
  if (one.do === 'copy') world.copy(one.box);
  if (one.do === 'restart') world.restart(one.box);
  if (one.do === 'put back') world.putBack(one.box, one.which);
  if (one.do === 'clone') world.clone(one.which);
}

test('whatever is copied, put back and cloned: each record is at the hub once', { timeout: 120_000 }, async () => {
  const hub = await bench();
  let devices = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const device = `box-${devices++}`;
      await hub.store.devices.add(device, 'x', 0);
      const world = new World(hub, device);
      try {
        for (const one of steps) await run(world, one);
        await world.heal();
        await world.check();
      } finally {
        world.close();
      }
    }),
    { numRuns: 25 },
  );
});
