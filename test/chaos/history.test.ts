/** The checker must see what it is there for: each fault is planted into a clean history. */
import { describe, expect, test } from 'vitest';
import { type Committed, check, type History, type ReportedLoss, type Stored } from './history.ts';

const committed = (seq: number, epoch = 'a', content = `c${seq}`): Committed => ({
  epoch,
  seq,
  content,
  kind: 'event',
});
const stored = (seq: number, more: Partial<Stored> = {}): Stored => ({
  epoch: 'a',
  seq,
  content: `c${seq}`,
  table: 'events',
  stream: 's',
  backfill: false,
  id: seq,
  ...more,
});
const loss = (from: number, to: number, more: Partial<ReportedLoss> = {}): ReportedLoss => ({
  epoch: 'a',
  from,
  to,
  lost: to - from + 1,
  reason: 'quota',
  ...more,
});
const numbers = (to: number) => Array.from({ length: to }, (_, i) => i + 1);
const history = (more: Partial<History>): History => ({
  committed: numbers(9).map((n) => committed(n)),
  stored: numbers(9).map((n) => stored(n)),
  losses: [],
  ledgers: [],
  ...more,
});
const without = (...gone: number[]) =>
  numbers(9)
    .filter((n) => !gone.includes(n))
    .map((n) => stored(n));
const faults = (given: Partial<History>) => {
  const { lost, doubled, foreign, outOfOrder, unexplained } = check(history(given));
  return { lost, doubled, foreign, outOfOrder, unexplained };
};
const none = { lost: [], doubled: [], foreign: [], outOfOrder: [], unexplained: [] };

describe('the history checker', () => {
  test('has nothing to say about a clean history', () => {
    expect(check(history({}))).toEqual({ ...none, committed: 9, stored: 9, givenUp: 0 });
  });

  test('finds what is lost', () => {
    expect(faults({ stored: without(4) })).toMatchObject({ lost: ['a:4'] });
    expect(faults({ stored: [] }).lost).toHaveLength(9);
  });

  test('takes what loss records account for', () => {
    const ledgers = [{ epoch: 'a', gaps: [{ from: 4, to: 5 }] }];
    expect(check(history({ stored: without(4, 5), losses: [loss(4, 5)], ledgers }))).toMatchObject({
      ...none,
      givenUp: 2,
    });
  });

  test('a loss record of another epoch, of other numbers, or of too few, accounts for nothing', () => {
    const ledgers = [{ epoch: 'a', gaps: [{ from: 4, to: 5 }] }];
    const given = { stored: without(4, 5), ledgers };
    for (const reported of [loss(4, 5, { epoch: 'b' }), loss(6, 7)]) {
      expect(faults({ ...given, losses: [reported] })).toMatchObject({ lost: ['a:4', 'a:5'] });
      expect(faults({ ...given, losses: [reported] }).unexplained.length).toBeGreaterThan(0);
    }
    expect(faults({ ...given, losses: [loss(4, 5, { lost: 1 })] }).unexplained).toEqual([
      'a: 2 missing, its loss records count 1',
    ]);
  });

  test('a gap in the ledger without a loss record is unexplained, also when the record is there', () => {
    expect(faults({ ledgers: [{ epoch: 'a', gaps: [{ from: 4, to: 4 }] }] }).unexplained).toEqual(['a:4']);
  });

  test('finds doubles, under the same epoch and under another', () => {
    expect(faults({ stored: [...without(), stored(9, { id: 10 })] }).doubled).toEqual(['a:9 = a:9']);
    const moved = { stored: [...without(), stored(1, { epoch: 'b', content: 'c9', id: 10 })] };
    expect(faults({ ...moved, committed: [...history({}).committed, committed(1, 'b', 'c9')] }).doubled).toEqual([
      'a:9 = b:1',
    ]);
  });

  test('a record that a damaged file moved to a new epoch has to be there once', () => {
    const both = [...history({}).committed, committed(1, 'b', 'c9')];
    expect(
      faults({ committed: both, stored: [...without(9), stored(1, { epoch: 'b', content: 'c9', id: 10 })] }),
    ).toEqual(none);
    expect(faults({ committed: both, stored: without(9) }).lost).toEqual(['b:1']);
  });

  test('finds what nobody committed, and what came out of order', () => {
    expect(faults({ stored: [...without(), stored(10)] }).foreign).toEqual(['a:10']);
    const swapped = without().map((r) => ({ ...r, id: r.seq === 4 ? 5 : r.seq === 5 ? 4 : r.id }));
    expect(faults({ stored: swapped }).outOfOrder).toEqual(['a:4 came after a:5']);
    const flagged = swapped.map((r) => ({ ...r, backfill: r.seq === 4 }));
    expect(faults({ stored: flagged }).outOfOrder).toEqual([]);
  });
});
