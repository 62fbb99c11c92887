/** What people read of a run. */
import { estimate } from './sample.ts';
import type { Outcome } from './stryker.ts';
import type { Survivor } from './survivors.ts';

const columns = (cells: readonly string[]): string =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(30) : cell.padStart(10))).join(' ');

export function heading(): string {
  return columns([
    'room',
    'score',
    '95 %',
    'least',
    'mutants',
    'looked at',
    'timeouts',
    'survived',
    'explained',
    'minutes',
  ]);
}

const percent = (share: number): string => (share * 100).toFixed(1);

export function row(outcome: Outcome, explained: number): string {
  const { share, low, high } = estimate(outcome);
  const figures = [
    `${percent(share)} %`,
    outcome.left > 0 ? 'so far' : low === high ? 'exact' : `${percent(low)}–${percent(high)}`,
    `${outcome.room.floor} %`,
    outcome.reached + outcome.unreached,
    outcome.looked,
    outcome.timeouts,
    outcome.survivors.length,
    explained,
    (outcome.seconds / 60).toFixed(1),
  ];
  return columns([outcome.room.path, ...figures.map(String)]);
}

/** What a run began with, and what it left; of mutants that are not a random choice nothing can be said about the others. */
export function leftLines({ known, left }: Outcome): string[] {
  return [
    ...(known > 0 ? [`    it began with ${known} results of earlier runs`] : []),
    ...(left > 0 ? [`    ${left} are left, the time was over: the same command goes on`] : []),
  ];
}

/** A line a survivor: where, what it was, what nobody noticed. */
export function survivorLines(survivors: readonly Survivor[]): string[] {
  return survivors.map(
    ({ file, line, code, to, mutator, covered }) =>
      `    ${file}:${line} ${mutator}${covered ? '' : ' (no test comes here)'}: ${code}\n      → ${to}`,
  );
}
