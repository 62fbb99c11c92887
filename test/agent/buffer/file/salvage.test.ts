/** What can be read of a damaged file. */
import { closeSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSalvage } from '../../../../agent/buffer/file/salvage.ts';
import { MAX_ORIGINS } from '../../../../shared/contract/messages/record.ts';
import { tempFolder } from '../../../support/temp.ts';
import { body, open, unsynced } from '../fixture.ts';

async function filled(records: number, padding = 0) {
  const folder = tempFolder();
  const outbox = open(folder, { open: unsynced });
  const kinds = ['event', 'reading', 'error', 'health'] as const;
  for (let mark = 0; mark < records; mark += 500)
    await outbox.append(
      Array.from({ length: Math.min(500, records - mark) }, (_, i) => body(mark + i, kinds[i % 4], padding)),
    );
  outbox.close();
  const at = path.join(folder, 'outbox.db');
  return {
    at,
    epoch: outbox.epoch,
    change(run: (database: ReturnType<typeof unsynced>) => void) {
      const database = unsynced(at);
      run(database);
      database.close();
    },
    read(noted?: string) {
      const salvage = openSalvage(at, noted);
      if (!salvage) return undefined;
      const entries = [...salvage.entries].map(({ json, rank, bytes }) => {
        expect(bytes).toBe(Buffer.byteLength(json));
        return { rank, ...JSON.parse(json) };
      });
      salvage.close();
      return { meta: salvage.meta, entries };
    },
  };
}

describe('a salvage', () => {
  test('gives every record of a whole file, in order, with its rank, and the name that it had', async () => {
    const t = await filled(1_001);
    const { meta, entries } = t.read() ?? expect.fail();
    expect(meta).toMatchObject({ epoch: t.epoch, nextSeq: 1_002 });
    expect(entries.map(({ mark }) => mark)).toEqual(Array.from({ length: 1_001 }, (_, i) => i));
    expect(entries.slice(0, 4).map(({ rank, kind }) => [rank, kind])).toEqual([
      [2, 'event'],
      [0, 'reading'],
      [1, 'error'],
      [0, 'health'],
    ]);
    entries.forEach(({ origin }, i) => {
      expect(origin).toEqual([{ epoch: t.epoch, seq: i + 1 }]);
    });
  });

  test('takes the copy of the state, then the note, and without either leaves the records nameless', async () => {
    const t = await filled(2);
    t.change((database) => database.exec(`UPDATE meta SET state = '{'`));
    expect(t.read('other')).toMatchObject({
      meta: { epoch: t.epoch },
      entries: [{ origin: [{ epoch: t.epoch }] }, {}],
    });
    t.change((database) => database.exec(`UPDATE meta_copy SET state = '{'`));
    expect(t.read('noted')).toMatchObject({ meta: undefined, entries: [{ origin: [{ epoch: 'noted', seq: 1 }] }, {}] });
    const nameless = t.read() ?? expect.fail();
    expect(nameless.entries.map((entry) => 'origin' in entry)).toEqual([false, false]);
    t.change((database) => database.exec('DROP TABLE meta; DROP TABLE meta_copy'));
    expect(t.read('noted')?.entries).toHaveLength(2);
  });

  test('leaves out what is no record any more, and only that', async () => {
    const t = await filled(10);
    t.change((database) => {
      const set = (seq: number, text: string | Buffer | number) =>
        [0, 1, 2].forEach((rank) => {
          database.exec('PRAGMA ignore_check_constraints = ON');
          database.prepare(`UPDATE records_${rank} SET body = ? WHERE seq = ?`).run(text, seq);
        });
      set(1, '{"kind":"event"');
      set(2, '"event"');
      set(3, '{"mark":3}');
      set(4, '{"kind":"toString"}');
      set(5, '{"kind":"dream"}');
      set(6, 'null');
      set(7, '{"kind":"loss","mark":6}');
    });
    const { entries } = t.read() ?? expect.fail();
    expect(entries.map(({ mark, rank, kind }) => [mark, rank, kind])).toEqual([
      [6, 3, 'loss'],
      [7, 0, 'health'],
      [8, 2, 'event'],
      [9, 0, 'reading'],
    ]);
  });

  test('keeps the newest names of a record that had many, and none that are no names', async () => {
    const t = await filled(3);
    const names = Array.from({ length: MAX_ORIGINS }, (_, i) => ({ epoch: `e${i}`, seq: i + 1 }));
    t.change((database) => {
      const set = (seq: number, origin: unknown) =>
        [0, 1, 2].forEach((rank) => {
          database
            .prepare(`UPDATE records_${rank} SET body = ? WHERE seq = ?`)
            .run(JSON.stringify({ kind: 'event', origin }), seq);
        });
      set(1, names);
      set(2, names.slice(1));
      set(3, 'nonsense');
    });
    const { entries } = t.read() ?? expect.fail();
    const own = (seq: number) => ({ epoch: t.epoch, seq });
    expect(entries.map(({ origin }) => origin)).toEqual([
      [...names.slice(1), own(1)],
      [...names.slice(1), own(2)],
      [own(3)],
    ]);
  });

  test('goes on behind damaged pages, wherever they lie, and ends', async () => {
    const t = await filled(4_000, 300);
    const pages = statSync(t.at).size / 4096;
    const handle = openSync(t.at, 'r+');
    for (let page = 20; page < pages - 20; page += 23)
      writeSync(handle, Buffer.alloc(4096, 0xa5), 0, 4096, page * 4096);
    closeSync(handle);
    const { entries } = t.read() ?? expect.fail();
    const marks = entries.map(({ mark }) => mark);
    expect(marks).toEqual(marks.toSorted((a, b) => a - b));
    expect(new Set(marks).size).toBe(marks.length);
    // Each page holds some ten records; reading skips further the longer it fails.
    expect(marks.length).toBeGreaterThan(3_000);
    expect(marks.at(-1)).toBe(3_999);
  });

  test('of what SQLite cannot open is none, and of a file without tables is empty', () => {
    const garbage = path.join(tempFolder(), 'outbox.db');
    writeFileSync(garbage, 'this is no database, and never was one; it is longer than a header'.repeat(10));
    expect(openSalvage(garbage)).toBeUndefined();
    expect(openSalvage(path.join(tempFolder(), 'none.db'))).toBeUndefined();
    const empty = path.join(tempFolder(), 'empty.db');
    unsynced(empty).close();
    const salvage = openSalvage(empty, 'e');
    expect(salvage?.meta).toBeUndefined();
    expect([...(salvage?.entries ?? ['none'])]).toEqual([]);
    salvage?.close();
  });
});
