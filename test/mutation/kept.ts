/** What earlier runs left in `.stryker/`, made ready for the next one. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type KnownMutant, merge, parseKnown, readJournal } from './journal.ts';
import { LEFT_OUT } from './sample-checker.ts';
import { OUT_OF_TIME } from './timed-runner.ts';

export interface Kept {
  /** What Stryker takes over. It writes the file again at the end of a run. */
  readonly known: string;
  /** What the last run found, complete or not. */
  readonly journal: string;
}

/**
 * Two runs of a room at once would remove each other's copy of the project, and the tests that fail then would count as noticed.
 * @throws Error naming the process that has the room
 */
export function claim(file: string): void {
  const owner = Number(existsSync(file) ? readFileSync(file, 'utf8') : Number.NaN);
  if (owner !== process.pid && isAlive(owner))
    throw new Error(
      `process ${owner} runs the mutants of this room: wait for it, or end it (if it is something else, remove ${file})`,
    );
  writeFileSync(file, String(process.pid));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Results that say something: in others the mutant was not run, or Stryker failed. */
const RUN = ['Killed', 'Survived', 'Timeout'];
const NOT_RUN = [LEFT_OUT, OUT_OF_TIME];

/**
 * Puts what the last run found into the file that Stryker takes over.
 * @param run which run it is going to be; the journal of another one does not count
 * @param alone whether nothing else may be taken over than what a run of this name found
 * @param forget take over nothing
 * @returns how many mutants of each file were run and have a result
 */
export function goOn({ known, journal }: Kept, run: string, alone: boolean, forget: boolean): Map<string, number> {
  const read = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  const since = forget ? undefined : readJournal(read(journal), run);
  const before = forget || (alone && since === undefined) ? undefined : parseKnown(read(known));
  const all = merge(before, since, (one) => one.status !== 'RuntimeError' && !NOT_RUN.includes(one.statusReason ?? ''));
  writeFileSync(`${known}.new`, JSON.stringify(all));
  renameSync(`${known}.new`, known);
  rmSync(journal, { force: true });
  const ran = (mutants: readonly KnownMutant[]) => mutants.filter(({ status }) => RUN.includes(status)).length;
  return new Map(Object.entries(all.files).map(([file, { mutants }]) => [file, ran(mutants)]));
}
