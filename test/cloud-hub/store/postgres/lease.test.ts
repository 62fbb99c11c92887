/** One hub leads a database: what others may do beside it, and what becomes of one that was cut off. */
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { databaseAddress } from '../../../../cloud-hub/database-address.ts';
import type { Db, HubDatabase } from '../../../../cloud-hub/store/database.ts';
import { isOutage } from '../../../../cloud-hub/store/postgres/failures.ts';
import { type Lease, takeLease } from '../../../../cloud-hub/store/postgres/lease.ts';
import { openPostgresDatabase } from '../../../../cloud-hub/store/postgres/open.ts';
import { systemClock } from '../../../../shared/kit/clock.ts';
import { createLogger } from '../../../../shared/kit/log.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { asSuperuser, hasPostgres, withoutPostgres } from '../../../support/postgres.ts';
import { tempFolder } from '../../../support/temp.ts';
import { until } from '../../../support/until.ts';
import { postgresOfFile } from './support.ts';

interface Hub {
  readonly lease: Lease;
  readonly database: HubDatabase;
  isReplaced(): boolean;
  /** By which it looks whether it still leads. */
  readonly clock: ManualClock;
  end(): Promise<void>;
}

/** @param waits told when it stands by */
async function startHub(url: string, name: string, waits?: (why: string) => void): Promise<Hub> {
  const address = databaseAddress(url);
  const clock = new ManualClock();
  let isReplaced = false;
  const lease = await takeLease(address, {
    name,
    waits: waits !== undefined,
    clock: { ...systemClock, mono: () => clock.mono(), every: (ms, run) => clock.every(ms, run) },
    log: createLogger('test', 'silent'),
    waiting: (why) => waits?.(why),
    replaced() {
      isReplaced = true;
    },
  });
  const database = await openPostgresDatabase(address, 1, { folder: tempFolder(), term: lease.term });
  let ended: Promise<void> | undefined;
  const end = () => {
    ended ??= database.close().then(() => lease.release());
    return ended;
  };
  onTestFinished(end);
  return { lease, database, isReplaced: () => isReplaced, clock, end };
}

const cutOff = (url: string, name: string) =>
  asSuperuser(
    url,
    `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'vedette-hub leader ${name}'`,
  );

/** One more row, with the number after the highest: what is committed later has the higher number. */
async function write(db: Db, term: number): Promise<void> {
  const { rows } = await db.execute('SELECT COALESCE(MAX(from_seq), 0) + 1 AS next FROM losses', []);
  const next = Number((rows as { next: number }[])[0]?.next);
  await db.execute(
    `INSERT INTO losses (device, epoch, from_seq, to_seq, reason) VALUES ('a', 'e', ${next}, ${next}, '${term}')`,
    [],
  );
}

async function leads({ database }: Hub, name: string): Promise<boolean> {
  const { rows } = await database.execute(
    `SELECT a.application_name AS name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database()`,
    [],
  );
  return (rows as { name: string }[]).some((one) => one.name === `vedette-hub leader ${name}`);
}

async function termsIn({ database }: Hub): Promise<number[]> {
  const { rows } = await database.execute('SELECT reason FROM losses ORDER BY from_seq', []);
  return (rows as { reason: string }[]).map(({ reason }) => Number(reason));
}

