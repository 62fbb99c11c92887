/** Keeping the file within its bound: how much goes, when, and what is told of it. */
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { OutboxFile } from '../../../../agent/buffer/file/outbox-file.ts';
import type { Rank } from '../../../../agent/buffer/file/rank.ts';
import { DiskSpace } from '../../../../agent/buffer/space/disk-space.ts';
import { Evictor } from '../../../../agent/buffer/space/evict.ts';
import { LossWriter } from '../../../../agent/buffer/space/losses.ts';
import { sizesOf } from '../../../../agent/buffer/space/sizes.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { mayMount } from '../../../support/small-disk.ts';
import { tempFolder } from '../../../support/temp.ts';
import { tempDisk } from '../../../support/temp-disk.ts';
import { entries } from '../file/opened-file.ts';
import { afterKill, body, heldBy, open, send, silent, stamp, stateIn, unsynced } from '../fixture.ts';

const QUOTA = 4 * 1024 * 1024;
const skipped = !mayMount();
const because = skipped ? ' (skipped: this user may not mount file systems)' : '';
const { filePages, walBoundBytes } = sizesOf(QUOTA);

function evicting(folder = tempFolder(), quotaBytes = QUOTA) {
  const at = path.join(folder, 'outbox.db');
  const file = new OutboxFile(unsynced(at), at);
  onTestFinished(() => file.close());
  const space = new DiskSpace({ folder, quotaBytes, clock: new ManualClock(), log: silent });
  const losses = new LossWriter(stamp);
  const reported: number[] = [];
  const evictor = new Evictor(file, space, losses, (records) => reported.push(records));
  space.adopt(file, { settle: () => undefined, shrink: (step) => evictor.shrink(step) });
  return {
    file,
    space,
    losses,
    evictor,
    reported,
    insert: (records: number, bytes: number, rank: Rank = 2) =>
      file.change((transaction) => transaction.insert(entries(records, bytes, rank))),
    losts: () =>
      file
        .lease(1e6, 1e9, { from: 1, to: 1e9 })
        .filter(({ json }) => json.startsWith('{'))
        .map(({ json }) => JSON.parse(json)),
  };
}

test('below its bound nothing goes; above it a little more than is needed, counted and told', () => {
  const t = evicting();
  while (t.file.size().pages < filePages - 4) t.insert(6, 1_300);
  t.evictor.keepWithinBound();
  expect([t.reported, t.file.meta.givenUp]).toEqual([[], 0]);
  // The log is written back when it has passed its mark.
  expect(t.file.size().walBytes).toBeLessThanOrEqual(walBoundBytes);
  while (t.file.size().pages <= filePages) t.insert(6, 1_300);
  const { nextSeq } = t.file.meta;
  const { pages } = t.file.size();
  t.evictor.keepWithinBound();
  const after = t.file.size();
  expect(after.pages).toBeLessThanOrEqual(filePages);
  const lost = t.reported.reduce((sum, records) => sum + records, 0);
  // Its part of the file, a 64th, is free besides.
  expect(lost / 3).toBeGreaterThanOrEqual(filePages / 64);
  expect(lost / 3).toBeLessThan(pages - filePages + filePages / 32 + 8);
  expect(t.file.meta.givenUp).toBe(lost);
  expect(t.losts()).toMatchObject([{ kind: 'loss', from: 1, to: lost, lost, reason: 'quota' }]);
  expect(t.file.base()).toBe(lost + 1);
  expect(t.file.meta.nextSeq).toBe(nextSeq + 1);
  // So that the next one is not due at once.
  t.insert(6, 1_300);
  t.evictor.keepWithinBound();
  expect(t.file.meta.givenUp).toBe(lost);
});

test('free pages go before any record', () => {
  const t = evicting();
  t.insert(3 * filePages + 600, 1_300);
  t.file.change((transaction) => transaction.remove(1, 1_200));
  expect(t.file.size().pages).toBeGreaterThan(filePages + 100);
  t.evictor.keepWithinBound();
  expect(t.file.size().pages).toBeLessThanOrEqual(filePages);
  expect([t.reported, t.file.meta.givenUp, t.losts()]).toEqual([[], 0, []]);
});

