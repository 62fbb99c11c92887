/** What the outbox may take, on a real small disk of which others take their part. */
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { OutboxFile } from '../../../../agent/buffer/file/outbox-file.ts';
import { DiskSpace, type Relief } from '../../../../agent/buffer/space/disk-space.ts';
import { sizesOf } from '../../../../agent/buffer/space/sizes.ts';
import { keptLog } from '../../../support/kept-log.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { mayMount, type SmallDisk } from '../../../support/small-disk.ts';
import { tempFolder } from '../../../support/temp.ts';
import { tempDisk } from '../../../support/temp-disk.ts';
import { entries } from '../file/opened-file.ts';
import { unsynced } from '../fixture.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const skipped = !mayMount();
const title = `room on a small disk${skipped ? ' (skipped: this user may not mount file systems)' : ''}`;

function spaceIn(folder: string, quotaBytes: number) {
  const at = path.join(folder, 'outbox.db');
  const file = new OutboxFile(unsynced(at), at);
  const clock = new ManualClock();
  const { log, lines } = keptLog();
  const space = new DiskSpace({ folder, quotaBytes, clock, log });
  onTestFinished(() => file.close());
  const asked: string[] = [];
  const relief: { -readonly [Method in keyof Relief]: Relief[Method] } = {
    settle: () => asked.push('settle'),
    shrink: (stepPages) => asked.push(`shrink ${stepPages}`),
  };
  return { file, clock, space, relief, asked, output: () => lines.map(({ level, msg }) => `${level}: ${msg}`) };
}

describe('room on a large disk', () => {
  test('is the quota, with its reserve held', () => {
    const t = spaceIn(tempFolder(), 16 * MIB);
    expect([t.space.boundBytes, t.space.reason, t.space.reserveBytes]).toEqual([16 * MIB, 'quota', 0]);
    t.space.adopt(t.file, t.relief);
    expect(t.space.sizes).toEqual(sizesOf(16 * MIB));
    expect([t.space.boundBytes, t.space.reason]).toEqual([16 * MIB, 'quota']);
    expect(t.space.reserveBytes).toBe(sizesOf(16 * MIB).reserveBytes);
    expect(t.space.complaint).toMatch(/has reached its quota of 16\.0 MiB; the least valuable .* raise the quota$/);
    expect(t.asked).toEqual([]);
    expect(t.output()).toEqual([]);
    t.space.check(1e9);
    expect(t.space.release()).toBe(true);
    expect(t.space.release()).toBe(false);
    t.space.keep();
    expect(t.space.reserveBytes).toBe(sizesOf(16 * MIB).reserveBytes);
  });

  test('a write that failed though there is room is tried again while more room may help, then not for a minute', async () => {
    const t = spaceIn(tempFolder(), 16 * MIB);
    t.space.adopt(t.file, t.relief);
    const regain = (attempt: number) => t.space.regain(t.file, t.relief, attempt, false);
    expect([0, 1, 2, 3, 4, 5].map(regain)).toEqual([true, true, true, true, true, false]);
    expect(t.asked).toEqual(Array.from({ length: 5 }, () => 'settle'));
    expect(t.space.reserveBytes).toBe(sizesOf(16 * MIB).reserveBytes);
    expect(regain(0)).toBe(false);
    await t.clock.advance(59_999);
    expect(regain(0)).toBe(false);
    await t.clock.advance(1);
    expect(regain(0)).toBe(true);
    expect(t.space.boundBytes).toBe(16 * MIB);
  });
});

