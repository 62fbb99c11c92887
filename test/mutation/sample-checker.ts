/**
 * A plugin of Stryker: a checker that passes only the mutants in the sample. A checker is the one seam where Stryker asks about
 * each mutant before it runs tests; ranges of lines would favour small files, and would take mutants within mutants together.
 */
import { choose, type Sample } from './sample.ts';

/** The name of the variable by which the sample reaches the checker's process, as JSON. */
export const SAMPLE = 'VEDETTE_MUTATION_SAMPLE';

/** Why a mutant was not run, in Stryker's report. */
export const LEFT_OUT = 'not in the sample';

export const SAMPLE_CHECKER = 'sample';

interface Mutant {
  readonly id: string;
  /** The tests that reach it. */
  readonly coveredBy?: readonly string[];
}

/**
 * Stryker groups all mutants in one call, and then checks each group in the same process. Those that no test reaches are no part of the
 * sample: they pass, cost nothing, and are counted.
 */
export class SampleChecker {
  #chosen: ReadonlySet<string> = new Set();

  async init(): Promise<void> {}

  async group(mutants: readonly Mutant[]): Promise<string[][]> {
    const ids = mutants.map(({ id }) => id);
    const unreached = mutants.filter(({ coveredBy }) => coveredBy?.length === 0).map(({ id }) => id);
    const reached = ids.filter((id) => !unreached.includes(id));
    this.#chosen = new Set([...unreached, ...choose(reached, JSON.parse(process.env[SAMPLE] ?? '') as Sample)]);
    return ids.length === 0 ? [] : [ids];
  }

  async check(mutants: readonly Mutant[]): Promise<Record<string, object>> {
    const answer = (id: string) =>
      this.#chosen.has(id) ? { status: 'passed' } : { status: 'compileError', reason: LEFT_OUT };
    return Object.fromEntries(mutants.map(({ id }) => [id, answer(id)]));
  }
}

export const strykerPlugins = [{ kind: 'Checker', name: SAMPLE_CHECKER, injectableClass: SampleChecker }];
