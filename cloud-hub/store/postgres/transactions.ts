/**
 * Transactions on PostgreSQL that behave as SQLite's: as if one came after the other, also those of other hubs on the same database.
 *
 * They are serialisable (PostgreSQL, "Serializable Isolation Level"): the server rolls one of those back that could not have come one after the
 * other, and it is tried again. So the work of a transaction may run several times: it changes nothing outside of the database.
 * A connection that ends while it commits leaves open whether it has; whoever asked is told that it failed, and asks again.
 */
import type { Kysely, Transaction } from 'kysely';
import type { Clock } from '../../../shared/kit/clock.ts';
import type { Tables } from '../tables.ts';
import { isConflict, MAX_TRIES, waitBefore } from './retries.ts';

export type Transact = <T>(work: (transaction: Transaction<Tables>) => Promise<T>) => Promise<T>;

/** @param chance from 0 to 1, as Math.random */
export function createTransact(query: Kysely<Tables>, clock: Pick<Clock, 'sleep'>, chance: () => number): Transact {
  return async (work) => {
    for (let failed = 1; ; failed += 1) {
      try {
        return await query.transaction().setIsolationLevel('serializable').execute(work);
      } catch (error) {
        if (!isConflict(error) || failed >= MAX_TRIES) throw error;
        await clock.sleep(waitBefore(failed, chance()));
      }
    }
  };
}
