/** A plugin of Stryker: a reporter that writes the journal (`journal.ts`) while the run goes on. */
import { appendFileSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { fromRoot, type Head, type KnownMutant, type Line, testName } from './journal.ts';

/** The name of the variable by which `Journaled` reaches the reporter, as JSON. */
export const JOURNAL = 'VEDETTE_MUTATION_JOURNAL';

export const JOURNAL_REPORTER = 'journal';

export interface Journaled {
  /** The folder of the project. */
  readonly root: string;
  readonly file: string;
  readonly run: string;
  /** The files that are mutated, from the root; without it all. Results of others come from what was known, and stay there. */
  readonly only?: readonly string[];
  /** Reasons that say that a mutant was not run. */
  readonly notRun: readonly string[];
}

/** The parts of Stryker's events that we need. Names of files are absolute. */
interface Tests {
  readonly result: {
    readonly tests: readonly { readonly id: string; readonly name: string; readonly fileName?: string }[];
  };
}
interface Plan {
  readonly mutantPlans: readonly { readonly mutant: { readonly fileName: string } }[];
}
type Result = KnownMutant & { readonly id: string; readonly fileName: string };

export class JournalReporter {
  readonly #of = JSON.parse(process.env[JOURNAL] ?? '') as Journaled;
  readonly #began = Date.now();
  /** The journal's name of each test, by Stryker's id. */
  readonly #names = new Map<string, string>();
  readonly #tests = new Map<string, string[]>();

  onDryRunCompleted({ result }: Tests): void {
    for (const { id, name, fileName } of result.tests) {
      if (fileName === undefined) continue;
      const file = fromRoot(this.#of.root, fileName);
      this.#names.set(id, testName(file, name));
      this.#tests.set(file, [...(this.#tests.get(file) ?? []), name]);
    }
  }

  onMutationTestingPlanReady({ mutantPlans }: Plan): void {
    const { root, only, run, file } = this.#of;
    const mutated = new Set(mutantPlans.map(({ mutant }) => fromRoot(root, mutant.fileName)));
    const sources = [...mutated].filter((one) => only === undefined || only.includes(one));
    const first: (Head | Line)[] = [{ format: 1, run }];
    for (const one of sources) {
      const text = this.#unchanged(one);
      if (text !== undefined) first.push({ source: { file: one, text } });
    }
    for (const [one, names] of this.#tests) {
      const text = this.#unchanged(one);
      if (text !== undefined) first.push({ tests: { file: one, text, names } });
    }
    writeFileSync(`${file}.new`, first.map((one) => `${JSON.stringify(one)}\n`).join(''));
    renameSync(`${file}.new`, file);
  }

  onMutantTested({ id, fileName, killedBy, coveredBy, ...result }: Result): void {
    const { root, file, notRun } = this.#of;
    if (result.statusReason !== undefined && notRun.includes(result.statusReason)) return;
    const named = (ids: readonly string[] | undefined) => ids?.map((one) => this.#names.get(one) ?? one);
    const mutant = {
      ...result,
      file: fromRoot(root, fileName),
      ...(killedBy && { killedBy: named(killedBy) }),
      ...(coveredBy && { coveredBy: named(coveredBy) }),
    };
    appendFileSync(file, `${JSON.stringify({ mutant } satisfies Line)}\n`);
  }

  /** The text of a file, if it is still the one that Stryker read when the run began. */
  #unchanged(file: string): string | undefined {
    const absolute = `${this.#of.root}/${file}`;
    if (!existsSync(absolute) || statSync(absolute).mtimeMs > this.#began) return undefined;
    return readFileSync(absolute, 'utf8');
  }
}

export const strykerPlugins = [{ kind: 'Reporter', name: JOURNAL_REPORTER, injectableClass: JournalReporter }];
