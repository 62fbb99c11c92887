/** One run of StrykerJS over one room. Results are kept in `.stryker/`, so that only what changed is run again. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import path from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import { type Room, sourcesOf, testsOf } from './rooms.ts';
import type { Counts, Sample } from './sample.ts';
import { LEFT_OUT, SAMPLE, SAMPLE_CHECKER } from './sample-checker.ts';
import type { Survivor } from './survivors.ts';

/**
 * Not mutated by default: texts. Most are error texts and names of unions; the first would be a second copy of the text in
 * a test, the second the type checker stops. `--strings` mutates them too.
 */
const texts = 'StringLiteral';

export interface Options {
  readonly root: string;
  readonly concurrency: number;
  readonly strings: boolean;
  /** Forget what is known from earlier runs. */
  readonly force: boolean;
  readonly changed?: ReadonlySet<string>;
  /** Look at a sample only. Its results are not kept. */
  readonly sample?: Sample;
}

export interface Outcome extends Counts {
  readonly room: Room;
  /** How many of the noticed ones were so only because the tests did not end in time. */
  readonly timeouts: number;
  readonly survivors: readonly Survivor[];
  readonly seconds: number;
}

interface Report {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly ReportedMutant[] }>>;
}
interface ReportedMutant {
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly status: string;
  readonly statusReason?: string;
  readonly location: { readonly start: { readonly line: number } };
}

/** The name of the variable by which the tests of a room reach `vitest.config.ts` in Stryker's workers. */
export const TESTS = 'VEDETTE_MUTATION_TESTS';
/** … how long these wait for something at most, and how long one of them may take; in milliseconds. */
const UNTIL = 'VEDETTE_MUTATION_UNTIL_MS';
const TEST = 'VEDETTE_MUTATION_TEST_MS';

/** On an idle machine. Stryker adds its own limit to three times what the tests took without a mutant. */
const limitsMs = { until: 4_000, test: 30_000, stryker: 10_000 };

/**
 * By how much longer everything may take than on an idle machine: a busy machine must not count as a test that noticed.
 * Half as much again as the processes that want a core, because others may come while the run goes on. Endless loops do not wait for these
 * limits: Stryker ends a mutant that runs a hundred times as often as its code does without it.
 */
function slowdown(): number {
  const [one = 0, five = 0] = loadavg();
  return Math.min(20, Math.max(1, (1.5 * Math.max(one, five)) / availableParallelism()));
}

export async function mutate(room: Room, options: Options): Promise<Outcome | undefined> {
  const sources = sourcesOf(room, options.changed);
  if (sources.length === 0) return undefined;
  const folder = path.join(options.root, '.stryker');
  mkdirSync(folder, { recursive: true });
  const name = room.path.replaceAll('/', '-');
  const report = path.join(folder, `${name}.${options.sample ? 'sample' : 'report'}.json`);
  const slower = slowdown();
  process.env[TESTS] = JSON.stringify(testsOf(room));
  process.env[UNTIL] = String(Math.round(limitsMs.until * slower));
  process.env[TEST] = String(Math.round(limitsMs.test * slower));
  if (options.sample) process.env[SAMPLE] = JSON.stringify(options.sample);
  const began = Date.now();
  await new Stryker({
    mutate: sources,
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner', path.join(import.meta.dirname, 'sample-checker.js')],
    checkers: options.sample ? [SAMPLE_CHECKER] : [],
    vitest: { configFile: 'test/mutation/vitest.config.ts', related: true },
    coverageAnalysis: 'perTest',
    ignoreStatic: true,
    incremental: options.sample === undefined,
    incrementalFile: path.join(folder, `${name}.known.json`),
    force: options.force,
    // Stryker starts one checker for up to two workers, and ours decides in one process.
    concurrency: options.sample ? Math.min(2, options.concurrency) : options.concurrency,
    timeoutMS: Math.round(limitsMs.stryker * slower),
    timeoutFactor: 3,
    dryRunTimeoutMinutes: 15,
    // Stryker looks into tsconfig.json with an interface that TypeScript 7 no longer has; vitest needs nothing of it.
    tsconfigFile: '.stryker/no-tsconfig.json',
    ignorePatterns: ['/data', '/coverage', '/.stryker'],
    tempDirName: path.join('.stryker', name),
    mutator: { excludedMutations: options.strings ? [] : [texts] },
    reporters: ['json', process.stdout.isTTY ? 'progress' : 'progress-append-only'],
    jsonReporter: { fileName: report },
    allowEmpty: true,
  }).runMutationTest();
  const seconds = (Date.now() - began) / 1000;
  if (!existsSync(report)) throw new Error(`${room.path}: Stryker wrote no report`);
  return { ...outcomeOf(JSON.parse(readFileSync(report, 'utf8')) as Report), room, seconds };
}

function outcomeOf(report: Report): Omit<Outcome, 'room' | 'seconds'> {
  const all = Object.entries(report.files).flatMap(([file, { source, mutants }]) => {
    const lines = source.split('\n');
    return mutants.map((mutant) => ({ file, mutant, code: (lines[mutant.location.start.line - 1] ?? '').trim() }));
  });
  const count = (...statuses: string[]) => all.filter(({ mutant }) => statuses.includes(mutant.status)).length;
  const leftOut = all.filter(({ mutant }) => mutant.statusReason === LEFT_OUT).length;
  const looked = count('Killed', 'Timeout', 'Survived');
  return {
    reached: looked + leftOut,
    unreached: count('NoCoverage'),
    looked,
    noticed: count('Killed', 'Timeout'),
    timeouts: count('Timeout'),
    survivors: all
      .filter(({ mutant }) => mutant.status === 'Survived' || mutant.status === 'NoCoverage')
      .map(({ file, mutant, code }) => ({
        file,
        line: mutant.location.start.line,
        code,
        to: (mutant.replacement ?? '').split('\n')[0]?.trim() ?? '',
        mutator: mutant.mutatorName,
        covered: mutant.status === 'Survived',
      })),
  };
}
