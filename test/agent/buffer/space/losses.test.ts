/** What the outbox writes of itself: loss records that grow until they were leased, and that it is full, once. */
import { describe, expect, test } from 'vitest';
import { addLosses } from '../../../../agent/buffer/space/ledger.ts';
import { LossWriter } from '../../../../agent/buffer/space/losses.ts';
import { entries, opened } from '../file/opened-file.ts';
import { stamp } from '../fixture.ts';

function written() {
  const { file, insert } = opened();
  const losses = new LossWriter(stamp);
  const records = () =>
    file.lease(1e6, 1e9, { from: 1, to: 1e9 }).map(({ seq, json, bytes }) => {
      expect(bytes).toBe(Buffer.byteLength(json));
      return { seq, ...JSON.parse(json) };
    });
  return {
    file,
    insert,
    losses,
    records,
    add: (reason: string, ...spans: readonly (readonly [number, number])[]) =>
      losses.within(() =>
        file.change((t) =>
          losses.add(
            t,
            spans.map(([from, to]) => ({ from, to, lost: to - from + 1 })),
            reason,
          ),
        ),
      ),
    reported: () => records().map(({ seq, reason, from, to, lost }) => [seq, reason, from, to, lost]),
  };
}

describe('a loss', () => {
  test('becomes a record with our stamp, and grows in its place until it was leased', () => {
    const t = written();
    t.add('quota', [10, 12]);
    expect(t.records()).toEqual([
      { seq: 1, kind: 'loss', ...stamp(), epoch: t.file.meta.epoch, from: 10, to: 12, lost: 3, reason: 'quota' },
    ]);
    t.add('quota', [13, 13], [20, 29]);
    t.add('disk', [30, 30]);
    expect(t.reported()).toEqual([
      [1, 'quota', 10, 13, 4],
      [2, 'quota', 20, 29, 10],
      [3, 'disk', 30, 30, 1],
    ]);
    t.losses.leased(1);
    t.add('quota', [14, 19], [31, 32]);
    // The first was leased, and is not changed; the second touches.
    expect(t.reported()).toEqual([
      [1, 'quota', 10, 13, 4],
      [2, 'quota', 14, 29, 16],
      [3, 'disk', 30, 30, 1],
      [4, 'quota', 31, 32, 2],
    ]);
    t.losses.leased(3);
    t.add('disk', [33, 33]);
    t.add('quota', [33, 34]);
    expect(t.reported().slice(3)).toEqual([
      [4, 'quota', 31, 34, 4],
      [5, 'disk', 33, 33, 1],
    ]);
    t.losses.reset();
    t.add('quota', [35, 35]);
    expect(t.reported().at(-1)).toEqual([6, 'quota', 35, 35, 1]);
    expect(t.file.meta.held[3]).toMatchObject({ records: 6 });
  });

  test('that is one of many side by side goes into the nearest', () => {
    const t = written();
    const eight = Array.from({ length: 8 }, (_, i) => [100 * i, 100 * i] as const);
    t.add('quota', ...eight);
    expect(t.reported()).toHaveLength(8);
    t.add('quota', [340, 340], [990, 999]);
    expect(t.reported()).toHaveLength(8);
    expect(t.reported()[3]).toEqual([4, 'quota', 300, 340, 2]);
    expect(t.reported()[7]).toEqual([8, 'quota', 700, 999, 11]);
    // Another reason has its own eight.
    t.add('disk', [1, 1]);
    expect(t.reported()).toHaveLength(9);
  });

  test('of a transaction that failed is as if it had never been', () => {
    const t = written();
    t.add('quota', [10, 12]);
    const failing = () =>
      t.losses.within(() =>
        t.file.change((transaction) => {
          t.losses.add(transaction, [{ from: 13, to: 20, lost: 8 }], 'quota');
          t.losses.add(transaction, [{ from: 1, to: 1, lost: 1 }], 'disk');
          t.losses.reportFull(transaction, 'full');
          throw new Error('no room');
        }),
      );
    expect(failing).toThrow('no room');
    expect(t.losses.hasReportedFull).toBe(false);
    expect(t.reported()).toEqual([[1, 'quota', 10, 12, 3]]);
    t.add('quota', [13, 13]);
    t.add('disk', [1, 1]);
    expect(t.reported()).toEqual([
      [1, 'quota', 10, 13, 4],
      [2, 'disk', 1, 1, 1],
    ]);
  });

  test('joined with the nearest of equal ones goes to the first, and a bound below one counts as one', () => {
    const two = [
      { from: 10, to: 10, lost: 1 },
      { from: 30, to: 30, lost: 1 },
    ];
    expect(addLosses(two, [{ from: 20, to: 20, lost: 1 }], 2)[0]).toEqual({ from: 10, to: 20, lost: 2 });
    expect(addLosses(two, [{ from: 21, to: 21, lost: 1 }], 2)[1]).toEqual({ from: 21, to: 30, lost: 2 });
    expect(
      addLosses(
        [],
        [
          { from: 1, to: 1, lost: 1 },
          { from: 9, to: 9, lost: 1 },
        ],
        0,
      ),
    ).toEqual([{ from: 1, to: 9, lost: 2 }]);
    // Touching from below and from above, and not at a distance of one more.
    expect(addLosses(two, [{ from: 9, to: 9, lost: 1 }], 9)).toHaveLength(2);
    expect(addLosses(two, [{ from: 11, to: 11, lost: 1 }], 9)).toHaveLength(2);
    expect(addLosses(two, [{ from: 8, to: 8, lost: 1 }], 9)).toHaveLength(3);
    expect(addLosses(two, [{ from: 12, to: 12, lost: 1 }], 9)).toHaveLength(3);
  });
});

describe('fullness', () => {
  test('is told of once, and again only when there was room and what was told has gone', () => {
    const t = written();
    const reportOnce = () =>
      t.losses.within(() => t.file.change((transaction) => t.losses.reportFull(transaction, 'the disk is full')));
    t.losses.relieved(99);
    t.insert(entries(4).map((one) => ({ ...one, json: '{"a":1234}' })));
    reportOnce();
    reportOnce();
    expect(t.records().slice(4)).toEqual([
      { seq: 5, kind: 'error', ...stamp(), code: 'outbox-full', message: 'the disk is full', count: 1 },
    ]);
    expect(t.file.meta.held[3]).toMatchObject({ records: 1 });
    expect(t.losses.hasReportedFull).toBe(true);
    t.losses.relieved(5);
    reportOnce();
    expect(t.records()).toHaveLength(5);
    t.losses.relieved(6);
    expect(t.losses.hasReportedFull).toBe(false);
    reportOnce();
    expect(t.records()).toHaveLength(6);
    t.losses.reset();
    expect(t.losses.hasReportedFull).toBe(false);
  });

  test('is told of in a message that fits', () => {
    const { json, bytes, rank } = new LossWriter(stamp).error('outbox-full', 'x'.repeat(3000));
    expect(JSON.parse(json).message).toBe('x'.repeat(2048));
    expect([bytes, rank]).toEqual([Buffer.byteLength(json), 3]);
  });
});
