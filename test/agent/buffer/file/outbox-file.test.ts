/** The file itself: its state, its transactions, what it leases. */
import { statSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseMeta } from '../../../../agent/buffer/file/format.ts';
import { OutboxFile } from '../../../../agent/buffer/file/outbox-file.ts';
import type { FileTransaction } from '../../../../agent/buffer/file/transaction.ts';
import { sizesOf } from '../../../../agent/buffer/space/sizes.ts';
import { CodedError } from '../../../../shared/kit/errors.ts';
import { unsynced } from '../fixture.ts';
import { entries, entry, opened } from './opened-file.ts';

describe('a file', () => {
  test('is new with an epoch of its own, nothing held, and pages that can be given back', () => {
    const { file, database } = opened();
    expect(file.meta).toEqual({
      epoch: expect.stringMatching(/^[0-9a-f]{16}$/),
      nextSeq: 1,
      held: Array.from({ length: 4 }, () => ({ records: 0, bytes: 0 })),
      refused: 0,
      givenUp: 0,
      starts: [{ id: expect.stringMatching(/^[0-9a-f]{16}$/), from: 1 }],
      earlier: [],
      inDoubt: [],
      secure: true,
      keys: [],
      plain: true,
    });
    expect(opened().file.meta.epoch).not.toBe(file.meta.epoch);
    expect(database.pragma('auto_vacuum', { simple: true })).toBe(2);
    expect(database.pragma('user_version', { simple: true })).toBe(3);
    expect([file.base(), file.base(7)]).toEqual([1, 1]);
  });

  test('keeps a transaction whole or not at all, with both copies of its state', () => {
    const { file, database, insert, seqs, held } = opened();
    expect(insert([entry(10), entry(20, 0), entry(30, 3)])).toBe(1);
    const before = file.meta;
    const states = () => ['meta', 'meta_copy'].map((t) => database.prepare(`SELECT state FROM ${t}`).pluck().get());
    expect(states().map(parseMeta)).toEqual([before, before]);
    const spoil = (transaction: FileTransaction) => {
      transaction.insert([entry(5)]);
      transaction.remove(1, 2);
      transaction.draft.givenUp = 99;
      throw new Error('half-way');
    };
    expect(() => file.change(spoil)).toThrow('half-way');
    expect(file.meta).toEqual(before);
    expect(states().map(parseMeta)).toEqual([before, before]);
    expect(seqs()).toEqual([1, 2, 3]);
    expect(insert([entry(1)])).toBe(4);
    expect(held()).toEqual([
      [1, 20],
      [0, 0],
      [2, 11],
      [1, 30],
    ]);
    expect(() => file.change((transaction) => transaction).draft).toThrow('outside of one');
  });

  test('refuses what another program or a newer version made, and takes over the formats before', () => {
    expect(() => opened((database) => database.exec('CREATE TABLE other (x)'))).toThrow('has tables of something else');
    try {
      opened((database) => database.pragma('user_version = 4'));
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(CodedError);
      expect(String(error)).toMatch(/has format 4, this agent knows 3: it was made by a newer version/);
    }
    const { at, file, database, insert } = opened();
    insert(entries(3));
    const { meta } = file;
    database.exec('DROP TABLE meta_copy');
    for (const table of ['records_0', 'records_1', 'records_2', 'records_3', 'refused'])
      database.exec(`ALTER TABLE ${table} DROP COLUMN sealed`);
    database.pragma('user_version = 1');
    const again = new OutboxFile(unsynced(at), at);
    expect(again.meta).toEqual({ ...meta, starts: [...meta.starts, { id: expect.any(String), from: 4 }] });
    again.close();
    expect(parseMeta(database.prepare('SELECT state FROM meta_copy').pluck().get())).toEqual(meta);
    expect(database.pragma('user_version', { simple: true })).toBe(3);
  });

  test('that holds a number which it has not given is damaged', () => {
    const { at, database, insert } = opened();
    insert(entries(3));
    const put = (seq: number) =>
      database.prepare('INSERT INTO records_0 (seq, bytes, body) VALUES (?, 1, ?)').run(seq, '');
    put(4);
    expect(() => new OutboxFile(unsynced(at), at)).toThrow('it holds number 4, but the next is 4');
    database.exec('DELETE FROM records_0');
    new OutboxFile(unsynced(at), at).close();
  });

  test.each([
    ['not JSON', '{'],
    ['nothing', null],
    ['a wrong epoch', '{"epoch":"!","nextSeq":1,"held":[],"refused":0,"givenUp":0}'],
    [
      'a rank less',
      JSON.stringify({ epoch: 'e', nextSeq: 1, held: Array(3).fill({ records: 0, bytes: 0 }), refused: 0, givenUp: 0 }),
    ],
    [
      'number 0',
      JSON.stringify({ epoch: 'e', nextSeq: 0, held: Array(4).fill({ records: 0, bytes: 0 }), refused: 0, givenUp: 0 }),
    ],
  ])('whose state is %s is damaged', (_what, state) => expect(parseMeta(state)).toBeUndefined());

  test('whose state is of the time before starts were told apart and anything was in doubt is whole', () => {
    const old = { epoch: 'e', nextSeq: 1, held: Array(4).fill({ records: 0, bytes: 0 }), refused: 0, givenUp: 0 };
    expect(parseMeta(JSON.stringify(old))).toEqual({
      ...old,
      starts: [],
      earlier: [],
      inDoubt: [],
      secure: false,
      keys: [],
      plain: true,
    });
  });

  test('leases by number over all ranks, within every bound', () => {
    const { file, insert } = opened();
    insert([entry(10, 3), entry(500, 0), entry(10, 2), entry(10, 1), entry(10, 0)]);
    const lease = (limit: number, bytes: number, from = 1, to = 1e9) =>
      file.lease(limit, bytes, { from, to }).map(({ seq }) => seq);
    expect(file.lease(1, 10, { from: 1, to: 1 })).toEqual([{ seq: 1, bytes: 10, json: 'x'.repeat(10), isJson: false }]);
    expect(lease(5, 540)).toEqual([1, 2, 3, 4, 5]);
    expect(lease(5, 539)).toEqual([1, 2, 3, 4]);
    expect(lease(3, 540)).toEqual([1, 2, 3]);
    expect(lease(5, 540, 3, 4)).toEqual([3, 4]);
    // Larger than the bound, and the first: it goes alone, and blocks nothing.
    expect(lease(5, 100, 2)).toEqual([2]);
    expect(lease(5, 509)).toEqual([1]);
    expect(lease(5, 1)).toEqual([1]);
    expect(lease(5, 540, 6)).toEqual([]);
    expect([file.base(2), file.base(5), file.base(6)]).toEqual([2, 5, 6]);
  });

  test('takes no text for JSON that is none, however its bytes were damaged', () => {
    const { file, database, insert } = opened();
    insert([entry(1)]);
    const write = database.prepare<[Buffer]>('UPDATE records_2 SET body = CAST(? AS TEXT)');
    const leased = (bytes: Buffer) => {
      write.run(bytes);
      return file.lease(1, 1, { from: 1, to: 1 })[0];
    };
    const damage = fc.record({ at: fc.nat(), bytes: fc.uint8Array({ maxLength: 3 }), instead: fc.nat(3) });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(damage, { maxLength: 3 }), (record, damages) => {
        const whole = Buffer.from(JSON.stringify(record));
        expect(leased(whole)).toMatchObject({ json: JSON.stringify(record), isJson: true });
        let text = whole;
        for (const { at, bytes, instead } of damages) {
          const place = at % (text.length + 1);
          text = Buffer.concat([text.subarray(0, place), bytes, text.subarray(place + instead)]);
        }
        const found = leased(text);
        if (found?.isJson) expect(() => JSON.parse(found.json)).not.toThrow();
      }),
      { numRuns: 2000, examples: [[{ a: 1 }, [{ at: 7, bytes: Buffer.from('\0x}'), instead: 0 }]]] },
    );
  });

  test('knows its size in pages and bytes, and empties its log', () => {
    const { at, file, database, insert } = opened();
    insert(entries(2000, 1000));
    file.boundWal(sizesOf(64 * 1024 * 1024));
    expect(database.pragma('wal_autocheckpoint', { simple: true })).toBe(512);
    expect(database.pragma('journal_size_limit', { simple: true })).toBe(512 * 2 * 4096);
    const size = file.size();
    expect(size).toMatchObject({ pageBytes: 4096, freePages: 0, walBytes: statSync(`${at}-wal`).size });
    expect(size.pages * 4096).toBeGreaterThan(2_000_000);
    expect(file.bytesOnDisk()).toBe(size.pages * 4096 + size.walBytes);
    expect(file.allocatedBytes()).toBe(statSync(at).size + size.walBytes);
    insert(entries(1));
    file.checkpoint();
    expect(file.size().walBytes).toBe(0);
    expect(statSync(at).size).toBe(file.size().pages * 4096);
    file.change((transaction) => transaction.remove(1, 1000));
    expect(file.size().freePages).toBeGreaterThan(200);
    const { pages, freePages } = file.size();
    file.change((transaction) => transaction.releasePages(100));
    expect(file.size()).toMatchObject({ pages: pages - 100, freePages: freePages - 100 });
  });
});

