/** One run of StrykerJS over one room. Results are kept in `.stryker/`, so that only what changed, or was not reached, is run again. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import path from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import { JOURNAL, JOURNAL_REPORTER, type Journaled } from './journal-reporter.ts';
import { claim, goOn } from './kept.ts';
import { type Room, sourcesOf, testsOf } from './rooms.ts';
import type { Counts, Sample } from './sample.ts';
import { LEFT_OUT, SAMPLE, SAMPLE_CHECKER } from './sample-checker.ts';
import type { Survivor } from './survivors.ts';
import { UNTIL as END, OUT_OF_TIME, TIMED_RUNNER } from './timed-runner.ts';

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
  /** Look at a sample only. Its results are kept until all of it was looked at. */
  readonly sample?: Sample;
  /** When to end, in milliseconds since 1970; what was not reached by then is left for the next run. */
  readonly end?: number;
}

export interface Outcome extends Counts {
  readonly room: Room;
  /** How many of the noticed ones were so only because the tests did not end in time. */
  readonly timeouts: number;
  /** How many results of an earlier run that was cut off, or that looked at the same code, the run began with. */
  readonly known: number;
  /** How many were not looked at because the time was over. */
  readonly left: number;
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
  const name = room.path.replaceAll('/', '-');
  mkdirSync(folder, { recursive: true });
  const claimed = path.join(folder, `${name}.pid`);
  claim(claimed);
  // What a run that was killed left of its copy of the project.
  rmSync(path.join(folder, name), { recursive: true, force: true });
  const kind = options.sample ? 'sample' : 'report';
  const report = path.join(folder, `${name}.${kind}.json`);
  const kept = {
    known: path.join(folder, options.sample ? `${name}.sample.known.json` : `${name}.known.json`),
    journal: path.join(folder, `${name}.${kind}.journal.jsonl`),
  };
  const run = JSON.stringify({ sample: options.sample, strings: options.strings, ...(options.sample && { sources }) });
  const results = goOn(kept, run, options.sample !== undefined, options.force);
  const asked = (file: string) => options.changed === undefined || sources.includes(file);
  const known = [...results].reduce((sum, [file, count]) => sum + (asked(file) ? count : 0), 0);
  const slower = slowdown();
  process.env[TESTS] = JSON.stringify(testsOf(room));
  process.env[UNTIL] = String(Math.round(limitsMs.until * slower));
  process.env[TEST] = String(Math.round(limitsMs.test * slower));
  if (options.end !== undefined) process.env[END] = String(options.end);
  if (options.sample) {
    const rest: Sample = { ...options.sample, size: Math.max(0, options.sample.size - known) };
    process.env[SAMPLE] = JSON.stringify(rest);
  }
  const journaled: Journaled = {
    root: options.root,
    file: kept.journal,
    run,
    ...(options.changed && { only: sources }),
    notRun: [LEFT_OUT, OUT_OF_TIME],
  };
  process.env[JOURNAL] = JSON.stringify(journaled);
  const began = Date.now();
  await new Stryker({
    mutate: sources,
    testRunner: TIMED_RUNNER,
    plugins: [
      '@stryker-mutator/vitest-runner',
      ...['sample-checker', 'timed-runner', 'journal-reporter'].map((one) =>
        path.join(import.meta.dirname, `${one}.js`),
      ),
    ],
    checkers: options.sample ? [SAMPLE_CHECKER] : [],
    vitest: { configFile: 'test/mutation/vitest.config.ts', related: true },
    coverageAnalysis: 'perTest',
    ignoreStatic: true,
    incremental: true,
    incrementalFile: kept.known,
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
    reporters: ['json', JOURNAL_REPORTER, process.stdout.isTTY ? 'progress' : 'progress-append-only'],
    jsonReporter: { fileName: report },
    allowEmpty: true,
  })
    .runMutationTest()
    .finally(() => rmSync(claimed, { force: true }));
  const seconds = (Date.now() - began) / 1000;
  if (!existsSync(report)) throw new Error(`${room.path}: Stryker wrote no report`);
  const outcome = { ...outcomeOf(JSON.parse(readFileSync(report, 'utf8')) as Report, asked), room, known, seconds };
  if (options.sample && outcome.left === 0) for (const file of Object.values(kept)) rmSync(file, { force: true });
  return outcome;
}

function outcomeOf(report: Report, asked: (file: string) => boolean): Omit<Outcome, 'room' | 'known' | 'seconds'> {
  const files = Object.entries(report.files).filter(([file]) => asked(file));
  const all = files.flatMap(([file, { source, mutants }]) => {
    const lines = source.split('\n');
    return mutants.map((mutant) => ({ file, mutant, code: (lines[mutant.location.start.line - 1] ?? '').trim() }));
  });
  const count = (...statuses: string[]) => all.filter(({ mutant }) => statuses.includes(mutant.status)).length;
  const because = (reason: string) => all.filter(({ mutant }) => mutant.statusReason === reason).length;
  const looked = count('Killed', 'Timeout', 'Survived');
  const left = because(OUT_OF_TIME);
  return {
    reached: looked + because(LEFT_OUT) + left,
    left,
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
