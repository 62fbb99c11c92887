/** What a sender chooses twice (names over ranges, batches over gaps) costs the sum of both, not their product. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { settleNumbers } from '../../../cloud-hub/ingest/ledger.ts';
import { earlierNames } from '../../../cloud-hub/ingest/origins.ts';
import { MAX_OPEN_RANGES } from '../../../cloud-hub/ingest/steps/dedupe.ts';
import type { SequenceStore } from '../../../cloud-hub/store/sequences.ts';
import type { HubStore } from '../../../cloud-hub/store/store.ts';
import { type Range, rangesOf, union } from '../../../shared/kit/ranges.ts';
import { eventRecord, lossRecord } from '../support.ts';
import { bench } from './bench.ts';

const numbers = (ranges: readonly Range[]) =>
  ranges.flatMap((r) => Array.from({ length: r.to - r.from + 1 }, (_, i) => r.from + i));
const range = fc
  .record({ from: fc.integer({ min: 1, max: 60 }), length: fc.integer({ min: 1, max: 20 }) })
  .map(({ from, length }) => ({ from, to: from + length - 1 }));
const gaps = fc.array(range, { maxLength: 6 }).map((some) => union(some).map((r) => ({ ...r, reason: 'gap' })));

test('any numbers settled alone: they and what was settled before, and no gap holds them any more', () => {
  fc.assert(
    fc.property(
      fc.nat(20),
      fc.array(range),
      gaps,
      fc.uniqueArray(fc.integer({ min: 1, max: 90 })),
      (upTo, above, given, seqs) => {
        const ledger = { upTo, above: union(above).filter((r) => r.from > upTo + 1) };
        const names = rangesOf(seqs.toSorted((a, b) => a - b));
        const after = settleNumbers(ledger, given, names, 1000);
        const settled = new Set([...numbers([{ from: 1, to: upTo }, ...ledger.above]), ...seqs]);
        expect(numbers([{ from: 1, to: after.ledger.upTo }, ...after.ledger.above])).toEqual(
          [...settled].toSorted((a, b) => a - b),
        );
        expect(settled.has(after.ledger.upTo + 1)).toBe(false);
        expect(numbers(after.gaps)).toEqual(numbers(given).filter((n) => !seqs.includes(n)));
      },
    ),
  );
});

test('beyond the bound on open ranges the highest names are left out, and what was settled stays so', () => {
  const at = (...all: number[]) => all.map((n) => ({ from: n, to: n }));
  expect(settleNumbers({ upTo: 0, above: [] }, [], at(1, 3, 5, 7, 9), 3).ledger).toEqual({
    upTo: 1,
    above: at(3, 5, 7),
  });
  const full = { upTo: 0, above: at(20, 30) };
  expect(settleNumbers(full, [], at(5, 40), 0).ledger).toEqual(full);
  expect(settleNumbers(full, [], at(5, 21, 40), 1).ledger).toEqual({
    upTo: 0,
    above: [...at(5), { from: 20, to: 21 }, ...at(30)],
  });
  // What joins two ranges makes room for one.
  const close = { upTo: 0, above: at(20, 22) };
  expect(settleNumbers(close, [], at(5, 21, 40), 0).ledger).toEqual({
    upTo: 0,
    above: [...at(5), { from: 20, to: 22 }],
  });
});

test('names that a sender scatters open no more ranges than batches may, message after message', async () => {
  const b = await bench();
  const count = 300;
  for (let n = 0; n < 3; n++) {
    const events = Array.from({ length: count }, (_, i) => {
      const first = 1 + (n * count + i) * 16;
      const origin = Array.from({ length: 8 }, (_, k) => ({ epoch: 'before', seq: first + 2 * k }));
      return eventRecord(n * count + i + 1, { origin });
    });
    expect(await b.batch(events)).toMatchObject({ upTo: (n + 1) * count });
    expect(await b.store.sequences.openRanges('cam', 'before')).toBeLessThanOrEqual(MAX_OPEN_RANGES);
  }
  expect(await b.store.sequences.openRanges('cam', 'before')).toBe(MAX_OPEN_RANGES);
});

test('earlier names are put together by epoch, of at most 64 epochs', () => {
  const record = (...origin: { epoch: string; seq: number }[]) => ({ seq: 1, record: { ...eventRecord(1), origin } });
  const at = (epoch: string, seq: number) => ({ epoch, seq });
  expect([...earlierNames([record(at('a', 5), at('b', 1)), record(at('a', 4)), record(at('a', 9))], [])]).toEqual([
    [
      'a',
      [
        { from: 4, to: 5 },
        { from: 9, to: 9 },
      ],
    ],
    ['b', [{ from: 1, to: 1 }]],
  ]);
  const many = Array.from({ length: 100 }, (_, i) => record(at(`e${i}`, 1)));
  const names = earlierNames([...many, record(at('e0', 2), at('e99', 2))], []);
  expect(names.size).toBe(64);
  expect(names.get('e0')).toEqual([{ from: 1, to: 2 }]);
  expect(names.has('e64')).toBe(false);
});

test('what a message looks at and changes in the ledger grows with its records, not with old gaps and losses', async () => {
  const GAPS = 3000;
  let rows = 0;
  const counted = (store: HubStore): HubStore => {
    const { sequences } = store;
    const seen = <T extends readonly unknown[]>(found: T): T => {
      rows += found.length;
      return found;
    };
    const watched: SequenceStore = {
      ...sequences,
      gapsIn: async (...about) => seen(await sequences.gapsIn(...about)),
      async read(...about) {
        const ledger = await sequences.read(...about);
        seen(ledger.above);
        return ledger;
      },
      addLoss(...about) {
        rows++;
        return sequences.addLoss(...about);
      },
      replaceGaps(device, epoch, before, after) {
        rows += before.length + after.length;
        return sequences.replaceGaps(device, epoch, before, after);
      },
    };
    return { ...store, sequences: watched };
  };
  const b = await bench(undefined, counted);
  const gaps = Array.from({ length: GAPS }, (_, i) => ({
    from: 2 * i + 1,
    to: 2 * i + 1,
    reason: 'given up by the device',
  }));
  const last = 2 * GAPS;
  await b.store.transact(async (tx) => {
    await tx.sequences.write('cam', 'e1', { upTo: 0, above: [] }, { upTo: last, above: [] }, GAPS, 0);
    await tx.sequences.replaceGaps('cam', 'e1', [], gaps);
  });
  const cost = async (send: () => Promise<unknown>) => {
    rows = 0;
    await send();
    return rows;
  };
  const loss = { epoch: 'e1', from: 1, to: last };
  const costs = [
    // Over all gaps, with and without a record in one of them.
    await cost(() => b.batch([eventRecord(2), eventRecord(7)], { from: 1, to: last })),
    await cost(() => b.batch([], { from: 1, to: last })),
    await cost(() => b.batch([], { from: 1, to: last, records: 'none' })),
    await cost(() => b.batch([eventRecord(last + 1)], { base: last + 1 })),
    await cost(() => b.batch([lossRecord(last + 2, { ...loss, reason: 'quota' })])),
    await cost(() => b.batch([lossRecord(last + 3, { ...loss, reason: 'damage' })])),
    await cost(() =>
      b.batch([
        eventRecord(last + 4, {
          origin: [
            { epoch: 'e1', seq: 9 },
            { epoch: 'e0', seq: 5 },
          ],
        }),
      ]),
    ),
  ];
  expect(Math.max(...costs)).toBeLessThan(12);
  // And all that was said holds: 7 came, 9 came under another name, the last loss names the rest.
  const ledger = (await b.store.sequences.list('cam')).find(({ epoch }) => epoch === 'e1');
  const expected = gaps.filter(({ from }) => from !== 7 && from !== 9);
  expect(ledger).toMatchObject({ epoch: 'e1', upTo: last + 4 });
  expect(ledger?.gaps).toEqual(expected.map((gap) => ({ ...gap, reason: 'damage' })));
});
