/** The tests of one room, for Stryker's workers; `stryker.ts` says which, and how long they may take. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { timedTests } from '../unit-tests.ts';

const root = new URL('../..', import.meta.url).pathname;

/**
 * The tests nearest to the mutated file first, and small ones before large ones: the first failed test ends the run, and most
 * mutants are noticed by the test that mirrors their file.
 */
class NearestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const mutated = this.ctx.config.related?.length === 1 ? this.ctx.config.related[0] : undefined;
    const near = path.relative(root, mutated ?? root).replace(/\.ts$/, '');
    const key = ({ moduleId }: TestSpecification) => ({
      near: common(near, path.relative(path.join(root, 'test'), moduleId).replace(/\.test\.ts$/, '')),
      size: statSync(moduleId).size,
    });
    return files
      .map((file) => ({ file, ...key(file) }))
      .sort((a, b) => b.near - a.near || a.size - b.size)
      .map(({ file }) => file);
  }
}

/** How many folders two paths share from the root, and one more where they are the same. */
function common(a: string, b: string): number {
  const [as, bs] = [a.split(path.sep), b.split(path.sep)];
  const differ = as.findIndex((part, i) => part !== bs[i]);
  return differ < 0 ? as.length : differ;
}

const limitMs = (name: string, ms: number): number => Number(process.env[name] ?? ms);

/** The serial port's native part aborts the process when it is used from a thread, and kept workers are threads. */
const NOT_IN_THREADS = 'test/agent/pipeline/source/series/serial.test.ts';

const untilMs = limitMs('VEDETTE_MUTATION_UNTIL_MS', 4_000);

export default defineConfig({
  root,
  test: {
    include: JSON.parse(process.env.VEDETTE_MUTATION_TESTS ?? '[]') as string[],
    // A busy machine makes them fail: each run would begin with a failure, or count it as a defect that was noticed.
    exclude: [...configDefaults.exclude, ...timedTests, NOT_IN_THREADS],
    globalSetup: ['test/support/hold-closed-ports.ts'],
    // What is waited for often never comes. Below Stryker's own limit: a failed test costs less than a worker that is killed and started again.
    env: { VEDETTE_UNTIL_MS: String(untilMs) },
    // As long as `until` (support/): Vitest's own second would count a busy machine as a test that noticed.
    expect: { poll: { timeout: untilMs } },
    testTimeout: limitMs('VEDETTE_MUTATION_TEST_MS', 30_000),
    hookTimeout: 120_000,
    // As unit tests are: modules have no state, and to load them again for each file takes longer than the tests.
    isolate: false,
    // What a test leaves in the shared process would make the next one fail, and count as noticed.
    setupFiles: ['test/support/seed.ts', 'test/mutation/no-mutant.ts'],
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    sequence: { sequencer: NearestFirst },
  },
});
