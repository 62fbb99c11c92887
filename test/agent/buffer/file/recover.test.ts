import {
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { openSqlite } from '../../../../shared/kit/sqlite.ts';
import { tempFolder } from '../../../support/temp.ts';
import { body, heldBy, open } from '../fixture.ts';

describe('a damaged file', () => {
  async function filled(folder: string, records: number): Promise<string> {
    const outbox = open(folder);
    await outbox.append(Array.from({ length: records }, (_, i) => body(i, 'event', 300)));
    outbox.close();
    return outbox.epoch;
  }

  /** Writes garbage over whole pages in the middle of the file. */
  function damage(file: string, fromPage: number, pages: number): void {
    const handle = openSync(file, 'r+');
    writeSync(handle, Buffer.alloc(pages * 4096, 0xa5), 0, pages * 4096, fromPage * 4096);
  }

  test('garbage instead of a database: moved aside, a new epoch, an error record, and work goes on', async () => {
    const folder = tempFolder();
    const epoch = await filled(folder, 10);
    const file = path.join(folder, 'outbox.db');
    writeFileSync(file, 'this is no database, and never was one; it is longer than a header'.repeat(10));
    const before = readFileSync(file);
    const outbox = open(folder);
    expect(outbox.epoch).not.toBe(epoch);
    const { recovered } = outbox.state();
    expect(recovered).toMatchObject({
      movedTo: `${file}.corrupt-1`,
      salvaged: 0,
      lost: undefined,
      bytes: before.length,
    });
    expect(readFileSync(`${file}.corrupt-1`)).toEqual(before);
    await outbox.append(body(7));
    expect(heldBy(outbox)).toMatchObject([
      { seq: 1, kind: 'error', code: 'outbox-corrupt' },
      { seq: 2, mark: 7 },
    ]);
    outbox.close();
  });

  test('damaged pages cost only the records on them; the rest is saved in order and the lost ones are counted', async () => {
    const folder = tempFolder();
    const epoch = await filled(folder, 2000);
    const file = path.join(folder, 'outbox.db');
    damage(file, 100, 5);
    const outbox = open(folder);
    // The damage is deep inside: it shows when the page is read.
    heldBy(outbox);
    const { recovered } = outbox.state();
    expect(recovered?.reason).toMatch(/malformed/);
    const held = heldBy(outbox);
    const marks = held.filter((r) => r.kind === 'event').map((r) => r.mark);
    expect(marks.length).toBe(recovered?.salvaged);
    expect(marks.length).toBeGreaterThan(1000);
    expect(marks).toEqual([...new Set(marks)].sort((a, b) => a - b));
    expect(held.find((r) => r.kind === 'loss')).toMatchObject({
      epoch,
      from: 1,
      to: 2000,
      lost: 2000 - marks.length,
      reason: 'outbox-corrupt',
    });
    expect(recovered).toMatchObject({ lost: 2000 - marks.length, movedTo: `${file}.corrupt-1` });
    expect(held.filter((r) => r.kind === 'error')).toMatchObject([
      {
        code: 'outbox-corrupt',
        message: `the outbox was damaged (${recovered?.reason}); it was moved to ${file}.corrupt-1, ${marks.length} records were saved from it`,
      },
    ]);
    expect(outbox.state()).toMatchObject({ waiting: held.length });
    // Each says which it was, so that the hub knows those that it has.
    for (const { kind, mark, origin } of held) if (kind === 'event') expect(origin).toEqual([{ epoch, seq: mark + 1 }]);
    outbox.close();
  });

  test('records keep their names when the page that says the epoch is gone, and after a second damage', async () => {
    const folder = tempFolder();
    const epoch = await filled(folder, 300);
    const damageMeta = () => {
      const database = new Database(path.join(folder, 'outbox.db'));
      for (const table of ['meta', 'meta_copy']) database.prepare(`UPDATE ${table} SET state = ?`).run('no state');
      database.close();
    };
    damageMeta();
    const first = open(folder);
    const second = first.epoch;
    expect(second).not.toBe(epoch);
    const once = heldBy(first).filter((r) => r.kind === 'event');
    expect(once.map((r) => r.origin)).toEqual(once.map((r) => [{ epoch, seq: r.mark + 1 }]));
    first.close();
    damageMeta();
    const outbox = open(folder);
    const twice = heldBy(outbox).filter((r) => r.kind === 'event');
    expect(twice).toHaveLength(300);
    expect(twice.map((r) => r.origin)).toEqual(
      once.map(({ mark, seq }) => [
        { epoch, seq: mark + 1 },
        { epoch: second, seq },
      ]),
    );
    outbox.close();
  });

  test('records of several kinds are saved in the order in which they came', async () => {
    const folder = tempFolder();
    const first = open(folder);
    const kinds = ['event', 'reading', 'error', 'event', 'health'] as const;
    await first.append(Array.from({ length: 1000 }, (_, i) => body(i, kinds[i % kinds.length], 300)));
    first.close();
    damage(path.join(folder, 'outbox.db'), 60, 3);
    const outbox = open(folder);
    heldBy(outbox);
    const marks = heldBy(outbox).flatMap((r) => (typeof r.mark === 'number' ? [r.mark] : []));
    expect(marks.length).toBe(outbox.state().recovered?.salvaged);
    expect(marks.length).toBeGreaterThan(500);
    expect(marks).toEqual(marks.toSorted((a, b) => a - b));
    outbox.close();
  });

  test('damage that shows while appending loses none of the new records', async () => {
    const folder = tempFolder();
    await filled(folder, 2000);
    const file = path.join(folder, 'outbox.db');
    const pages = statSync(file).size / 4096;
    damage(file, 4, pages - 4);
    const outbox = open(folder);
    expect(await outbox.append(body(5000))).toBe('committed');
    outbox.lease(100, 1e9);
    expect(await outbox.append(body(5001))).toBe('committed');
    const marks = heldBy(outbox).map((r) => r.mark);
    expect(marks.filter((mark) => mark >= 5000)).toContain(5001);
    expect(outbox.state().recovered).toBeDefined();
    outbox.close();
  });

  test('a file cut short by the file system is met the same way', async () => {
    const folder = tempFolder();
    await filled(folder, 2000);
    truncateSync(path.join(folder, 'outbox.db'), 40 * 4096);
    const outbox = open(folder);
    heldBy(outbox);
    expect(await outbox.append(body(9000))).toBe('committed');
    expect(heldBy(outbox).some((r) => r.mark === 9000)).toBe(true);
    expect(outbox.state().recovered).toBeDefined();
    outbox.close();
  });

  test('whichever page is damaged: what is not saved is counted, to the record', async () => {
    const folder = tempFolder();
    const kinds = ['event', 'reading', 'error', 'health'] as const;
    const first = open(folder);
    await first.append(Array.from({ length: 120 }, (_, i) => body(i, kinds[i % kinds.length], 700)));
    const { epoch } = first;
    first.close();
    const whole = readFileSync(path.join(folder, 'outbox.db'));
    for (let page = 1; page < whole.length / 4096; page++) {
      const damaged = tempFolder();
      writeFileSync(path.join(damaged, 'outbox.epoch'), epoch);
      const bytes = Buffer.from(whole);
      for (let at = page * 4096; at < page * 4096 + 512; at++) bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      writeFileSync(path.join(damaged, 'outbox.db'), bytes);
      const outbox = open(damaged);
      // Damage that is deep inside shows when it is read.
      heldBy(outbox);
      const held = heldBy(outbox);
      const saved = held.filter((r) => r.mark !== undefined).length;
      const lost = held.filter((r) => r.kind === 'loss').reduce((sum, r) => sum + Number(r.lost), 0);
      expect({ page, accounted: saved + lost }).toEqual({ page, accounted: 120 });
      outbox.close();
    }
  });

  test('the newest damaged file is kept', async () => {
    const folder = tempFolder();
    const file = path.join(folder, 'outbox.db');
    for (let n = 1; n <= 4; n++) {
      writeFileSync(file, `garbage number ${n} `.repeat(100));
      open(folder).close();
      expect(readFileSync(`${file}.corrupt-${n}`, 'utf8')).toContain(`garbage number ${n}`);
    }
    expect(readdirSync(folder).filter((name) => name.includes('corrupt'))).toEqual(['outbox.db.corrupt-4']);
  });

  test('a crash between moving the database and its WAL is completed at the next start', () => {
    const folder = tempFolder();
    const file = path.join(folder, 'outbox.db');
    writeFileSync(`${file}.corrupt-1`, 'the database');
    writeFileSync(`${file}-wal`, 'its log');
    open(folder).close();
    expect(readFileSync(`${file}.corrupt-1-wal`, 'utf8')).toBe('its log');
  });

  test("a newer version's file is refused, not touched", async () => {
    const folder = tempFolder();
    await filled(folder, 1);
    const database = openSqlite(path.join(folder, 'outbox.db'), { synchronous: 'FULL' });
    database.pragma('user_version = 99');
    database.close();
    expect(() => open(folder)).toThrow(/format 99.*newer version/);
    expect(readdirSync(folder).filter((name) => name.includes('corrupt'))).toEqual([]);
  });

  test('a damaged lock file does not keep the agent from starting', () => {
    const folder = tempFolder();
    writeFileSync(path.join(folder, 'lock.db'), 'not a database at all '.repeat(50));
    open(folder).close();
    expect(existsSync(path.join(folder, 'lock.db.corrupt-1'))).toBe(true);
  });
});
