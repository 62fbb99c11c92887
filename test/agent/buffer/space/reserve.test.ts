import { chmodSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { Reserve } from '../../../../agent/buffer/space/reserve.ts';
import { mayMount } from '../../../support/small-disk.ts';
import { tempFolder } from '../../../support/temp.ts';
import { tempDisk } from '../../../support/temp-disk.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const skipped = !mayMount();
const title = `a reserve on a small disk${skipped ? ' (skipped: this user may not mount file systems)' : ''}`;

describe('a reserve', () => {
  test('has the size that is asked, in bytes that are really allocated, whatever it had before', () => {
    const folder = tempFolder();
    const file = path.join(folder, 'outbox.reserve');
    const reserve = new Reserve(folder);
    expect(reserve.bytes).toBe(0);
    expect(reserve.release()).toBe(0);
    for (const bytes of [300_000, 700_001, 700_001, 200_000, 0, 5]) {
      expect(reserve.hold(bytes)).toEqual({ kind: 'held' });
      expect(reserve.bytes).toBe(bytes);
      expect(statSync(file).blocks * 512).toBeGreaterThanOrEqual(bytes);
    }
    expect(reserve.keep(400_000)).toEqual({ kind: 'held' });
    expect(reserve.bytes).toBe(400_000);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    // Nothing that a file system could store in less.
    const content = readFileSync(file);
    const blocks = new Set(Array.from({ length: 97 }, (_, i) => content.toString('latin1', i * 4096, i * 4096 + 64)));
    expect(blocks.size).toBe(97);
    expect(reserve.release()).toBe(400_000);
    expect([reserve.bytes, statSync(file).size]).toEqual([0, 0]);
  });

  test('that is sparse holds nothing, and is filled anew', () => {
    const folder = tempFolder();
    const file = path.join(folder, 'outbox.reserve');
    writeFileSync(file, '');
    truncateSync(file, 2 * MIB);
    expect(statSync(file).blocks).toBe(0);
    expect(new Reserve(folder).hold(MIB)).toEqual({ kind: 'held' });
    expect(statSync(file).size).toBe(MIB);
    expect(statSync(file).blocks * 512).toBeGreaterThanOrEqual(MIB);
  });

  test('where it cannot be is told apart from a full disk', () => {
    const folder = tempFolder();
    mkdirSync(path.join(folder, 'outbox.reserve'));
    chmodSync(folder, 0o700);
    expect(new Reserve(folder).hold(1)).toMatchObject({ kind: 'failed', error: { code: 'EISDIR' } });
    expect(new Reserve(path.join(folder, 'none')).keep(1)).toMatchObject({ kind: 'failed', error: { code: 'ENOENT' } });
    expect(new Reserve(path.join(folder, 'none')).release()).toBe(0);
  });
});

describe.skipIf(skipped)(title, () => {
  test('is held when it fits with what is asked beyond it, and else released, telling how much there is', () => {
    const disk = tempDisk(MIB);
    const reserve = new Reserve(disk.folder);
    const free = disk.freeBytes();
    expect(reserve.hold(512 * KIB, free - 512 * KIB)).toEqual({ kind: 'held' });
    expect(reserve.bytes).toBe(512 * KIB);
    expect(disk.freeBytes()).toBe(free - 512 * KIB);
    const more = reserve.hold(512 * KIB, free);
    expect(more).toEqual({ kind: 'full', roomBytes: free });
    expect([reserve.bytes, disk.freeBytes()]).toEqual([0, free]);
    // What is kept is as near to it as there is space.
    expect(reserve.keep(2 * MIB)).toEqual({ kind: 'full', roomBytes: free });
    expect([reserve.bytes, disk.freeBytes()]).toEqual([free, 0]);
    expect(reserve.release()).toBe(free);
    disk.take(free - 64 * KIB);
    expect(reserve.hold(128 * KIB)).toEqual({ kind: 'full', roomBytes: 64 * KIB });
    expect(reserve.hold(64 * KIB)).toEqual({ kind: 'held' });
    expect(reserve.hold(64 * KIB, 1)).toEqual({ kind: 'full', roomBytes: 64 * KIB });
  });
});