describe.skipIf(!hasPostgres)(`the lead over a database${withoutPostgres}`, () => {
  const postgres = postgresOfFile();

  test('is that of one hub: another is refused, and told which hub leads', async () => {
    const url = await postgres.it().newDatabase();
    const first = await startHub(url, 'box-1/7');
    await expect(startHub(url, 'box-2/8')).rejects.toThrow(
      /another hub works on the database .*: vedette-hub leader box-1\/7, from .*, since .* works on the database.*--standby/,
    );
    await first.end();
    const second = await startHub(url, 'box-2/8');
    expect(second.lease.term).toBeGreaterThan(first.lease.term);
  });

  test('goes to a hub that stands by, and the one that was cut off writes nothing from then on', async () => {
    const url = await postgres.it().newDatabase();
    const first = await startHub(url, 'first');
    await first.database.transact((db) => write(db, 1));
    let asked: (() => void) | undefined;
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    let goOn: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => (goOn = resolve));
    const unfinished = first.database
      .transact(async (db) => {
        await write(db, 1);
        asked?.();
        await gate;
      })
      .catch((error: unknown) => error);
    await isAsked;
    const waiting: string[] = [];
    const starting = startHub(url, 'second', (why) => waiting.push(why));
    await until(() => waiting.length > 0, 'the second hub stands by');
    await cutOff(url, 'first');
    const second = await starting;
    expect(waiting[0]).toContain('vedette-hub leader first');

    goOn?.();
    expect(await unfinished).toSatisfy(isOutage);
    const refused = await first.database.transact((db) => write(db, 1)).catch((error: unknown) => error);
    expect(refused).toSatisfy(isOutage);
    await expect(first.database.execute('SELECT 1 AS one', [])).rejects.toSatisfy(isOutage);
    await second.database.transact((db) => write(db, 2));
    expect(await termsIn(second)).toEqual([1, 2]);

    expect([first.isReplaced(), second.isReplaced()]).toEqual([false, false]);
    await until(() => {
      first.clock.advance(2_000);
      return first.isReplaced();
    }, 'the first hub learns it');
  });

  test('comes back to its hub when the server died and nobody else stood by', async () => {
    const url = await postgres.it().newDatabase();
    const hub = await startHub(url, 'only');
    await hub.database.transact((db) => write(db, 1));
    await postgres.it().crash();
    await postgres.it().start();
    await until(
      () => hub.database.transact((db) => write(db, 2)).then(() => true),
      'the hub writes again, in the term that it had',
    );
    await until(() => {
      hub.clock.advance(2_000);
      return leads(hub, 'only');
    }, 'the hub leads again');
    expect(hub.isReplaced()).toBe(false);
    await expect(startHub(url, 'other')).rejects.toThrow('leader only');
  });

  test('ends with a hub that cannot reach the database for long, where others stand by', async () => {
    const url = await postgres.it().newDatabase();
    const alone = await startHub(url, 'alone');
    const other = await startHub(await postgres.it().newDatabase(), 'one of two', () => undefined);
    await postgres.it().stop();
    try {
      await until(() => {
        for (const { clock } of [alone, other]) clock.advance(2_000);
        return other.isReplaced();
      }, 'it ends');
      expect(alone.isReplaced()).toBe(false);
    } finally {
      await postgres.it().start();
    }
  });

  test('is waited for by a hub that stands by while the database is not there', async () => {
    const url = await postgres.it().newDatabase();
    await postgres.it().stop();
    const waiting: string[] = [];
    const starting = startHub(url, 'patient', (why) => waiting.push(why));
    await until(() => waiting.length > 0, 'it waits');
    expect(waiting).toEqual(['the database cannot be reached']);
    await postgres.it().start();
    expect((await starting).isReplaced()).toBe(false);
  });

  test('whoever is cut off or ends, whenever: terms never go back in what is committed', async () => {
    const step = fc.constantFrom('cut', 'end', 'write', 'write late');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 10 }), async (steps) => {
        const url = await postgres.it().newDatabase();
        let made = 0;
        const hubs: Hub[] = [await startHub(url, 'hub-0')];
        const late: Promise<unknown>[] = [];
        for (const what of steps) {
          const leader = hubs.at(-1);
          if (!leader) return;
          // Each hub that ever led tries, also those that do not know yet that they were replaced.
          const all = () => hubs.map(({ database, lease }) => database.transact((db) => write(db, lease.term)));
          if (what === 'write') await Promise.allSettled(all());
          else if (what === 'write late') late.push(Promise.allSettled(all()));
          else {
            made += 1;
            const next = startHub(url, `hub-${made}`, () => undefined);
            if (what === 'cut') await cutOff(url, `hub-${made - 1}`);
            else await leader.end();
            hubs.push(await next);
          }
        }
        await Promise.all(late);
        const newest = hubs.at(-1);
        if (!newest) return;
        await newest.database.transact((db) => write(db, newest.lease.term));
        const terms = await termsIn(newest);
        expect(terms).toEqual(terms.toSorted((a, b) => a - b));
        expect(terms.at(-1)).toBe(newest.lease.term);
        await Promise.all(hubs.map((hub) => hub.end()));
      }),
      { numRuns: 6 },
    );
  });
});
