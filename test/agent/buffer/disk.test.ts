import { openSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSqlite, type SqliteDatabase } from '../../../shared/kit/sqlite.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { body, heldBy, open } from './fixture.ts';

/** An opener whose database can be told how many pages it may have: SQLite itself then reports a full disk. */
function limited() {
  let database: SqliteDatabase | undefined;
  return {
    open: (file: string) => {
      database = openSqlite(file, { synchronous: 'FULL' });
      return database;
    },
    full: () => database?.pragma('max_page_count = 1'),
    roomy: () => database?.pragma('max_page_count = 1000000'),
  };
}

describe('a full disk', () => {
  test('records wait in memory, in order, and are committed when there is room again', async () => {
    const clock = new ManualClock();
    const disk = limited();
    const outbox = open(tempFolder(), { clock, open: disk.open });
    await outbox.append(body(0));
    disk.full();
    const fates = [1, 2, 3].map((mark) => outbox.append(body(mark, 'event', 5000)));
    expect(outbox.state()).toMatchObject({ waiting: 1, inMemory: 3, blocked: expect.stringContaining('full') });
    await clock.advance(60_000);
    expect(outbox.state().inMemory).toBe(3);
    disk.roomy();
    await clock.advance(10_000);
    expect(await Promise.all(fates)).toEqual(['committed', 'committed', 'committed']);
    expect(outbox.state()).toMatchObject({ waiting: 4, inMemory: 0, blocked: undefined, givenUp: 0 });
    expect(heldBy(outbox).map((r) => r.mark)).toEqual([0, 1, 2, 3]);
    outbox.close();
  });

  test('when memory is full the least valuable records go, and are counted once there is room', async () => {
    const clock = new ManualClock();
    const disk = limited();
    const outbox = open(tempFolder(), { clock, open: disk.open, memory: { records: 100, bytes: 1e9 } });
    disk.full();
    const events = Array.from({ length: 60 }, (_, i) => outbox.append(body(i, 'event', 500)));
    const readings = Array.from({ length: 200 }, (_, i) => outbox.append(body(1000 + i, 'reading', 500)));
    disk.roomy();
    await clock.advance(10_000);
    expect(new Set(await Promise.all(events))).toEqual(new Set(['committed']));
    const lost = (await Promise.all(readings)).filter((fate) => fate === 'given-up').length;
    const held = heldBy(outbox);
    expect(held.filter((r) => r.kind === 'event').map((r) => r.mark)).toEqual(Array.from({ length: 60 }, (_, i) => i));
    expect(held.filter((r) => r.kind === 'reading')).toHaveLength(200 - lost);
    expect(held.filter((r) => r.kind === 'reading').at(-1)?.mark).toBe(1199);
    expect(held.filter((r) => r.kind === 'loss')).toMatchObject([{ from: 0, to: 0, lost, reason: 'disk' }]);
    expect(outbox.state()).toMatchObject({ givenUp: lost, inMemory: 0 });
    outbox.close();
  });

  test('closing on a full disk gives up what waits and says so to the callers', async () => {
    const disk = limited();
    const outbox = open(tempFolder(), { open: disk.open });
    disk.full();
    const fate = outbox.append(body(1, 'event', 5000));
    outbox.close();
    expect(await fate).toBe('given-up');
  });
});

test('opening does not read the backlog', async () => {
  const folder = tempFolder();
  const outbox = open(folder, { quotaBytes: 1e9 });
  for (let i = 0; i < 40; i++) await outbox.append(Array.from({ length: 1000 }, (_, n) => body(n, 'event', 300)));
  outbox.close();
  // Every page of the table but its edges is destroyed: whoever reads one of them fails.
  const file = path.join(folder, 'outbox.db');
  const pages = statSync(file).size / 4096;
  const handle = openSync(file, 'r+');
  const middle = Math.floor(pages / 4);
  writeSync(handle, Buffer.alloc(middle * 2 * 4096, 0xa5), 0, middle * 2 * 4096, middle * 4096);
  const again = open(folder, { quotaBytes: 1e9 });
  expect(again.state()).toMatchObject({ waiting: 40_000, lastSeq: 40_000, recovered: undefined });
  expect(again.lease(10, 1e6)).toHaveLength(10);
  again.close();
});
