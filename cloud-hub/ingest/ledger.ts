/**
 * The decisions of the sequence ledger: what of a batch is new, what is settled by it, and what is lost (clauses 2 to 4 of
 * shared/contract/messages/batch.ts). Pure; numbers are handled as ranges, so that no range is too long.
 *
 * A number is *settled* when it has a record here, was refused, or will never come (a gap). A gap whose record comes after
 * all is filled.
 */
import { firstReaching, includes, missing, type Range, union } from '../../shared/kit/ranges.ts';
import { joined } from '../store/gaps.ts';
import type { Gap, Ledger } from '../store/sequences.ts';

export const GIVEN_UP = 'given up by the device';
export const NEVER_RECEIVED = 'never received';

/** What a batch says about numbers. */
export interface Arrival extends Range {
  /** The lowest number that the device still holds. */
  readonly base: number;
  /** Numbers inside `from`..`to` that came with something, good or bad. */
  readonly answered: readonly Range[];
}

export interface Settlement {
  readonly ledger: Ledger;
  /** What becomes of the gaps that were handed in, and the new ones beside them. */
  readonly gaps: readonly Gap[];
}

/**
 * The numbers whose settled ranges a batch changes: those it settles, and one more on each side, so that neighbours grow
 * together. All ranges there become one or two, so reading them costs no more than what once made them.
 */
export function touched(upTo: number, { from, to, base }: Arrival): Range[] {
  const below = { from: upTo + 1, to: base };
  return union(base > upTo + 1 ? [below] : [], [{ from: Math.max(1, from - 1), to: to + 1 }]);
}

/**
 * The numbers whose gaps a batch changes: gaps that it fills, and those next to new ones. There are as many as the batch has
 * records, plus the settled ranges that it joins; old gaps in between are not looked at.
 * @param ledger with the ranges of `touched`
 */
export function touchedGaps(ledger: Ledger, arrival: Arrival): Range[] {
  const settled = settledOf(ledger);
  const filled = arrival.answered.filter((range) => reaches(settled, range));
  const beside = newGaps(ledger, arrival).flatMap(({ from, to }) => [
    ...(from > 1 ? [{ from: from - 1, to: from - 1 }] : []),
    { from: to + 1, to: to + 1 },
  ]);
  return union(filled, beside);
}

/** May the record of this number be stored: not settled yet, or settled as a gap? `gaps`: those of `touchedGaps`. */
export function isFresh(ledger: Ledger, gaps: readonly Range[], seq: number): boolean {
  return !(seq <= ledger.upTo || includes(ledger.above, seq)) || includes(gaps, seq);
}

/**
 * Settles a batch.
 * @param ledger with the ranges of `touched`
 * @param gaps those of `touchedGaps`, rising
 */
export function settle(ledger: Ledger, gaps: readonly Gap[], arrival: Arrival): Settlement {
  const { from, to, base, answered } = arrival;
  const open = gaps.flatMap((gap) => missing(gap, answered).map((r) => ({ ...r, reason: gap.reason })));
  return {
    ledger: ledgerOf(
      union(settledOf(ledger), [
        { from: 1, to: base - 1 },
        { from, to },
      ]),
    ),
    gaps: joined([...open, ...newGaps(ledger, arrival)]),
  };
}

/** What a batch settles without a record: given up inside it, never received below its base. */
function newGaps(ledger: Ledger, { from, to, base, answered }: Arrival): Gap[] {
  const settled = settledOf(ledger);
  const whole = { from, to };
  const below = { from: 1, to: base - 1 };
  return [
    ...missing(whole, union(settled, answered)).map((r) => ({ ...r, reason: GIVEN_UP })),
    ...missing(below, union(settled, [whole])).map((r) => ({ ...r, reason: NEVER_RECEIVED })),
  ];
}

/**
 * Settles single numbers without what lies between them: names that records had before their outbox was damaged.
 * @param ledger with the ranges that touch `numbers`
 * @param gaps the gaps that reach into `numbers`, rising
 * @param room how many more ranges there may be above the high-water mark; beyond it the highest new ones are left out
 */
export function settleNumbers(
  ledger: Ledger,
  gaps: readonly Gap[],
  numbers: readonly Range[],
  room: number,
): Settlement {
  const after = ledgerOf(union(settledOf(ledger), numbers));
  let excess = after.above.length - ledger.above.length - room;
  const above = after.above
    .toReversed()
    .filter((range) => excess <= 0 || reaches(ledger.above, range) || excess-- <= 0);
  return {
    ledger: { upTo: after.upTo, above: above.toReversed() },
    gaps: gaps.flatMap((gap) => missing(gap, numbers).map((r) => ({ ...r, reason: gap.reason }))),
  };
}

const settledOf = ({ upTo, above }: Ledger) => union([{ from: 1, to: upTo }], above);

function ledgerOf(settled: readonly Range[]): Ledger {
  const [first, ...rest] = settled;
  return first?.from === 1 ? { upTo: first.to, above: rest } : { upTo: 0, above: settled };
}

function reaches(ranges: readonly Range[], { from, to }: Range): boolean {
  const first = ranges[firstReaching(ranges, from)];
  return first !== undefined && first.from <= to;
}