test('what can never go stays, above the bound too, and nothing spins', () => {
  const t = evicting();
  t.insert(3 * filePages, 1_300, 3);
  t.insert(90, 1_300);
  t.evictor.keepWithinBound();
  t.evictor.shrink(32);
  expect(t.file.meta.givenUp).toBe(90);
  expect(t.file.meta.held.map(({ records }) => records).slice(0, 3)).toEqual([0, 0, 0]);
  expect(t.file.meta.held[3].records).toBe(3 * filePages + 1);
  expect(t.file.size().walBytes).toBe(0);
});

test('it is near when three quarters of the bound are in use', () => {
  const t = evicting();
  const seen = new Set<boolean>();
  while (t.file.size().pages < filePages * 0.8) {
    t.insert(3, 1_300);
    const { pages, freePages } = t.file.size();
    expect(t.evictor.isNear).toBe(pages - freePages > filePages * 0.75);
    seen.add(t.evictor.isNear);
  }
  expect(seen).toEqual(new Set([false, true]));
  t.file.change((transaction) => transaction.remove(1, 300));
  expect(t.evictor.isNear).toBe(false);
});

test.skipIf(skipped)(`a short disk is always near${because}`, () => {
  const t = evicting(tempDisk(6 * 1024 * 1024).folder, 64 * 1024 * 1024);
  expect(t.space.reason).toBe('disk');
  expect(t.evictor.isNear).toBe(true);
});

test('what goes to the hub is written down at once where room is short, and else with the next change', async () => {
  const folder = tempFolder();
  const outbox = open(folder, { quotaBytes: QUOTA, open: unsynced });
  const inDoubt = (of: string) => stateIn(of)?.inDoubt;
  await outbox.append(Array.from({ length: 10 }, (_, i) => body(i, 'event', 1_000)));
  expect(send(outbox, 1, 4)).toEqual([1, 2, 3, 4]);
  expect(inDoubt(afterKill(folder))).toEqual([]);
  await outbox.append(body(10));
  expect(inDoubt(afterKill(folder))).toEqual([{ from: 1, to: 4 }]);
  for (let i = 0; i < 26; i++) await outbox.append(body(i, 'event', 100_000));
  expect(send(outbox, 8, 9)).toEqual([8, 9]);
  const killed = afterKill(folder);
  expect(inDoubt(killed)).toEqual([
    { from: 1, to: 4 },
    { from: 8, to: 9 },
  ]);
  outbox.close();
  // It fills up after the start: what may be at the hub already goes last.
  const again = open(killed, { quotaBytes: QUOTA, open: unsynced });
  for (let i = 0; i < 60; i++) await again.append(body(i, 'event', 100_000));
  const seqs = heldBy(again).map(({ seq }) => seq);
  expect(seqs.slice(0, 6)).toEqual([1, 2, 3, 4, 8, 9]);
  expect(seqs[6]).toBeGreaterThan(20);
  again.close();
});

test.skipIf(skipped)(`fullness of the disk is told once, and again after it was relieved${because}`, () => {
  const disk = tempDisk(6 * 1024 * 1024);
  const t = evicting(disk.folder, 64 * 1024 * 1024);
  const bound = t.space.sizes.filePages;
  const codes = () => t.losts().flatMap(({ code }) => (code ? [code] : []));
  const overfill = () => {
    while (t.file.meta.givenUp === before) {
      t.insert(60, 1_300);
      t.evictor.keepWithinBound();
    }
  };
  let before = 0;
  overfill();
  expect(codes()).toEqual(['outbox-full']);
  expect(t.losses.hasReportedFull).toBe(true);
  before = t.file.meta.givenUp;
  overfill();
  expect(codes()).toEqual(['outbox-full']);
  // All of it goes to the hub: there is room again, and what was told is not held any more.
  for (let seq = t.file.base(); seq < t.file.meta.nextSeq; seq = t.file.base()) {
    t.file.change((transaction) => transaction.remove(seq, seq + 200));
    t.file.checkpoint();
  }
  t.evictor.keepWithinBound();
  expect(t.losses.hasReportedFull).toBe(false);
  before = t.file.meta.givenUp;
  overfill();
  expect(codes()).toEqual(['outbox-full']);
  expect(t.space.sizes.filePages).toBeLessThanOrEqual(bound + 200);
});