describe('a step of a transaction', () => {
  test('removes a range of some ranks, with their tallies', () => {
    const { file, insert, seqs, held } = opened();
    insert([entry(1, 0), entry(2, 1), entry(4, 2), entry(8, 0), entry(16, 0)]);
    expect(file.change((t) => t.remove(2, 4, [0]))).toBe(1);
    expect(seqs()).toEqual([1, 2, 3, 5]);
    expect(file.change((t) => t.remove(1, 3))).toBe(3);
    expect(file.change((t) => t.remove(1, 3))).toBe(0);
    expect(seqs()).toEqual([5]);
    expect(held()).toEqual([
      [1, 16],
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
    expect(file.meta.nextSeq).toBe(6);
  });

  test('rewrites a record that is there', () => {
    const { file, insert, held } = opened();
    insert([entry(10, 3), entry(20, 3)]);
    file.change((t) => t.rewrite(2, { rank: 3, bytes: 25, json: 'new' }, 20));
    expect(file.lease(9, 99, { from: 2, to: 2 })).toMatchObject([{ seq: 2, bytes: 25, json: 'new' }]);
    expect(held()[3]).toEqual([2, 35]);
    expect(() => file.change((t) => t.rewrite(3, entry(1, 3), 20))).toThrow('record 3 is not there');
    expect(() => file.change((t) => t.rewrite(2, entry(1, 2), 20))).toThrow('record 2 is not there');
    expect(held()[3]).toEqual([2, 35]);
  });

  test('finds the oldest of a rank', () => {
    const { file, insert } = opened();
    insert([entry(1, 0), entry(2, 1), entry(3, 0), entry(4, 0)]);
    const oldest = (from: number, to: number, limit: number) =>
      file.change((t) => t.oldest(0, { from, to }, limit)).map(({ seq, bytes }) => [seq, bytes]);
    expect(oldest(1, 9, 2)).toEqual([
      [1, 1],
      [3, 3],
    ]);
    expect(oldest(2, 3, 9)).toEqual([[3, 3]]);
    expect(oldest(5, 9, 9)).toEqual([]);
  });
});
