import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Db, HubDatabase } from '../../../../cloud-hub/store/database.ts';
import { isOutage } from '../../../../cloud-hub/store/postgres/failures.ts';
import { statementsOf } from '../../../../cloud-hub/store/statement.ts';
import { hasPostgres, withoutPostgres } from '../../../support/postgres.ts';
import { until } from '../../../support/until.ts';
import { openAt, postgresOfFile } from './support.ts';

const SELECT_MARK = 'SELECT up_to FROM sequences WHERE device = ? AND epoch = ?';
const INSERT_RECORD = `INSERT INTO records (device, epoch, seq, at, received_at, body, kind) VALUES (?, 'e', ?, 0, 0, '{}', 'status')`;
const SET_MARK = `INSERT INTO sequences (device, epoch, up_to, records, created_at) VALUES (?, 'e', ?, ?, 0)
  ON CONFLICT (device, epoch) DO UPDATE SET up_to = excluded.up_to, records = sequences.records + excluded.records`;

/** Numbers of one device, which come again and again, as devices send them. */
interface Batch {
  readonly device: string;
  readonly upTo: number;
}

/** What ingest does, in small: stores what is above the mark, and moves the mark. Only right when nothing comes between. */
async function take(db: Db, { device, upTo }: Batch): Promise<void> {
  const prepare = statementsOf(db);
  const mark = ((await prepare(SELECT_MARK).pluck().get(device, 'e')) as number | undefined) ?? 0;
  for (let seq = mark + 1; seq <= upTo; seq += 1) await prepare(INSERT_RECORD).run(device, seq);
  if (upTo > mark) await prepare(SET_MARK).run(device, upTo, upTo - mark);
}

/** What no index guards: a sum that the hub computes, and a note that is made once. */
async function count(db: Db): Promise<void> {
  const prepare = statementsOf(db);
  const before = (await prepare("SELECT floor FROM id_floors WHERE name = 'groups'").pluck().get()) as
    | number
    | undefined;
  const setSum = `INSERT INTO id_floors (name, floor) VALUES ('groups', ?) ON CONFLICT (name) DO UPDATE SET floor = excluded.floor`;
  await prepare(setSum).run((before ?? 0) + 1);
  const noted = await prepare("SELECT 1 AS one FROM losses WHERE reason = 'once'").get();
  if (noted === undefined)
    await prepare(`INSERT INTO losses (device, epoch, from_seq, to_seq, reason) VALUES ('a', 'e', 0, 0, 'once')`).run();
}

const group = fc.array(fc.record({ device: fc.constantFrom('a', 'b', 'c'), upTo: fc.integer({ min: 1, max: 12 }) }), {
  minLength: 1,
  maxLength: 4,
});

async function numbersOf(database: HubDatabase, device: string): Promise<unknown[]> {
  const all = statementsOf(database)('SELECT seq FROM records WHERE device = ? ORDER BY seq').pluck();
  return all.all(device);
}

