/** Which records go when there is no room: the order, step by step, on a real file. */
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { onTheWay } from '../../../../agent/buffer/acks/in-doubt.ts';
import { OutboxFile } from '../../../../agent/buffer/file/outbox-file.ts';
import type { Rank } from '../../../../agent/buffer/file/rank.ts';
import { Victims } from '../../../../agent/buffer/space/victims.ts';
import type { Range } from '../../../../shared/kit/ranges.ts';
import { tempFolder } from '../../../support/temp.ts';
import { unsynced } from '../fixture.ts';

const BLOCK = 128;

function filled(ranks: readonly Rank[], bytes = 600) {
  const at = path.join(tempFolder(), 'outbox.db');
  const file = new OutboxFile(unsynced(at), at);
  onTestFinished(() => file.close());
  const insert = (more: readonly Rank[]) =>
    file.change((t) => t.insert(more.map((rank) => ({ rank, bytes, json: 'x'.repeat(bytes) }))));
  insert(ranks);
  const victims = new Victims();
  return {
    file,
    insert,
    victims,
    /** One step: what goes for one page more than is free. */
    step: (pageBytes = 1e6) => file.change((t) => victims.evict(t, t.freePages() + 1, pageBytes)),
    all: () => file.change((t) => victims.evict(t, 1e9, 4096)),
  };
}
const send = (file: OutboxFile, range: Range) => file.noteInDoubt(onTheWay(file.meta.inDoubt, range));
const many = (rank: Rank, length: number): Rank[] => Array.from({ length }, () => rank);
/** The block of a step's numbers, when they are all that is left of one block. */
const blockOf = (seqs: readonly number[]) => {
  const blocks = new Set(seqs.map((seq) => Math.floor(seq / BLOCK)));
  expect(blocks.size).toBe(1);
  return [...blocks][0];
};

describe('periodic records', () => {
  test('are thinned: every second block goes, then every second of those left, then what is left from the oldest', () => {
    // Numbers 1 to 1087: blocks 0 to 7, and half of block 8, which still grows.
    const t = filled(many(0, 8 * BLOCK + 63));
    const blocks = Array.from({ length: 7 }, () => blockOf(t.step()));
    expect(blocks).toEqual([1, 3, 5, 7, 2, 6, 4]);
    // Block 0 and the one that still grows: when there is nothing else any more.
    const left = [
      ...Array.from({ length: 127 }, (_, i) => 1 + i),
      ...Array.from({ length: 64 }, (_, i) => 8 * BLOCK + i),
    ];
    expect(t.step()).toEqual(left);
    expect(t.step()).toEqual([]);
  });

  test('what came since is thinned as far as the rest was', () => {
    const t = filled(many(0, 4 * BLOCK - 1));
    expect([t.step(), t.step(), t.step()].map(blockOf)).toEqual([1, 3, 2]);
    t.insert(many(0, 4 * BLOCK));
    // Of the old ones every second has gone, and half of the next ones: so every second of the new ones goes first.
    expect([t.step(), t.step(), t.step(), t.step(), t.step()].map(blockOf)).toEqual([5, 7, 6, 4, 0]);
  });

  test('of another outage are thinned anew', () => {
    const t = filled(many(0, 8 * BLOCK - 1));
    // Down to every fourth block: as coarse as that, whole stretches of the next outage would go at once.
    for (const block of [1, 3, 5, 7, 2, 6, 4]) expect(blockOf(t.step())).toBe(block);
    t.file.change((transaction) => transaction.remove(1, 8 * BLOCK - 1));
    t.insert(many(0, 8 * BLOCK));
    expect([t.step(), t.step(), t.step(), t.step(), t.step()].map(blockOf)).toEqual([9, 11, 13, 15, 10]);
  });

  test('a part of a block goes when that is enough, and the rest of it next', () => {
    const t = filled(many(0, 3 * BLOCK));
    const first = t.step(10 * 600);
    expect(first).toEqual(Array.from({ length: first.length }, (_, i) => BLOCK + i));
    expect(first.length).toBeLessThan(BLOCK);
    expect(first.length % 10).toBe(0);
    const second = t.step(10 * 600);
    expect(second[0]).toBe(BLOCK + first.length);
    // At least one record goes, however large.
    expect(t.step(1).length).toBeGreaterThan(0);
  });
});

describe('the order', () => {
  test('is periodic records, errors, events from the oldest; losses stay', () => {
    const kinds: Rank[] = [2, 1, 3, 0, 2, 1, 3, 0];
    const t = filled(kinds, 5_000);
    const steps: number[][] = [];
    for (let seqs = t.step(1); seqs.length > 0; seqs = t.step(1)) steps.push(seqs);
    expect(steps.flat()).toEqual([4, 8, 2, 6, 1, 5]);
    expect(t.file.meta.held.map(({ records }) => records)).toEqual([0, 0, 0, 2]);
  });

  test('what is on its way goes last, by the same order', () => {
    const t = filled([0, 1, 2, 0, 1, 2, 3], 5_000);
    send(t.file, { from: 1, to: 3 });
    const steps: number[][] = [];
    for (let seqs = t.step(1); seqs.length > 0; seqs = t.step(1)) steps.push(seqs);
    expect(steps.flat()).toEqual([4, 5, 6, 1, 2, 3]);
  });

  test('between what is on its way events go from the oldest, and nothing of that', () => {
    const t = filled(many(2, 30), 5_000);
    send(t.file, { from: 5, to: 10 });
    send(t.file, { from: 20, to: 25 });
    const free = () => t.step(1)[0];
    expect(Array.from({ length: 18 }, free)).toEqual([
      1, 2, 3, 4, 11, 12, 13, 14, 15, 16, 17, 18, 19, 26, 27, 28, 29, 30,
    ]);
    expect(t.file.lease(99, 1e9, { from: 1, to: 99 }).map(({ seq }) => seq)).toEqual([
      5, 6, 7, 8, 9, 10, 20, 21, 22, 23, 24, 25,
    ]);
    expect(free()).toBe(5);
  });

  test('as much as is asked and no more; all that can go when that is not enough', () => {
    const t = filled([...many(0, 300), ...many(1, 300), ...many(2, 300), ...many(3, 3)], 600);
    const given = t.file.change((transaction) => t.victims.evict(transaction, 10, 4096));
    expect(t.file.size().freePages).toBeGreaterThanOrEqual(10);
    expect(given.length).toBeLessThan(300);
    expect(given).toEqual(given.toSorted((a, b) => a - b));
    expect(t.file.change((transaction) => t.victims.evict(transaction, 10, 4096))).toEqual([]);
    const rest = t.all();
    expect(rest).toEqual(rest.toSorted((a, b) => a - b));
    expect(given.length + rest.length).toBe(900);
    expect(t.file.meta.held.map(({ records }) => records)).toEqual([0, 0, 0, 3]);
  });
});
