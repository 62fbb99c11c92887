import { statSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RecordKind } from '../../../../shared/contract/messages/record.ts';
import { tempFolder } from '../../../support/temp.ts';
import { body, type Held, heldBy, open, send, unsynced } from '../fixture.ts';

const QUOTA = 4 * 1024 * 1024;
const kinds: readonly RecordKind[] = ['summary', 'reading', 'error', 'event'];

function sizeOnDisk(folder: string): number {
  const size = (name: string) => statSync(path.join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  return size('outbox.db') + size('outbox.db-wal');
}

interface LossHeld extends Held {
  from: number;
  to: number;
  lost: number;
  reason: string;
}

/** Checks the ledger: every number that is neither held nor settled is covered by a loss, and the counts add up. */
function checkLedger(held: readonly Held[], settledUpTo: number, lastSeq: number): number {
  const there = new Set(held.map((r) => r.seq));
  const missing: number[] = [];
  for (let seq = settledUpTo + 1; seq <= lastSeq; seq++) if (!there.has(seq)) missing.push(seq);
  const losses = held.filter((r): r is LossHeld => r.kind === 'loss');
  expect(losses.reduce((sum, l) => sum + l.lost, 0)).toBe(missing.length);
  for (const seq of missing) expect(losses.some((l) => l.from <= seq && seq <= l.to)).toBe(true);
  for (const loss of losses) {
    expect(there.has(loss.from) || there.has(loss.to)).toBe(false);
    expect(loss.reason).toBe('quota');
  }
  return missing.length;
}

describe('quota', () => {
  test('file and WAL stay below it, the least valuable and oldest go first, and every loss is in the ledger', async () => {
    const folder = tempFolder();
    const outbox = open(folder, { quotaBytes: QUOTA, open: unsynced });
    let mark = 0;
    for (let round = 0; round < 60; round++) {
      await outbox.append(Array.from({ length: 100 }, () => body(mark, kinds[mark++ % 4], 1500)));
      expect(outbox.state().bytesOnDisk).toBeLessThanOrEqual(QUOTA);
      expect(sizeOnDisk(folder)).toBeLessThanOrEqual(QUOTA * 1.1);
    }
    const held = heldBy(outbox);
    const lost = checkLedger(held, 0, outbox.lastSeq);
    expect(lost).toBe(outbox.state().givenUp);
    // 9 MB came; the events alone are 2.4 MB and fit, so all of them are there, and the errors that are left are the newest.
    expect(held.filter((r) => r.kind === 'event')).toHaveLength(mark / 4);
    expect(held.some((r) => r.kind === 'summary' || r.kind === 'reading')).toBe(
      held.filter((r) => r.kind === 'error').length === mark / 4,
    );
    expect(held.filter((r) => r.kind === 'loss').length).toBeLessThanOrEqual(8);
    outbox.close();
    const again = open(folder, { quotaBytes: QUOTA, open: unsynced });
    expect(again.state()).toMatchObject({ waiting: held.length, givenUp: lost });
    again.close();
  });

  test('events go too when nothing else is left, the oldest first; loss records stay', async () => {
    const outbox = open(tempFolder(), { quotaBytes: QUOTA, open: unsynced });
    for (let i = 0; i < 120; i++) await outbox.append(body(i, 'event', 100_000));
    const held = heldBy(outbox);
    checkLedger(held, 0, outbox.lastSeq);
    const events = held.filter((r) => r.kind === 'event').map((r) => r.mark);
    expect(events.length).toBeGreaterThan(10);
    expect(events).toEqual(Array.from({ length: events.length }, (_, i) => 120 - events.length + i));
    outbox.close();
  });

  test('periodic records are thinned evenly in time', async () => {
    const outbox = open(tempFolder(), { quotaBytes: QUOTA, open: unsynced });
    const total = 60_000;
    for (let mark = 0; mark < total; mark += 100)
      await outbox.append(Array.from({ length: 100 }, (_, i) => body(mark + i, i % 10 === 0 ? 'event' : 'health', 60)));
    const held = heldBy(outbox);
    checkLedger(held, 0, outbox.lastSeq);
    expect(held.filter((r) => r.kind === 'event')).toHaveLength(total / 10);
    const kept = held.filter((r) => r.kind === 'health');
    const parts = Array.from(
      { length: 12 },
      (_, i) => kept.filter((r) => Math.floor((r.mark * 12) / total) === i).length,
    );
    // Blocks go one by one, so while a sweep is under way what it has not reached is twice as dense.
    expect(Math.max(...parts)).toBeLessThan(Math.min(...parts) * 3.5);
    expect(kept.length).toBeGreaterThan(2000);
    outbox.close();
  });

  test('what is on its way goes last, after a restart too, until it is acknowledged', async () => {
    const folder = tempFolder();
    let outbox = open(folder, { quotaBytes: QUOTA, open: unsynced });
    const fill = async (kind: RecordKind) => {
      for (let i = 0; i < 60; i++) await outbox.append(body(i, kind, 100_000));
    };
    await outbox.append(Array.from({ length: 4 }, (_, i) => body(i, i < 2 ? 'health' : 'event', 50_000)));
    expect(send(outbox, 1, 4)).toEqual([1, 2, 3, 4]);
    await fill('event');
    outbox.close();
    outbox = open(folder, { quotaBytes: QUOTA, open: unsynced });
    await fill('event');
    const first = () =>
      heldBy(outbox)
        .map((r) => r.seq)
        .slice(0, 4);
    expect(first()).toEqual([1, 2, 3, 4]);
    checkLedger(heldBy(outbox), 0, outbox.lastSeq);
    outbox.ack({ epoch: outbox.epoch, upTo: 4 });
    await outbox.append(body(0, 'event'));
    expect(first()[0]).toBeGreaterThan(4);
    outbox.close();
  });

  test('a loss record that was leased never changes: later losses get new ones', async () => {
    const outbox = open(tempFolder(), { quotaBytes: QUOTA, open: unsynced });
    const fill = async () => {
      for (let i = 0; i < 60; i++) await outbox.append(body(i, 'event', 100_000));
    };
    await fill();
    const before = new Map(outbox.lease(10_000, 1e9).map((r) => [r.seq, r.json]));
    await fill();
    for (const { seq, json } of outbox.lease(10_000, 1e9)) expect(before.get(seq) ?? json).toBe(json);
    checkLedger(heldBy(outbox), 0, outbox.lastSeq);
    outbox.close();
  });

  test('a smaller quota takes effect at the next start', async () => {
    const folder = tempFolder();
    const large = open(folder, { open: unsynced });
    for (let i = 0; i < 100; i++) await large.append(body(i, 'event', 100_000));
    expect(large.state().bytesOnDisk).toBeGreaterThan(2 * QUOTA);
    large.close();
    const small = open(folder, { quotaBytes: QUOTA, open: unsynced });
    expect(small.state().bytesOnDisk).toBeLessThanOrEqual(QUOTA);
    checkLedger(heldBy(small), 0, small.lastSeq);
    small.close();
    expect(sizeOnDisk(folder)).toBeLessThanOrEqual(QUOTA);
  });

  test('the file shrinks again when the backlog is gone', async () => {
    const folder = tempFolder();
    const outbox = open(folder);
    for (let i = 0; i < 200; i++) await outbox.append(body(i, 'event', 100_000));
    for (let upTo = 1; upTo <= 200; upTo++) outbox.ack({ epoch: outbox.epoch, upTo });
    expect(outbox.state().bytesOnDisk).toBeLessThan(8 * 1024 * 1024);
    outbox.close();
  });

  test('with any mix of kinds, sizes, acknowledgements and restarts the ledger is exact', async () => {
    const step = fc.record({
      kind: fc.constantFrom(...kinds),
      padding: fc.integer({ min: 100, max: 60_000 }),
      many: fc.integer({ min: 1, max: 60 }),
      after: fc.constantFrom('nothing', 'ack', 'reopen', 'lease', 'send'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), async (steps) => {
        const folder = tempFolder();
        let outbox = open(folder, { quotaBytes: QUOTA, open: unsynced });
        const lossesSeen = new Map<number, number>();
        let missing = 0;
        let settled = 0;
        const look = () => {
          const held = heldBy(outbox);
          for (const r of held) if (r.kind === 'loss') lossesSeen.set(r.seq, Number(r.lost));
          return held;
        };
        for (const s of steps) {
          await outbox.append(Array.from({ length: s.many }, (_, i) => body(i, s.kind, s.padding)));
          if (s.after === 'lease') look();
          if (s.after === 'send') send(outbox, settled + 1, Math.floor((settled + outbox.lastSeq) / 2) + 1);
          if (s.after === 'reopen') {
            outbox.close();
            outbox = open(folder, { quotaBytes: QUOTA, open: unsynced });
          }
          if (s.after === 'ack') {
            const held = look();
            const there = new Set(held.map((r) => r.seq));
            const upTo = Math.floor((settled + outbox.lastSeq) / 2);
            for (let seq = settled + 1; seq <= upTo; seq++) if (!there.has(seq)) missing++;
            outbox.ack({ epoch: outbox.epoch, upTo });
            settled = upTo;
          }
        }
        const there = new Set(look().map((r) => r.seq));
        for (let seq = settled + 1; seq <= outbox.lastSeq; seq++) if (!there.has(seq)) missing++;
        expect([...lossesSeen.values()].reduce((a, b) => a + b, 0)).toBe(missing);
        expect(outbox.state()).toMatchObject({ givenUp: missing, waiting: there.size });
        expect(outbox.state().bytesOnDisk).toBeLessThanOrEqual(QUOTA);
        outbox.close();
      }),
      { numRuns: 12, endOnFailure: true },
    );
  });
});
