/** What acknowledgements and refusals do to the file. */
import { describe, expect, test } from 'vitest';
import { onTheWay } from '../../../../agent/buffer/acks/in-doubt.ts';
import { settle } from '../../../../agent/buffer/acks/settle.ts';
import type { OutboxFile } from '../../../../agent/buffer/file/outbox-file.ts';
import type { Refusal } from '../../../../shared/contract/messages/batch.ts';
import type { Range } from '../../../../shared/kit/ranges.ts';
import { entries, entry, opened } from '../file/opened-file.ts';

const span = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

const forget = (file: OutboxFile, range: Range) => settle(file, { known: [range], refused: [] }).forgotten;
const refuse = (file: OutboxFile, refused: readonly Refusal[]) => settle(file, { known: [], refused }).refused;
const send = (file: OutboxFile, range: Range) => file.noteInDoubt(onTheWay(file.meta.inDoubt, range));

describe('an acknowledgement', () => {
  test('is obeyed in steps, and what was in doubt is settled with it', () => {
    const { file, insert, seqs } = opened();
    insert(entries(10_000));
    send(file, { from: 4_000, to: 9_000 });
    let changes = 0;
    const change = file.change.bind(file);
    file.change = (run) => {
      changes++;
      return change(run);
    };
    expect(forget(file, { from: 2, to: 9_500 })).toBe(9_499);
    expect(changes).toBe(3);
    expect(seqs()).toEqual([1, ...span(9_501, 10_000)]);
    expect(file.meta.inDoubt).toEqual([]);
    expect(forget(file, { from: 2, to: 9_500 })).toBe(0);
    expect(changes).toBe(3);
  });

  test('jumps over what is not held, to the last number of its range and not beyond', () => {
    const { file, insert, seqs } = opened();
    insert(entries(9_000));
    file.change((t) => t.remove(3, 8_990));
    send(file, { from: 1, to: 9_000 });
    expect(forget(file, { from: 1, to: 8_992 })).toBe(4);
    expect(seqs()).toEqual(span(8_993, 9_000));
    expect(file.meta.inDoubt).toEqual([{ from: 8_993, to: 9_000 }]);
    expect(forget(file, { from: 9_000, to: 9_000 })).toBe(1);
    expect(file.base()).toBe(8_993);
    expect(forget(file, { from: 1, to: 9_000 })).toBe(7);
    expect(file.base()).toBe(9_001);
  });

  test('gives pages back only while nearly all of the file is empty, a part at a time', () => {
    const { file, insert } = opened();
    insert(entries(2_000, 3_000));
    const full = file.size().pages;
    // More than half is empty: the next records take that space.
    forget(file, { from: 1, to: 1_200 });
    expect(file.size()).toMatchObject({ pages: full });
    expect(file.size().freePages).toBeGreaterThan(512);
    forget(file, { from: 1, to: 1_900 });
    // And the map of pages that SQLite keeps among them.
    expect(file.size().pages).toBeLessThanOrEqual(full - 512);
    expect(file.size().pages).toBeGreaterThan(full - 516);
    const few = opened();
    few.insert(entries(560, 3_000));
    const before = few.file.size().pages;
    forget(few.file, { from: 1, to: 500 });
    // Nearly all of it is empty, but that is not much.
    expect(few.file.size()).toMatchObject({ pages: before });
  });
});

describe('a refusal', () => {
  test('moves records that are held to the refused ones, in order, with the reason', () => {
    const { file, insert, seqs, refused, held } = opened();
    insert([entry(1, 0), entry(2, 1), entry(3, 2), entry(4, 2), entry(5, 0)]);
    const { epoch } = file.meta;
    const reason = 'bad';
    expect(
      refuse(file, [
        { from: 4, to: 3, reason },
        { from: 6, to: 9, reason },
      ]),
    ).toBe(0);
    expect(refuse(file, [])).toBe(0);
    expect(
      refuse(file, [
        { from: 3, to: 4, reason: 'worse' },
        { from: 1, to: 1, reason },
      ]),
    ).toBe(3);
    expect(refused()).toEqual([
      { epoch, seq: 3, reason: 'worse', bytes: 3, body: 'xxx' },
      { epoch, seq: 4, reason: 'worse', bytes: 4, body: 'xxxx' },
      { epoch, seq: 1, reason, bytes: 1, body: 'x' },
    ]);
    expect(refuse(file, [{ from: 1, to: 4, reason }])).toBe(1);
    expect(refuse(file, [{ from: 5, to: 99, reason }])).toBe(1);
    expect(seqs()).toEqual([]);
    expect(file.meta.refused).toBe(5);
    expect(
      held()
        .flat()
        .every((n) => n === 0),
    ).toBe(true);
  });

  test('of many keeps the newest thousand, and of large ones the newest four megabytes', () => {
    const { file, insert, refused } = opened();
    insert(entries(1_500));
    expect(refuse(file, [{ from: 1, to: 1_001, reason: 'a' }])).toBe(1_001);
    expect(refused().map(({ seq }) => seq)).toEqual(span(2, 1_001));
    expect(refuse(file, [{ from: 1_002, to: 1_003, reason: 'b' }])).toBe(2);
    expect(refused().map(({ seq }) => seq)).toEqual(span(4, 1_003));
    const large = opened();
    large.insert(entries(6, 1024 * 1024));
    refuse(large.file, [{ from: 1, to: 6, reason: 'c' }]);
    expect(large.refused().map(({ seq }) => seq)).toEqual([3, 4, 5, 6]);
    expect(large.file.meta.refused).toBe(6);
  });
});
