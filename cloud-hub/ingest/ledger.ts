/**
 * The decisions of the sequence ledger: what of a batch is new, what is settled by it, and what is lost (clauses 2 to 4 of
 * shared/contract/messages/batch.ts). Pure; numbers are handled as ranges, so that no range is too long.
 *
 * A number is *settled* when it has a record here, was refused, or will never come (a gap). A gap whose record comes after
 * all is filled.
 */
import { includes, missing, type Range, union } from '../../shared/kit/ranges.ts';
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
  /** All gaps that reach into `touched`, instead of those before. */
  readonly gaps: readonly Gap[];
}

/** The numbers whose gaps a batch can change; one more on each side, so that neighbours grow together. */
export function touched(ledger: Ledger, arrival: Arrival): Range {
  return {
    from: Math.max(1, Math.min(ledger.upTo + 1, arrival.from) - 1),
    to: Math.max(arrival.to, arrival.base - 1) + 1,
  };
}

/** May the record of this number be stored: not settled yet, or settled as a gap? `gaps`: those of `touched`. */
export function isFresh(ledger: Ledger, gaps: readonly Gap[], seq: number): boolean {
  return !(seq <= ledger.upTo || includes(ledger.above, seq)) || includes(gaps, seq);
}

/**
 * Settles a batch.
 * @param gaps the gaps that reach into `touched`, rising
 * @param losses what `loss` records said about numbers there; they name the reason of a gap
 */
export function settle(ledger: Ledger, gaps: readonly Gap[], losses: readonly Gap[], arrival: Arrival): Settlement {
  const settled = union([{ from: 1, to: ledger.upTo }], ledger.above);
  const below = { from: 1, to: arrival.base - 1 };
  const whole = { from: arrival.from, to: arrival.to };

  const givenUp = missing(whole, union(settled, arrival.answered)).map((r) => ({ ...r, reason: GIVEN_UP }));
  const never = missing(below, union(settled, [whole])).map((r) => ({ ...r, reason: NEVER_RECEIVED }));
  const open = gaps.flatMap((gap) => missing(gap, arrival.answered).map((r) => ({ ...r, reason: gap.reason })));

  const after = union(settled, [below, whole]);
  const first = after[0];
  const upTo = first?.from === 1 ? first.to : 0;
  return {
    ledger: { upTo, above: upTo > 0 ? after.slice(1) : after },
    gaps: refine([...open, ...givenUp, ...never], losses),
  };
}

/** Gives the parts of gaps that a loss covers the loss's reason; neighbours of one reason become one gap. */
export function refine(gaps: readonly Gap[], losses: readonly Gap[]): Gap[] {
  let parts = [...gaps];
  for (const loss of losses) {
    parts = parts.flatMap((gap) => {
      const from = Math.max(gap.from, loss.from);
      const to = Math.min(gap.to, loss.to);
      if (from > to) return [gap];
      const rest = missing(gap, [{ from, to }]).map((r) => ({ ...r, reason: gap.reason }));
      return [...rest, { from, to, reason: loss.reason }];
    });
  }
  const merged: Gap[] = [];
  for (const gap of parts.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last && last.to + 1 === gap.from && last.reason === gap.reason)
      merged[merged.length - 1] = { ...last, to: gap.to };
    else merged.push(gap);
  }
  return merged;
}
