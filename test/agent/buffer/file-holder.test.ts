/** A file that is damaged while it is open, and one that cannot be opened. */
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CodedError } from '../../../shared/kit/errors.ts';
import type { SqliteDatabase } from '../../../shared/kit/sqlite.ts';
import { keptLog } from '../../support/kept-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { body, heldBy, open, unsynced } from './fixture.ts';

function living() {
  const folder = tempFolder();
  const clock = new ManualClock();
  const { log, lines } = keptLog();
  const file = path.join(folder, 'outbox.db');
  let database: SqliteDatabase | undefined;
  const opener = (at: string) => {
    const opened = unsynced(at);
    if (at === file) database = opened;
    return opened;
  };
  const outbox = open(folder, { clock, log, open: opener });
  onTestFinished(() => outbox.close());
  return {
    folder,
    clock,
    lines,
    outbox,
    /** SQLite may not write any more: neither damage nor a full disk. */
    forbid: () => database?.pragma('query_only = ON'),
    moved: () => readdirSync(folder).filter((name) => name.includes('corrupt')),
    async fill(records: number) {
      await outbox.append(Array.from({ length: records }, (_, i) => body(i, 'event', 400)));
    },
    /** Damages most pages of the open file, and makes SQLite read them anew. */
    wreck() {
      database?.pragma('wal_checkpoint(TRUNCATE)');
      const pages = statSync(file).size / 4096;
      const handle = openSync(file, 'r+');
      for (let page = 12; page < pages; page++) writeSync(handle, Buffer.alloc(4096, 0xa5), 0, 4096, page * 4096);
      closeSync(handle);
      database?.pragma('shrink_memory');
    },
  };
}

describe('damage while the file is open', () => {
  test('is met at once with a new file; met again it waits a minute, in which records wait in memory', async () => {
    const t = living();
    await t.fill(1_000);
    const { epoch } = t.outbox;
    t.wreck();
    expect(t.outbox.lease(2_000, 1e9)).toEqual([]);
    const second = t.outbox.epoch;
    expect(second).not.toBe(epoch);
    expect(t.moved()).toContain('outbox.db.corrupt-1');
    const { recovered, waiting } = t.outbox.state();
    const reported = heldBy(t.outbox).filter(({ kind }) => kind !== 'event');
    expect(reported).toMatchObject([
      { kind: 'error', code: 'outbox-corrupt' },
      { kind: 'loss', epoch, from: 1, to: 1_000, lost: recovered?.lost, reason: 'outbox-corrupt' },
    ]);
    expect(waiting).toBe((recovered?.salvaged ?? 0) + 2);
    expect((recovered?.salvaged ?? 0) + (recovered?.lost ?? 0)).toBe(1_000);

    await t.fill(1_000);
    await t.clock.advance(59_999);
    t.wreck();
    expect(t.outbox.lease(2_000, 1e9)).toEqual([]);
    const fate = t.outbox.append(body(5_000));
    expect(t.outbox.state()).toMatchObject({ inMemory: 1, blocked: expect.stringContaining('malformed') });
    expect(t.outbox.epoch).toBe(second);
    expect(t.moved()).not.toContain('outbox.db.corrupt-2');
    expect(t.outbox.state().recovered).toEqual(recovered);
    await t.clock.advance(11_000);
    expect(await fate).toBe('committed');
    expect(t.moved()).toContain('outbox.db.corrupt-2');
    expect(t.outbox.epoch).not.toBe(second);
    expect(heldBy(t.outbox).at(-1)).toMatchObject({ mark: 5_000 });
    expect(t.outbox.state()).toMatchObject({ inMemory: 0, blocked: undefined });
    expect(t.lines.filter(({ msg }) => msg.startsWith('the outbox was damaged'))).toHaveLength(2);
  });

  test('that shows while appending costs none of the new records', async () => {
    const t = living();
    await t.fill(1_000);
    t.wreck();
    expect(await t.outbox.append(Array.from({ length: 500 }, (_, i) => body(7_000 + i)))).toBe('committed');
    const marks = heldBy(t.outbox).map(({ mark }) => mark);
    const again = heldBy(t.outbox).map(({ mark }) => mark);
    const fresh = (again.length > 0 ? again : marks).filter((mark) => mark >= 7_000);
    expect(t.outbox.state().recovered?.salvaged).toBeDefined();
    const lost = heldBy(t.outbox)
      .filter(({ kind }) => kind === 'loss')
      .reduce((sum, { lost }) => sum + Number(lost), 0);
    expect(fresh.length + lost).toBeGreaterThanOrEqual(500);
  });

  test('an acknowledgement of the damaged file is stale for the new one', async () => {
    const t = living();
    await t.fill(1_000);
    const { epoch } = t.outbox;
    t.wreck();
    t.outbox.lease(2_000, 1e9);
    const { waiting } = t.outbox.state();
    expect(t.outbox.ack({ epoch, upTo: 1_000 })).toBe('stale');
    expect(t.outbox.state().waiting).toBe(waiting);
    expect(t.outbox.base()).toBe(1);
  });
});

describe('an acknowledgement of a file that turns out to be damaged', () => {
  test('has failed: its numbers are not those of the new file', async () => {
    const t = living();
    await t.fill(1_000);
    const { epoch } = t.outbox;
    t.wreck();
    expect(t.outbox.ack({ epoch, upTo: 900 })).toBe('failed');
    expect(t.outbox.epoch).not.toBe(epoch);
    const { recovered, waiting } = t.outbox.state();
    expect(waiting).toBe((recovered?.salvaged ?? 0) + 2);
    expect(t.outbox.base()).toBe(1);
    expect(await t.outbox.append(body(5_000))).toBe('committed');
    expect(t.outbox.state().waiting).toBe(waiting + 1);
  });

  test('that was only remembered is forgotten with the file', async () => {
    const t = living();
    await t.fill(1_000);
    const { epoch } = t.outbox;
    t.forbid();
    expect(t.outbox.ack({ epoch, upTo: 900 })).toBe('settled');
    expect(t.outbox.base()).toBe(901);
    t.wreck();
    expect(t.outbox.lease(2_000, 1e9)).toEqual([]);
    expect(t.outbox.epoch).not.toBe(epoch);
    const { waiting } = t.outbox.state();
    expect(t.outbox.base()).toBe(1);
    await t.clock.advance(11_000);
    expect(await t.outbox.append(body(5_000))).toBe('committed');
    expect(t.outbox.state()).toMatchObject({ waiting: waiting + 1, blocked: undefined });
    expect(heldBy(t.outbox)[0]?.seq).toBe(1);
  });
});

describe('a file that cannot be opened', () => {
  test('is told of with what to do, and lets the folder go', () => {
    const folder = tempFolder();
    const file = path.join(folder, 'outbox.db');
    mkdirSync(file);
    try {
      open(folder);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(CodedError);
      expect(error).toMatchObject({ code: 'config-invalid' });
      expect(String(error)).toContain(
        `the outbox in ${folder} cannot be opened: unable to open database file; check the rights`,
      );
    }
    rmSync(file, { recursive: true });
    open(folder).close();
    expect(existsSync(file)).toBe(true);
  });

  test('with a quota at its least is opened, one byte less is refused', () => {
    expect(() => open(tempFolder(), { quotaBytes: 4 * 1024 * 1024 - 1 })).toThrow('the outbox quota is 4194303 bytes');
    open(tempFolder(), { quotaBytes: 4 * 1024 * 1024 }).close();
  });
});
