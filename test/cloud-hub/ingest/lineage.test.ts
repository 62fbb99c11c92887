import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { descentOf, inherited } from '../../../cloud-hub/ingest/lineage.ts';
import { MAX_STARTS, type Start } from '../../../shared/contract/messages/batch.ts';
import { eventRecord } from '../support.ts';
import { bench } from './bench.ts';

const at = (id: string, from: number) => ({ id, from });

describe('a sender and the line that is here', () => {
  const line = [at('a', 1), at('b', 101)];

  test.each([
    ['the start that sent before', [at('a', 1), at('b', 101)], 150, line],
    ['a restart', [at('b', 101), at('c', 151)], 150, [...line, at('c', 151)]],
    ['a restart whose earlier starts hold nothing any more', [at('c', 151)], 150, [...line, at('c', 151)]],
    ['one that says nothing', [], 150, line],
    ['the first of all', [at('a', 1)], 0, [at('a', 1)], [] as readonly Start[]],
    // Nothing was taken of `b`: its outbox may be gone.
    ['a copy from before a start of which nothing is here', [at('a', 1), at('x', 90)], 80, [at('a', 1), at('x', 90)]],
  ] as const)('continues: %s', (_what, starts, highest, after, before: readonly Start[] = line) => {
    expect(descentOf(before, starts, highest)).toEqual({ kind: 'continues', line: after });
  });

  test.each([
    ['put back, then started: the hub has more than the copy had', [at('a', 1), at('x', 81)], 150, 81],
    ['put back and started twice before the first contact', [at('a', 1), at('x', 81), at('y', 200)], 150, 81],
    ['the first box, after a clone has gone on', [at('a', 1)], 150, 101],
    ['a copy of the newest start', [at('b', 101), at('x', 140)], 150, 140],
    ['nothing in common, and numbers that are settled', [at('x', 120)], 150, 120],
  ] as const)('forks: %s', (_what, starts, highest, from) => {
    expect(descentOf(line, starts, highest)).toEqual({ kind: 'forked', at: from });
  });

  test('a line has a bound', () => {
    const long = Array.from({ length: MAX_STARTS }, (_, i) => at(`s${i}`, i + 1));
    const { kind, ...more } = descentOf(long, [...long.slice(-1), at('new', 900)], 800);
    expect({ kind, ...more }).toEqual({ kind: 'continues', line: [...long.slice(1), at('new', 900)] });
  });

  test('whoever sent last may go on, and a fork is never below the common numbers', () => {
    const rising = fc.array(fc.nat(50), { minLength: 1, maxLength: 6 }).map((steps) => {
      let from = 1;
      return steps.map((by, i) => {
        from += by;
        return at(`s${i}`, from);
      });
    });
    fc.assert(
      fc.property(rising, fc.nat(400), fc.nat(5), fc.integer({ min: 1, max: 400 }), (starts, highest, shared, own) => {
        const tip = descentOf([], starts, 0);
        expect(tip.kind).toBe('continues');
        if (tip.kind === 'continues') expect(descentOf(tip.line, starts, highest)).toEqual(tip);
        const common = starts.slice(0, 1 + (shared % starts.length));
        const other = [...common, at('other', (common.at(-1)?.from ?? 1) + own)];
        const outcome = descentOf(starts, other, highest);
        if (outcome.kind === 'forked') {
          expect(outcome.at).toBeLessThanOrEqual(highest);
          expect(outcome.at).toBeGreaterThanOrEqual(common.at(-1)?.from ?? 1);
        }
      }),
    );
  });
});

test('a new epoch inherits what is settled; a gap that the sender may fill stays open', async () => {
  const ledger = { upTo: 40, above: [{ from: 61, to: 90 }] };
  const gaps = [
    { from: 10, to: 12, reason: 'x' },
    { from: 30, to: 35, reason: 'x' },
  ];
  const read = async () => ({ ledger, gaps });
  expect(await inherited([{ epoch: 'e1', below: 81 }], read, 32)).toEqual({
    upTo: 31,
    above: [
      { from: 36, to: 40 },
      { from: 61, to: 80 },
    ],
  });
  expect(await inherited([{ epoch: 'e1', below: 1 }], read, 1)).toEqual({ upTo: 0, above: [] });
});

describe('ingest', () => {
  const records = (...seqs: number[]) => seqs.map((seq) => eventRecord(seq));

  test('takes nothing of another copy, and says where it parts', async () => {
    const { batch, store, warned } = await bench();
    expect(await batch(records(1, 2, 3), { starts: [at('a', 1)] })).toEqual({
      epoch: 'e1',
      upTo: 3,
      ranges: [],
      start: 'a',
    });
    const other = { starts: [at('a', 1), at('x', 3)] };
    expect(await batch(records(3, 4), other)).toEqual({ epoch: 'e1', upTo: 3, ranges: [], start: 'x', forkedAt: 3 });
    expect(await store.sequences.list('cam')).toEqual([{ epoch: 'e1', upTo: 3, records: 3, gaps: [] }]);
    expect(warned).toEqual([expect.objectContaining({ device: 'cam', epoch: 'e1', at: 3 })]);

    // Under a new epoch everything of the copy comes in, what both had once, and without a gap.
    const renamed = { epoch: 'e2', starts: [at('y', 1)], earlier: [{ epoch: 'e1', below: 3 }], base: 2 };
    expect(await batch(records(2, 3, 4), renamed)).toEqual({ epoch: 'e2', upTo: 4, ranges: [], start: 'y' });
    expect(await store.sequences.list('cam')).toEqual(
      expect.arrayContaining([
        { epoch: 'e1', upTo: 3, records: 3, gaps: [] },
        { epoch: 'e2', upTo: 4, records: 2, gaps: [] },
      ]),
    );
  });

  test('a long batch of another copy is answered too, though it is taken in parts', async () => {
    const { batch, store } = await bench();
    await batch(records(1, 2, 3), { starts: [at('a', 1)] });
    const long = records(...Array.from({ length: 900 }, (_, i) => i + 3));
    expect(await batch(long, { starts: [at('a', 1), at('x', 3)] })).toMatchObject({ epoch: 'e1', forkedAt: 3 });
    expect(await store.sequences.list('cam')).toMatchObject([{ upTo: 3, records: 3 }]);
  });

  test('what a copy sends under a new epoch is not taken again under the old one', async () => {
    const { batch, store } = await bench();
    // Both hold 1 to 4; 5 is sent first, as the live lane does.
    await batch(records(5), { starts: [at('a', 1)] });
    const renamed = { epoch: 'e2', starts: [at('y', 1)], earlier: [{ epoch: 'e1', below: 5 }] };
    await batch(records(1, 2), renamed);
    expect(await batch(records(1, 2, 3, 4), { starts: [at('a', 1)] })).toMatchObject({ upTo: 5 });
    await batch(records(3, 4, 5), renamed);
    expect((await store.sequences.list('cam')).map(({ epoch, records }) => [epoch, records]).sort()).toEqual([
      ['e1', 3],
      ['e2', 3],
    ]);
  });
});
