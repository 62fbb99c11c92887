/**
 * The ledger against an oracle: any batches of several epochs, alone and in groups, overlapping and repeated, with holes,
 * bad records, losses and records that a damaged outbox carried over; the disk fails, the hub is killed and starts again.
 * Exactly once, gaps exact, acknowledged only after the commit.
 */
import path from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { HubStore } from '../../../cloud-hub/store/store.ts';
import { encode } from '../../../shared/contract/codec.ts';
import { rangesOf } from '../../../shared/kit/ranges.ts';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { tempFolder } from '../../support/temp.ts';
import { eventRecord, lossRecord } from '../support.ts';
import { type Bench, bench } from './bench.ts';
import { type Batch, type Item, Oracle } from './oracle.ts';

const EPOCHS = ['e1', 'e2', 'e3'] as const;

/** The hub of one run, on a device that no other run has. */
interface Real {
  readonly device: string;
  bench: Bench;
  /** What the next transaction does: nothing special, fails as a full disk does, or fails once as a defect does. */
  fault: 'none' | 'disk' | 'once';
  restart(): Promise<void>;
}

interface Model {
  readonly oracle: Oracle;
  /** All that was ever sent, to be sent again. */
  readonly sent: Batch[];
}

function recordOf(epoch: string, { seq, kind, origin, lost }: Item): Record<string, unknown> {
  const more = origin ? { origin } : {};
  if (kind === 'bad') return { seq, kind: 'poem' };
  if (kind === 'loss' && lost) return { ...lossRecord(seq, { epoch, ...lost }), ...more };
  return eventRecord(seq, more);
}

const payloadOf = ({ epoch, from, to, base, items }: Batch) =>
  encode({ epoch, from, to, base, records: items.map((item) => recordOf(epoch, item)) });

/** Sends the batches at once, so that they share a transaction. */
async function send(real: Real, group: readonly Batch[]): Promise<void> {
  for (const batch of group) real.bench.ingest.offer(real.device, 'records', payloadOf(batch));
  await real.bench.ingest.drained();
}

/** What the hub acknowledges and holds is what the oracle says. */
class Send implements fc.AsyncCommand<Model, Real> {
  readonly #batches: readonly Batch[];
  readonly #again: readonly number[];
  readonly #fault: Real['fault'];
  readonly #restarts: boolean;

  /** @param again which of those that were sent before go with it, counted from the newest */
  constructor(batches: readonly Batch[], again: readonly number[], fault: Real['fault'], restarts: boolean) {
    this.#batches = batches;
    this.#again = again;
    this.#fault = fault;
    this.#restarts = restarts;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    const repeated = this.#again.flatMap((back) => model.sent.at(-1 - back) ?? []);
    const group = [...this.#batches, ...repeated];
    model.sent.push(...this.#batches);
    // A message that fails alone is quarantined, which is another story.
    real.fault = this.#fault === 'once' && group.length < 2 ? 'none' : this.#fault;
    const before = real.bench.acks.length;
    await send(real, group);
    const acks = real.bench.acks.slice(before).map(({ epoch, upTo, ranges, refused = [] }) => ({
      epoch,
      upTo,
      ranges,
      refused: refused.map(({ from, to }) => ({ from, to })),
    }));
    if (this.#restarts) await real.restart();
    if (this.#fault === 'disk') expect(acks).toEqual([]);
    else expect(acks).toEqual(model.oracle.take(group));
    real.fault = 'none';
    await compare(model, real);
  }

  toString(): string {
    const batches = this.#batches.map((b) => JSON.stringify(b)).join(' ');
    return `send(${batches}; again ${this.#again}; fault ${this.#fault}${this.#restarts ? '; restart' : ''})`;
  }
}

async function compare({ oracle }: Model, real: Real): Promise<void> {
  const { store, folder } = real.bench;
  const file = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'FULL', readonly: true });
  const select = `SELECT epoch, seq, backfill FROM events WHERE device = :device
    UNION ALL SELECT epoch, seq, backfill FROM problems WHERE device = :device ORDER BY epoch, seq`;
  const rows = file.prepare(select).all({ device: real.device }) as { epoch: string; seq: number; backfill: number }[];
  const refused = await store.quarantine.list({ device: real.device, limit: 500 });
  file.close();
  const numbers = (ranges: readonly { from: number; to: number }[]) =>
    ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
  const ledgers = [];
  for (const one of await store.sequences.list(real.device))
    ledgers.push({ ...one, above: (await store.sequences.highest(real.device, one.epoch, 2000)).above });
  const held = ledgers.map(({ epoch, upTo, records, gaps, above }) => {
    const stored = rows.filter((row) => row.epoch === epoch);
    expect(records, `records of ${epoch}`).toBe(stored.length);
    const settled = numbers([...(upTo > 0 ? [{ from: 1, to: upTo }] : []), ...above]);
    // In normal form: what touches has become one.
    expect(rangesOf(settled)).toEqual([...(upTo > 0 ? [{ from: 1, to: upTo }] : []), ...above]);
    return {
      epoch,
      settled,
      stored: stored.map((row) => [row.seq, row.backfill === 1]),
      gaps: gaps.flatMap(({ from, to, reason }) => numbers([{ from, to }]).map((n) => [n, reason])),
      refused: refused
        .filter((entry) => entry.epoch === epoch)
        .map((entry) => entry.from)
        .toSorted((a = 0, b = 0) => a - b),
    };
  });
  expect(held.toSorted((a, b) => (a.epoch < b.epoch ? -1 : 1))).toEqual(oracle.holdings());
}

const item = (seq: number, epoch: string): fc.Arbitrary<Item> => {
  const origin = fc.uniqueArray(
    fc.record({
      epoch: fc.constantFrom(...EPOCHS.filter((other) => other !== epoch)),
      seq: fc.integer({ min: 1, max: 30 }),
    }),
    { minLength: 1, maxLength: 2, selector: (o) => `${o.epoch} ${o.seq}` },
  );
  const lost = fc
    .record({ from: fc.nat(30), length: fc.nat(6), reason: fc.constantFrom('quota', 'damage') })
    .map(({ from, length, reason }) => ({ from, to: from + length, reason }));
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant<Item>({ seq, kind: 'event' }) },
    { weight: 1, arbitrary: fc.constant<Item>({ seq, kind: 'bad' }) },
    { weight: 2, arbitrary: origin.map((names): Item => ({ seq, kind: 'event', origin: names })) },
    { weight: 2, arbitrary: lost.map((range): Item => ({ seq, kind: 'loss', lost: range })) },
  );
};

