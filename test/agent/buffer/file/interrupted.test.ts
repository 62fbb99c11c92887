/** A salvage that is cut off: nothing of it is lost, and the next start does it again. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openOrRecover, recover } from '../../../../agent/buffer/file/recover.ts';
import { tempFolder } from '../../../support/temp.ts';
import { body, heldBy, open, spoilState, unsynced } from '../fixture.ts';

async function filled(folder: string, records: number): Promise<string> {
  const outbox = open(folder);
  await outbox.append(Array.from({ length: records }, (_, i) => body(i, 'event', 300)));
  outbox.close();
  return outbox.epoch;
}

test('a salvage that was interrupted is done again from the start', async () => {
  const folder = tempFolder();
  const file = path.join(folder, 'outbox.db');
  const epoch = await filled(folder, 300);
  // As a kill in its middle leaves it: the damaged file moved, the new one half made beside its place.
  spoilState(folder, ['meta']);
  renameSync(file, `${file}.corrupt-1`);
  const half = tempFolder();
  await filled(half, 7);
  renameSync(path.join(half, 'outbox.db'), `${file}.draft`);
  const outbox = open(folder);
  const events = heldBy(outbox).filter((r) => r.kind === 'event');
  expect(events.map((r) => r.mark)).toEqual(Array.from({ length: 300 }, (_, i) => i));
  expect(events[0]?.origin).toEqual([{ epoch, seq: 1 }]);
  expect(outbox.state().recovered).toMatchObject({ salvaged: 300, lost: 0, movedTo: `${file}.corrupt-1` });
  outbox.close();
  expect(readdirSync(folder).filter((name) => name.includes('draft'))).toEqual([]);
});

test('nothing moves before the next start could find it again', async () => {
  const folder = tempFolder();
  const file = path.join(folder, 'outbox.db');
  await filled(folder, 20);
  const before = readFileSync(file);
  // Where no draft can be begun.
  mkdirSync(path.join(`${file}.draft`, 'taken'), { recursive: true });
  const context = { path: file, open: unsynced, report: () => [] };
  expect(() => recover(context, 'damage')).toThrow(/EISDIR/);
  expect(readFileSync(file)).toEqual(before);
  expect(readdirSync(folder).filter((name) => name.includes('corrupt'))).toEqual([]);
});

test('whichever step of a salvage is its last one: the next start saves all of it, once', async () => {
  let steps = 0;
  for (let last = 1, isCut = true; isCut; last++) {
    const folder = tempFolder();
    const file = path.join(folder, 'outbox.db');
    const epoch = await filled(folder, 50);
    spoilState(folder);
    steps = 0;
    const step = <T>(effect: () => T): T => {
      if (++steps === last) throw new Error('the power is cut');
      return effect();
    };
    const context = {
      path: file,
      open: (at: string) => step(() => unsynced(at)),
      report: () => step(() => []),
    };
    try {
      openOrRecover(context).file.close();
      isCut = false;
    } catch (error) {
      expect(error).toEqual(new Error('the power is cut'));
    }
    const outbox = open(folder);
    const events = heldBy(outbox).filter((r) => r.kind === 'event');
    expect({ last, marks: events.map((r) => r.mark) }).toEqual({
      last,
      marks: Array.from({ length: 50 }, (_, i) => i),
    });
    expect(events[0]?.origin).toEqual([{ epoch, seq: 1 }]);
    outbox.close();
  }
  expect(steps).toBeGreaterThan(3);
});

test('a draft that was begun before the damaged file moved is of no account', async () => {
  const folder = tempFolder();
  const epoch = await filled(folder, 5);
  writeFileSync(path.join(folder, 'outbox.db.draft'), '');
  const outbox = open(folder);
  expect(outbox.epoch).toBe(epoch);
  expect(heldBy(outbox)).toHaveLength(5);
  outbox.close();
  expect(existsSync(path.join(folder, 'outbox.db.draft'))).toBe(false);
});
