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
}

/** Stryker groups all mutants that tests reach in one call, and then checks each group in the same process. */
export class SampleChecker {
  #chosen: ReadonlySet<string> = new Set();

  async init(): Promise<void> {}

  async group(mutants: readonly Mutant[]): Promise<string[][]> {
    const ids = mutants.map(({ id }) => id);
    this.#chosen = choose(ids, JSON.parse(process.env[SAMPLE] ?? '') as Sample);
    return ids.length === 0 ? [] : [ids];
  }

  async check(mutants: readonly Mutant[]): Promise<Record<string, object>> {
    const answer = (id: string) =>
      this.#chosen.has(id) ? { status: 'passed' } : { status: 'compileError', reason: LEFT_OUT };
    return Object.fromEntries(mutants.map(({ id }) => [id, answer(id)]));
  }
}

export const strykerPlugins = [{ kind: 'Checker', name: SAMPLE_CHECKER, injectableClass: SampleChecker }];
