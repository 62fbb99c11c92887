/**
 * With VEDETTE_TEST_TRANSACTIONS=twice (vitest.config.ts) the work of each transaction runs twice: the first time it is taken back. On PostgreSQL that
 * happens when two hubs meet, and seldom; whoever does something in a transaction that the database cannot take back is found here at once.
 */
import { vi } from 'vitest';
import type { HubDatabase } from '../../cloud-hub/store/database.ts';

class TakenBack extends Error {}

vi.mock(import('../../cloud-hub/store/open.ts'), async (original) => {
  const { openDatabase } = await original();
  return {
    openDatabase: async (...options) => {
      const database = await openDatabase(...options);
      const transact: HubDatabase['transact'] = async (work, how) => {
        if (how?.isAlone) return database.transact(work, how);
        const first = database.transact(async (db) => {
          await work(db);
          throw new TakenBack();
        }, how);
        await first.catch((error: unknown) => {
          if (!(error instanceof TakenBack)) throw error;
        });
        return database.transact(work, how);
      };
      return { ...database, transact };
    },
  };
});
