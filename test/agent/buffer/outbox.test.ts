import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readEpochNote } from '../../../agent/buffer/file/epoch-note.ts';
import { openOutbox } from '../../../agent/buffer/outbox.ts';
import type { RecordBody } from '../../../shared/contract/messages/record.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { afterKill, body, heldBy, open, send, silent, spoilState, stamp, stateIn } from './fixture.ts';

type Step =
  | { kind: 'append'; many: number }
  | { kind: 'ack'; share: number; refuse: number }
  | { kind: 'lease'; limit: number; bytes: number; after: number }
  | { kind: 'ranges'; upTo: number; from: number; to: number }
  | { kind: 'stale' }
  | { kind: 'reopen' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('append' as const), many: fc.integer({ min: 1, max: 40 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('ack' as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      refuse: fc.integer({ min: 0, max: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('lease' as const),
      limit: fc.integer({ min: 1, max: 30 }),
      bytes: fc.integer({ min: 1, max: 5000 }),
      after: fc.integer({ min: 0, max: 60 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }))
      .map((cuts) => cuts.toSorted((a, b) => a - b))
      .map(([from = 0, to = 0]) => ({ kind: 'ranges' as const, upTo: from / 2, from, to })),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'stale' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
);

describe('outbox', () => {
  test('every record is exactly once either held or settled, in order, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const folder = tempFolder();
        let outbox = open(folder);
        const { epoch } = outbox;
        let model: { seq: number; mark: number }[] = [];
        let given = 0;
        let refused = 0;
        for (const s of steps) {
          if (s.kind === 'append') {
            const bodies = Array.from({ length: s.many }, (_, i) => body(given + i));
            expect(await outbox.append(bodies)).toBe('committed');
            for (const b of bodies) model.push({ seq: ++given, mark: Number(b.mark) });
          } else if (s.kind === 'ack') {
            const upTo = Math.floor(given * s.share);
            const range = { from: Math.max(1, upTo - s.refuse + 1), to: upTo, reason: 'bad' };
            const inRange = (r: { seq: number }) => s.refuse > 0 && r.seq >= range.from && r.seq <= range.to;
            refused += model.filter(inRange).length;
            expect(outbox.ack({ epoch, upTo, ...(s.refuse > 0 && upTo > 0 ? { refused: [range] } : {}) })).toBe(
              'settled',
            );
            model = model.filter((r) => r.seq > upTo);
          } else if (s.kind === 'ranges') {
            const upTo = Math.floor(given * s.upTo);
            const range = { from: Math.max(upTo + 2, Math.ceil(given * s.from)), to: Math.floor(given * s.to) };
            const ranges = range.from <= range.to ? [range] : [];
            expect(outbox.ack({ epoch, upTo, ranges })).toBe('settled');
            model = model.filter((r) => r.seq > upTo && !ranges.some(({ from, to }) => r.seq >= from && r.seq <= to));
          } else if (s.kind === 'lease') {
            const leased = outbox.lease(s.limit, s.bytes, s.after);
            const expected = model.filter((r) => r.seq > s.after);
            expect(leased.map((r) => r.seq)).toEqual(expected.slice(0, leased.length).map((r) => r.seq));
            expect(leased.length).toBeGreaterThanOrEqual(Math.min(1, expected.length));
            if (leased.length > 1) expect(leased.reduce((sum, r) => sum + r.bytes, 0)).toBeLessThanOrEqual(s.bytes);
          } else if (s.kind === 'stale') {
            expect(outbox.ack({ epoch: 'another', upTo: given })).toBe('stale');
          } else {
            outbox.close();
            outbox = open(folder);
          }
          expect(heldBy(outbox).map(({ seq, mark }) => ({ seq, mark }))).toEqual(model);
          const bytes = outbox.lease(10_000, 1e9).reduce((sum, r) => sum + Buffer.byteLength(r.json), 0);
          expect(outbox.state()).toMatchObject({
            epoch,
            waiting: model.length,
            bytes,
            lastSeq: given,
            refused,
            givenUp: 0,
          });
          expect(outbox.base()).toBe(model[0]?.seq ?? given + 1);
        }
        outbox.close();
      }),
      { numRuns: 25 },
    );
  });

  test('a number is never used twice, also when everything was acknowledged before a restart', async () => {
    const folder = tempFolder();
    const first = open(folder);
    await first.append([body(1), body(2)]);
    first.ack({ epoch: first.epoch, upTo: 2 });
    first.close();
    const second = open(folder);
    expect(second.epoch).toBe(first.epoch);
    await second.append(body(3));
    expect(heldBy(second).map((r) => r.seq)).toEqual([3]);
    second.close();
  });

  test('appends that come together share a commit, within the grouping delay', async () => {
    const clock = new ManualClock();
    const outbox = open(tempFolder(), { clock, groupMs: 20 });
    await outbox.append(body(0));
    const grouped = Promise.all([outbox.append(body(1)), outbox.append(body(2))]);
    await clock.advance(19);
    expect(outbox.lastSeq).toBe(1);
    await clock.advance(1);
    expect(await grouped).toEqual(['committed', 'committed']);
    expect(heldBy(outbox).map((r) => r.mark)).toEqual([0, 1, 2]);
    outbox.close();
  });

  test('closing commits what still waits for its group', async () => {
    const folder = tempFolder();
    const outbox = open(folder, { groupMs: 20 });
    await outbox.append(body(0));
    const last = outbox.append(body(1));
    outbox.close();
    expect(await last).toBe('committed');
    expect(await outbox.append(body(2))).toBe('given-up');
    const again = open(folder);
    expect(heldBy(again).map((r) => r.mark)).toEqual([0, 1]);
    again.close();
  });

  test('what is not JSON or could never be sent is counted as lost, and the rest is kept', async () => {
    const outbox = open(tempFolder());
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const bodies: RecordBody[] = [body(1), { ...body(2), cycle }, body(3, 'event', 5_000_000), body(4)];
    expect(await outbox.append(bodies)).toBe('given-up');
    const held = heldBy(outbox);
    expect(held.filter((r) => r.kind === 'event').map((r) => r.mark)).toEqual([1, 4]);
    expect(held.filter((r) => r.kind === 'loss')).toMatchObject([{ from: 0, to: 0, lost: 2, reason: 'unfit' }]);
    outbox.close();
  });

  test('an acknowledgement of numbers never given means an old copy of the file: a new epoch, nothing lost', async () => {
    const folder = tempFolder();
    const outbox = open(folder);
    await outbox.append([body(1), body(2)]);
    const { epoch } = outbox;
    expect(send(outbox, 1, 2)).toEqual([1, 2]);
    await outbox.append([]);
    expect(outbox.ack({ epoch, upTo: 3 })).toBe('forked');
    expect(outbox.epoch).not.toBe(epoch);
    // Nothing of the new epoch was ever sent; damage from now on names the records by it.
    expect(stateIn(afterKill(folder))).toMatchObject({ epoch: outbox.epoch, nextSeq: 3, inDoubt: [] });
    expect(readEpochNote(path.join(folder, 'outbox.db'))).toBe(outbox.epoch);
    expect(heldBy(outbox).map((r) => r.mark)).toEqual([1, 2]);
    expect(outbox.ack({ epoch, upTo: 2 })).toBe('stale');
    const next = outbox.epoch;
    expect(outbox.ack({ epoch: next, upTo: 0, ranges: [{ from: 2, to: 3 }] })).toBe('forked');
    expect(outbox.epoch).not.toBe(next);
    outbox.close();
  });

  test('the hub has records of another copy: a new epoch, and the numbers below keep their names', async () => {
    const folder = tempFolder();
    const before = open(folder);
    await before.append([body(1), body(2)]);
    before.close();
    const outbox = open(folder);
    await outbox.append([body(3), body(4)]);
    const { epoch } = outbox;
    const take = () => outbox.take({ epoch: outbox.epoch, after: 0, upTo: 9, limit: 9, maxBytes: 1e6 });
    const starts = take()?.starts ?? [];
    expect(starts).toEqual([
      { id: expect.stringMatching(/^[0-9a-f]{16}$/), from: 1 },
      { id: expect.stringMatching(/^[0-9a-f]{16}$/), from: 3 },
    ]);
    const [first, second] = starts.map(({ id }) => id);
    // Said to the start before, or to the other copy: neither may delete anything here.
    expect(outbox.ack({ epoch, upTo: 4, start: first ?? '' })).toBe('stale');
    expect(outbox.ack({ epoch, upTo: 0, start: 'another', forkedAt: 3 })).toBe('stale');
    expect(outbox.ack({ epoch, upTo: 9, start: second ?? '', forkedAt: 3 })).toBe('forked');
    expect(take()).toMatchObject({
      base: 1,
      starts: [{ from: 1 }],
      earlier: [{ epoch, below: 3 }],
      leased: [{ seq: 1 }, { seq: 2 }, { seq: 3 }, { seq: 4 }],
    });
    const renamed = outbox.epoch;
    outbox.close();
    // Damage from now on carries both names over.
    spoilState(folder, ['meta']);
    const saved = open(folder);
    expect(heldBy(saved).map(({ origin, mark }) => [mark, origin])).toMatchObject([
      [
        1,
        [
          { epoch, seq: 1 },
          { epoch: renamed, seq: 1 },
        ],
      ],
      [
        2,
        [
          { epoch, seq: 2 },
          { epoch: renamed, seq: 2 },
        ],
      ],
      [3, [{ epoch: renamed, seq: 3 }]],
      [4, [{ epoch: renamed, seq: 4 }]],
      [undefined, undefined],
    ]);
    saved.close();
  });

  test('refused records are kept for the user, only the newest thousand', async () => {
    const outbox = open(tempFolder());
    await outbox.append(Array.from({ length: 1500 }, (_, i) => body(i)));
    outbox.ack({ epoch: outbox.epoch, upTo: 10, refused: [{ from: 1, to: 1400, reason: 'unknown kind' }] });
    expect(outbox.state()).toMatchObject({ refused: 1400, waiting: 100 });
    expect(outbox.base()).toBe(1401);
    outbox.close();
  });

  test('two agents on one folder: the second is refused with the process that holds it', () => {
    const folder = tempFolder();
    const first = open(folder);
    expect(() => open(folder)).toThrow(`in use by another agent (process ${process.pid})`);
    first.close();
    open(folder).close();
  });

  test('a quota that cannot work is refused', () => {
    expect(() => open(tempFolder(), { quotaBytes: 1000 })).toThrow('at least 4194304');
    expect(() => open(tempFolder(), { quotaBytes: Number.NaN })).toThrow(RangeError);
  });

  test('listeners hear of commits until they leave', async () => {
    const outbox = openOutbox({ folder: tempFolder(), stamp, clock: new ManualClock(), log: silent, groupMs: 0 });
    let commits = 0;
    const leave = outbox.onCommit(() => commits++);
    await outbox.append(body(1));
    leave();
    await outbox.append(body(2));
    expect(commits).toBe(1);
    outbox.close();
  });
});

test('a loss record that was handed out stays as it is until it is settled; what is lost later makes another', async () => {
  const outbox = open(tempFolder(), { quotaBytes: 4 * 1024 * 1024 });
  onTestFinished(() => outbox.close());
  let mark = 0;
  const fill = async (records: number) => {
    for (let i = 0; i < records; i++) await outbox.append(body(mark++, 'event', 100_000));
  };
  const losses = () => heldBy(outbox).filter(({ kind }) => kind === 'loss');
  await fill(60);
  const [first, ...others] = losses();
  expect(first?.lost).toBeGreaterThan(0);
  await fill(20);
  const after = losses();
  expect(after).toEqual(expect.arrayContaining([first, ...others]));
  // Nothing is told twice, and nothing is left out.
  const lost = after.reduce((sum, one) => sum + Number(one.lost), 0);
  expect(lost + heldBy(outbox).filter(({ kind }) => kind === 'event').length).toBe(80);
});