const batch: fc.Arbitrary<Batch> = fc
  .record({
    epoch: fc.constantFrom(...EPOCHS),
    from: fc.integer({ min: 1, max: 24 }),
    length: fc.integer({ min: 1, max: 6 }),
    back: fc.integer({ min: -8, max: 24 }),
  })
  .chain(({ epoch, from, length, back }) => {
    const all = Array.from({ length }, (_, i) => from + i);
    return fc
      .subarray(all)
      .chain((seqs) => fc.tuple(...seqs.map((seq) => item(seq, epoch))))
      .map((items) => {
        // No two records of a batch were the same before: an outbox carries each over once.
        const names = new Set<string>();
        const once = items.filter(({ origin = [] }) => {
          const keys = origin.map((o) => `${o.epoch} ${o.seq}`);
          const isNew = keys.every((key) => !names.has(key));
          for (const key of keys) names.add(key);
          return isNew;
        });
        return { epoch, from, to: from + length - 1, base: Math.max(1, from - back), items: once };
      });
  });

const step = fc
  .record({
    batches: fc.array(batch, { minLength: 1, maxLength: 3 }),
    again: fc.array(fc.nat(6), { maxLength: 2 }),
    fault: fc.oneof(
      { weight: 6, arbitrary: fc.constant('none' as const) },
      { weight: 1, arbitrary: fc.constantFrom('disk' as const, 'once' as const) },
    ),
    restarts: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  })
  .map(({ batches, again, fault, restarts }) => new Send(batches, again, fault, restarts));

test('whatever devices send and the hub goes through: each record once, gaps exact', async () => {
  const folder = tempFolder();
  const state = { fault: 'none' as Real['fault'] };
  const faulty = (store: HubStore): HubStore => ({
    ...store,
    transact: (work) =>
      store.transact(async (tx) => {
        const result = await work(tx);
        if (state.fault === 'disk') throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_WRITE' });
        if (state.fault === 'once') {
          state.fault = 'none';
          throw new TypeError('a defect that one message causes');
        }
        return result;
      }),
  });
  let current = await bench(folder, faulty);
  onTestFinished(() => current.store.close());
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.commands([step], { maxCommands: 16, size: 'max' }), async (commands) => {
      const device = `cam-${run++}`;
      await current.store.devices.add(device, 'x', 0);
      const real: Real = {
        device,
        get bench() {
          return current;
        },
        get fault() {
          return state.fault;
        },
        set fault(value) {
          state.fault = value;
        },
        async restart() {
          await current.ingest.stop();
          await current.store.close();
          current = await bench(folder, faulty);
        },
      };
      await fc.asyncModelRun(() => ({ model: { oracle: new Oracle(), sent: [] }, real }), commands);
    }),
    { numRuns: 30 },
  );
});
