import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { programTests, sqliteTests, timedTests, unitTests } from './unit-tests.ts';

const root = path.resolve(import.meta.dirname, '..');
const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => path.posix.join('test', file.split(path.sep).join('/')));
const units = unitTests(new Map(files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')])));
const programs = programTests(files, units);
/** Each store that a test opens in its own process, on PostgreSQL. */
const onPostgres = process.env.VEDETTE_TEST_DATABASE === 'postgres';
/** Each transaction of such a store, twice. */
const runsTwice = process.env.VEDETTE_TEST_TRANSACTIONS === 'twice';
const elsewhere = onPostgres ? Object.keys(sqliteTests) : [];

/**
 * Four projects: `unit` and `system` are `npm test`, `e2e` and `timed` are `npm run test:e2e`. Unit tests share the modules of their worker: to load these again for each file took longer than the tests. They
 * cannot meet in them, because no module of the product has state, and what a test changes of the process is put back after it.
 * All others have a process of their own. Those that measure time come last, one at a time, so that no other test delays what they measure.
 *
 * Vitest takes the projects of one group by name: `system` before `unit`. Its files take up to minutes each, and the many short unit tests
 * fill the other worker while the last of them ends.
 */
export default defineConfig({
  root,
  test: {
    testTimeout: 90_000,
    hookTimeout: 120_000,
    // As `until` (support/): a second is not long on a busy machine.
    expect: { poll: { timeout: 20_000 } },
    maxWorkers: 2,
    globalSetup: ['test/support/hold-closed-ports.ts', ...(onPostgres ? ['test/support/run-on-postgres.ts'] : [])],
    setupFiles: [
      'test/support/seed.ts',
      ...(onPostgres ? ['test/support/store-on-postgres.ts'] : []),
      ...(runsTwice ? ['test/support/transactions-twice.ts'] : []),
    ],
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          exclude: [...units, ...programs, ...timedTests, ...elsewhere],
        },
      },
      { extends: true, test: { name: 'e2e', include: programs } },
      { extends: true, test: { name: 'unit', include: units, exclude: elsewhere, isolate: false } },
      {
        extends: true,
        test: { name: 'timed', include: [...timedTests], maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
