/**
 * A plugin of Stryker: its runner for Vitest, which runs no more mutants when the time is over. Stryker has no way to end a run in order; so
 * those that are left are answered at once, and it ends by itself, with its report and without leftovers.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { strykerPlugins as vitestPlugins } from '@stryker-mutator/vitest-runner';
import type { Vitest } from 'vitest/node';
import { KeptWorkers } from './kept-worker.ts';

/** The name of the variable with the end of the run, in milliseconds since 1970. */
export const UNTIL = 'VEDETTE_MUTATION_UNTIL';

export const TIMED_RUNNER = 'vitest-in-time';

/** Why a mutant was not run, in Stryker's report. */
export const OUT_OF_TIME = 'the time was over';

type Late = { readonly status: 'error'; readonly errorMessage: string };
const late: Late = { status: 'error', errorMessage: OUT_OF_TIME };

/**
 * `run` until `end`, and after it an answer that says that the time was over; also for what is under way then, because one mutant may hang for
 * minutes. Both `end` and `now` are milliseconds since 1970.
 */
export function inTime<O, R>(run: (options: O) => Promise<R>, end: number, now: () => number) {
  return async (options: O): Promise<R | Late> => {
    const left = end - now();
    if (left === Number.POSITIVE_INFINITY) return run(options);
    if (left <= 0) return late;
    const over = new AbortController();
    const ended = sleep(Math.min(left, 2 ** 31 - 1), late, { signal: over.signal });
    try {
      return await Promise.race([run(options), ended]);
    } finally {
      ended.catch(() => undefined);
      over.abort();
    }
  };
}

const vitest = vitestPlugins[0]?.factory;
if (vitest === undefined) throw new Error('@stryker-mutator/vitest-runner has no runner any more: adapt test/mutation');
const makeRunner = vitest;
type Injector = NonNullable<Parameters<typeof makeRunner>[0]>;

/** After these the thread may have been left in any state: an endless loop that was cut off, an error outside of any test. */
const outOfOrder = new Set(['timeout', 'error']);

function timedRunner(injector: Injector) {
  const runner = injector.injectFunction(makeRunner);
  const end = Number(process.env[UNTIL] ?? Number.POSITIVE_INFINITY);
  const workers = new KeptWorkers();
  return {
    capabilities: () => runner.capabilities(),
    init: async () => {
      await runner.init?.();
      // Stryker has no option for the pool. Without this the result is the same, and each mutant takes longer.
      const vitest = Reflect.get(runner, 'ctx') as Vitest | undefined;
      if (vitest === undefined)
        throw new Error('the Vitest of @stryker-mutator/vitest-runner is not in `ctx` any more');
      for (const { config } of vitest.projects) Object.assign(config, { pool: workers.name, poolRunner: workers });
    },
    dryRun: async (options: Parameters<typeof runner.dryRun>[0]) => {
      const result = await runner.dryRun(options);
      await workers.end();
      return result;
    },
    mutantRun: inTime(
      async (options: Parameters<typeof runner.mutantRun>[0]) => {
        const result = await runner.mutantRun(options);
        if (outOfOrder.has(result.status)) await workers.end();
        return result;
      },
      end,
      Date.now,
    ),
    dispose: async () => {
      await runner.dispose?.();
      await workers.end();
    },
  };
}
timedRunner.inject = ['$injector'];

export const strykerPlugins = [{ kind: 'TestRunner', name: TIMED_RUNNER, factory: timedRunner }];