describe.skipIf(skipped)(title, () => {
  const short = (disk: SmallDisk, more = 0) => spaceIn(disk.folder, 64 * MIB + more);

  test('is what the disk has, less a margin for others; told of once, and when it is over', async () => {
    const disk = tempDisk(6 * MIB);
    const t = short(disk);
    t.space.adopt(t.file, t.relief);
    const { boundBytes } = t.space;
    expect(boundBytes).toBeGreaterThan(5.8 * MIB - 128 * KIB);
    expect(boundBytes).toBeLessThanOrEqual(6 * MIB - 128 * KIB);
    expect(t.space.reason).toBe('disk');
    expect(t.space.sizes).toEqual(sizesOf(boundBytes));
    expect(t.space.complaint).toMatch(
      /there is room for 5\.\d MiB of outbox in .*, not for its quota of 64\.0 MiB; .*make room on that disk$/,
    );
    expect(t.output()).toEqual([
      expect.stringMatching(/^warn: the disk does not have the outbox's quota: 5\.\d MiB of 64\.0 MiB$/),
    ]);
    disk.resize(32 * MIB);
    t.space.look(t.file);
    expect(t.space.boundBytes).toBeGreaterThan(31 * MIB);
    expect(t.space.boundBytes).toBeLessThan(32 * MIB - 128 * KIB);
    expect(t.output()).toHaveLength(1);
    // Looked at, it only rises.
    disk.resize(16 * MIB);
    t.space.look(t.file);
    expect(t.space.boundBytes).toBeGreaterThan(31 * MIB);
    disk.resize(128 * MIB);
    t.space.look(t.file);
    expect([t.space.boundBytes, t.space.reason]).toEqual([64 * MIB, 'quota']);
    expect(t.space.reserveBytes).toBe(sizesOf(64 * MIB).reserveBytes);
    expect(t.output().slice(1)).toEqual(['warn: the disk has room for the whole outbox again']);
  });

  test('a large record needs its room twice and a half, reserve included', () => {
    const disk = tempDisk(8 * MIB);
    const t = spaceIn(disk.folder, 4 * MIB);
    t.space.adopt(t.file, t.relief);
    const { commitBytes, reserveBytes } = t.space.sizes;
    t.space.check(commitBytes);
    disk.take();
    // What is usual is always tried: the reserve is for that.
    t.space.check(commitBytes);
    const most = (reserveBytes + disk.freeBytes()) / 2.5;
    expect(() => t.space.check(commitBytes + 1)).toThrow(`a record of ${commitBytes + 1} bytes: the disk is full`);
    disk.giveBack();
    disk.take(disk.freeBytes() - 2 * MIB);
    const there = t.space.reserveBytes + disk.freeBytes();
    expect(there / 2.5).toBeGreaterThan(most);
    t.space.check(Math.floor(there / 2.5));
    expect(() => t.space.check(Math.floor(there / 2.5) + 1)).toThrow('the disk is full');
  });

  test('a full disk: acknowledgements first, then what is above the lowered bound goes, in steps that fit', () => {
    const disk = tempDisk(6 * MIB);
    const t = short(disk);
    t.file.change((transaction) => transaction.insert(entries(2_000, 1_000)));
    t.file.checkpoint();
    t.space.adopt(t.file, t.relief);
    const before = t.space.boundBytes;
    disk.take();
    const reserve = t.space.reserveBytes;
    // Others took more than there is now: the reserve alone does not hold what the write needs beyond it.
    expect(t.space.regain(t.file, t.relief, 0, false)).toBe(true);
    expect(t.asked[0]).toBe('settle');
    expect(t.asked.length).toBeGreaterThan(1);
    const most = Math.max(8, Math.floor(reserve / 4096 / 4));
    for (const ask of t.asked.slice(1)) {
      const step = Number(/^shrink (\d+)$/.exec(ask)?.[1]);
      expect(step).toBeGreaterThanOrEqual(8);
      expect(step).toBeLessThanOrEqual(Math.min(most + 32, t.space.sizes.passPages));
    }
    expect(t.space.boundBytes).toBeLessThan(before);
    expect(t.space.boundBytes).toBeLessThanOrEqual(t.file.allocatedBytes() + reserve);
    expect(t.space.boundBytes).toBeGreaterThanOrEqual(MIB);
  });

  test('the bound on a full disk is the file, what there is beside it, less the margin, and less what the write needs more', () => {
    const cut = (attempt: number) => {
      const disk = tempDisk(24 * MIB);
      const t = spaceIn(disk.folder, 64 * MIB);
      t.file.change((transaction) => transaction.insert(entries(8_000, 1_000)));
      t.file.checkpoint();
      t.space.adopt(t.file, t.relief);
      disk.take(disk.freeBytes() - 512 * KIB);
      const room = t.file.allocatedBytes() + t.space.reserveBytes + disk.freeBytes();
      const { walBoundBytes } = t.space.sizes;
      let bound = 0;
      t.relief.shrink = () => {
        bound ||= t.space.boundBytes;
      };
      t.space.regain(t.file, t.relief, attempt, false);
      return { bound, room: room - Math.max(128 * KIB, Math.floor(room / 256)), walBoundBytes };
    };
    const first = cut(0);
    expect(first.bound).toBeGreaterThan(9 * MIB);
    expect(first.bound).toBe(first.room);
    for (const attempt of [1, 2]) {
      const { bound, room, walBoundBytes } = cut(attempt);
      const beyond = Math.min(walBoundBytes * 2 ** attempt, 10 * MIB);
      expect(bound).toBe(room - (beyond - walBoundBytes));
    }
  });

  test('what the reserve holds counts as room: an outbox opened anew has the same bound', () => {
    const disk = tempDisk(24 * MIB);
    const t = short(disk);
    t.space.adopt(t.file, t.relief);
    const { boundBytes, reserveBytes } = t.space;
    expect(reserveBytes).toBeGreaterThan(MIB);
    t.space.adopt(t.file, t.relief);
    expect([t.space.boundBytes, t.space.reserveBytes]).toEqual([boundBytes, reserveBytes]);
  });

  test('the reserve is taken back as soon as the pages that were freed would hold it, not before', () => {
    const disk = tempDisk(8 * MIB);
    const t = spaceIn(disk.folder, 4 * MIB);
    t.file.change((transaction) => transaction.insert(entries(1_000, 1_000)));
    t.file.checkpoint();
    t.space.adopt(t.file, t.relief);
    const { reserveBytes } = t.space.sizes;
    expect(t.space.release()).toBe(true);
    const pagesOfReserve = reserveBytes / 4096;
    const seen: number[] = [];
    for (let seq = 1; t.file.size().freePages < pagesOfReserve; seq += 4) {
      seen.push(t.file.size().freePages);
      t.space.freed(t.file);
      expect(t.space.reserveBytes).toBe(0);
      t.file.change((transaction) => transaction.remove(seq, seq + 3));
    }
    expect(Math.max(...seen)).toBeGreaterThan(pagesOfReserve - 3);
    const { pages } = t.file.size();
    t.space.freed(t.file);
    expect(t.space.reserveBytes).toBe(reserveBytes);
    // Pages were given back for it, and the log was emptied.
    expect(t.file.size()).toMatchObject({ walBytes: 0 });
    expect(t.file.size().pages).toBeLessThanOrEqual(pages - t.space.sizes.passPages);
    // It is held: nothing more is given back.
    const held = t.file.size().pages;
    t.space.freed(t.file);
    expect(t.file.size().pages).toBe(held);
  });
});