describe.skipIf(!hasPostgres)(`transactions on PostgreSQL${withoutPostgres}`, () => {
  const postgres = postgresOfFile();
  const open = async () => openAt(await postgres.it().newDatabase());

  test('two hubs on one database: each record is there once, and the ledger is right, however they meet', async () => {
    const url = await postgres.it().newDatabase();
    const hubs = [await openAt(url), await openAt(url)];
    const [first] = hubs;
    if (!first) throw new Error('no hub');
    await fc.assert(
      fc.asyncProperty(fc.array(group, { minLength: 2, maxLength: 8 }), async (groups) => {
        for (const table of ['records', 'sequences', 'id_floors', 'losses'])
          await statementsOf(first)(`DELETE FROM ${table}`).run();
        // Each hub has its share of the groups, and takes several at once.
        const done = await Promise.allSettled(
          groups.map(async (batches, i) =>
            hubs[i % hubs.length]?.transact(async (db) => {
              for (const batch of batches) await take(db, batch);
              await count(db);
            }),
          ),
        );
        expect(done.filter(({ status }) => status === 'rejected')).toEqual([]);
        const totals = 'SELECT (SELECT floor FROM id_floors) AS groups, (SELECT count(*) FROM losses) AS notes';
        expect(await statementsOf(first)(totals).get()).toEqual({ groups: groups.length, notes: 1 });
        for (const device of ['a', 'b', 'c']) {
          const highest = Math.max(
            0,
            ...groups
              .flat()
              .filter((b) => b.device === device)
              .map((b) => b.upTo),
          );
          const all = Array.from({ length: highest }, (_, i) => i + 1);
          expect(await numbersOf(first, device)).toEqual(all);
          const row = await statementsOf(first)('SELECT up_to, records FROM sequences WHERE device = ?').get(device);
          expect(row).toEqual(highest === 0 ? undefined : { up_to: highest, records: highest });
        }
      }),
      { numRuns: 20 },
    );
  });

  test('who remembers the newest row that it has seen misses none: alone, it waits for those that have numbers already', async () => {
    const url = await postgres.it().newDatabase();
    const [first, second] = [await openAt(url), await openAt(url)];
    const ids = async (db: Db) => statementsOf(db)('SELECT id FROM records ORDER BY id').pluck().all();
    const insert = (db: Db, device: string) => statementsOf(db)(INSERT_RECORD).run(device, 1);
    let commit = () => {};
    const isHeld = new Promise<void>((resolve) => {
      commit = resolve;
    });
    let inserted = false;
    const early = first.transact(async (db) => {
      await insert(db, 'a');
      inserted = true;
      await isHeld;
    });
    await until(() => inserted, 'a row has its number');
    await second.transact((db) => insert(db, 'b'));
    // This is what goes wrong otherwise: the newest row is there, an older one is not.
    expect(await second.transact(ids)).toEqual([2]);
    let runs = 0;
    let seen: unknown;
    const looking = second.transact(
      async (db) => {
        runs += 1;
        seen = await ids(db);
      },
      { isAlone: true },
    );
    const waiting = `SELECT count(*) AS n FROM pg_locks WHERE NOT granted`;
    await until(
      async () => (await first.execute(waiting, [])).rows.some((row) => JSON.stringify(row) === '{"n":1}'),
      'it waits',
    );
    expect(runs).toBe(0);
    commit();
    await Promise.all([early, looking]);
    expect([runs, seen]).toEqual([1, [1, 2]]);
  });

  test('what throws leaves nothing, also when the work goes on after a failed statement', async () => {
    const database = await open();
    const failing = database.transact(async (db) => {
      await take(db, { device: 'a', upTo: 2 });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    const swallowed = database.transact(async (db) => {
      await take(db, { device: 'a', upTo: 2 });
      await db.execute('INSERT INTO records (device) VALUES ($1)', ['a']).catch(() => undefined);
    });
    await expect(swallowed).rejects.toThrow('nothing of it was written');
    expect(await numbersOf(database, 'a')).toEqual([]);
    await database.transact((db) => take(db, { device: 'a', upTo: 2 }));
    expect(await numbersOf(database, 'a')).toEqual([1, 2]);
  });

  test('a transaction is not nested, ends, and may not last too long', async () => {
    const url = await postgres.it().newDatabase();
    const database = await openAt(url, { limits: { waitMs: 20_000, lastMs: 300, isWatched: true } });
    await expect(database.transact(() => database.transact(async () => 1))).rejects.toThrow('begin no other one');
    await expect(database.transact(() => database.execute('SELECT 1', []))).rejects.toThrow('use what it gives');
    let kept: Db | undefined;
    await database.transact(async (db) => {
      kept = db;
    });
    await expect(kept?.execute('SELECT 1', [])).rejects.toThrow('has ended');
    const slow = database.transact(async (db) => {
      await take(db, { device: 'a', upTo: 2 });
      await delay(600);
    });
    await expect(slow).rejects.toThrow('lasted longer than 0.3 s');
    expect(await numbersOf(database, 'a')).toEqual([]);
    await database.transact((db) => take(db, { device: 'a', upTo: 1 }));
    expect(await numbersOf(database, 'a')).toEqual([1]);
  });

  test('values are those of SQLite: numbers, bytes, 0 and 1, no NUL, nothing infinite', async () => {
    const database = await open();
    const prepare = statementsOf(database);
    await prepare('INSERT INTO id_floors (name, floor) VALUES (?, ?)').run('a\0b', 253_402_300_799_999);
    expect(await prepare('SELECT name, floor, floor > ? AS more FROM id_floors WHERE name = ?').get(1, 'a\0b')).toEqual(
      {
        name: 'a\uFFFDb',
        floor: 253_402_300_799_999,
        more: 1,
      },
    );
    expect(
      await prepare('SELECT sum(floor) AS sum, count(*) AS n FROM id_floors WHERE floor > ? AND floor < ?').get(
        Number.NEGATIVE_INFINITY,
        Number.POSITIVE_INFINITY,
      ),
    ).toEqual({
      sum: 253_402_300_799_999,
      n: 1,
    });
    const quarantine = `INSERT INTO quarantine (device, received_at, reason, bytes, digest, payload) VALUES ('d', 1, 'r', 3, 'x', ?) RETURNING id`;
    expect(await prepare(quarantine).get(new Uint8Array([0, 1, 255]))).toEqual({ id: 1 });
    const row = (await database.query.selectFrom('quarantine').selectAll().executeTakeFirst()) ?? { payload: [] };
    expect([...row.payload]).toEqual([0, 1, 255]);
    expect(await prepare('UPDATE quarantine SET bytes = ?').run(4)).toMatchObject({ changes: 1 });
  });

  test('what reads cannot write, and sorts text by its bytes', async () => {
    const database = await open();
    await expect(database.execute('SELECT nextval($1)', ['records_id_seq'])).rejects.toThrow('read-only');
    for (const name of ['b', 'A', 'a', 'B', 'ä', 'Z'])
      await database.execute('INSERT INTO id_floors (name, floor) VALUES ($1, $2)', [name, 1]);
    const { rows } = await database.query
      .selectFrom('devices')
      .selectAll()
      .execute()
      .then(() => database.execute('SELECT name FROM id_floors ORDER BY name', []));
    expect(rows).toEqual(['A', 'B', 'Z', 'a', 'b', 'ä'].map((name) => ({ name })));
  });
});

describe.skipIf(!hasPostgres)(`a PostgreSQL that goes away${withoutPostgres}`, () => {
  const postgres = postgresOfFile();

  test.each(['stop', 'crash'] as const)(
    '%s: nothing is told to be written that is not, and it goes on by itself',
    async (how) => {
      const server = postgres.it();
      const idle: Error[] = [];
      const database = await openAt(await server.newDatabase(), { onError: (error) => idle.push(error) });
      const told = new Set<number>();
      let isOver = false;
      const failures: unknown[] = [];
      const sending = (async () => {
        for (let seq = 1; !isOver; ) {
          try {
            await database.transact((db) => take(db, { device: 'a', upTo: seq }));
            told.add(seq);
            seq += 1;
          } catch (error) {
            failures.push(error);
            await delay(20);
          }
        }
      })();
      await until(() => told.size > 50, 'records are stored');
      await server[how]();
      await until(() => failures.length > 2, 'transactions fail');
      await expect(database.readiness.database()).rejects.toThrow(
        /cannot use the database postgres:\/\/vedette@127.*Is PostgreSQL running/,
      );
      await expect(database.execute('SELECT 1', [])).rejects.toSatisfy(isOutage);
      const before = told.size;
      await server.start();
      await until(() => told.size > before + 50, 'records are stored again');
      isOver = true;
      await sending;
      await database.readiness.database();
      expect(failures.filter((error) => !isOutage(error))).toEqual([]);
      // Each that was told is there, and each is there once (the last may be there untold).
      const stored = (await numbersOf(database, 'a')) as number[];
      expect(stored).toEqual(stored.map((_, i) => i + 1));
      expect([...told].every((seq) => seq <= stored.length)).toBe(true);
    },
  );
});
