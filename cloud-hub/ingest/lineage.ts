/**
 * Copies of one outbox (a data folder that was put back, a cloned box) give the same numbers to different records. The starts of
 * the agent tell them apart (clause 5 of shared/contract/messages/batch.ts; why it is so: decision 0011).
 *
 * For an epoch the hub keeps the starts whose records it has. They are one line: each start's outbox came from the one before it.
 */
import { type EarlierEpoch, MAX_STARTS, type Start } from '../../shared/contract/messages/batch.ts';
import { missing, type Range, union } from '../../shared/kit/ranges.ts';
import type { Gap, Ledger } from '../store/sequences.ts';

/** What a batch says of where its numbers come from; both are empty for a sender that does not know of it. */
export interface Lineage {
  readonly starts: readonly Start[];
  readonly earlier: readonly EarlierEpoch[];
}

export type Descent =
  /** The batch continues what is here; `line` is the line with it. */
  | { readonly kind: 'continues'; readonly line: readonly Start[] }
  /** From the number `at` on, what is here and what the sender holds are records of two copies. */
  | { readonly kind: 'forked'; readonly at: number };

/**
 * Does a sender continue the line, or is it another copy?
 *
 * The last start that both know is where the two agree. The first start after it, on either side, has the first number that may
 * differ. As long as nothing is settled from that number on, the sender may take over.
 * @param line the starts whose records are here, oldest first
 * @param starts the sender's, oldest first; those before the first gave only numbers that the sender does not hold any more
 * @param highest the highest settled number
 */
export function descentOf(line: readonly Start[], starts: readonly Start[], highest: number): Descent {
  if (starts.length === 0) return { kind: 'continues', line };
  const place = new Map(line.map(({ id }, at) => [id, at]));
  const common = starts.findLastIndex(({ id }) => place.has(id));
  const at = common < 0 ? line.length - 1 : (place.get(starts[common]?.id ?? '') ?? 0);
  const mine = starts.slice(common + 1);
  const theirs = common < 0 ? [] : line.slice(at + 1);
  const differs = Math.min(...[mine[0], theirs[0]].flatMap((start) => (start ? [start.from] : [])));
  if (highest >= differs) return { kind: 'forked', at: differs };
  return { kind: 'continues', line: [...line.slice(0, at + 1), ...mine].slice(-MAX_STARTS) };
}

/**
 * The settled numbers with which a new epoch begins: those that are settled in the epochs before, where the numbers are the same.
 * A gap there stays open as long as the sender may still hold the record.
 * @param base the lowest number that the sender still holds
 */
export async function inherited(
  earlier: readonly EarlierEpoch[],
  read: (epoch: string, numbers: Range) => Promise<{ readonly ledger: Ledger; readonly gaps: readonly Gap[] }>,
  base: number,
): Promise<Pick<Ledger, 'upTo' | 'above'>> {
  const parts: Range[][] = [];
  for (const { epoch, below } of earlier) {
    const range = { from: 1, to: below - 1 };
    const { ledger, gaps } = await read(epoch, range);
    const held = gaps.map(({ from, to }) => ({ from: Math.max(from, base), to })).filter(({ from, to }) => from <= to);
    const known = union([{ from: 1, to: ledger.upTo }], ledger.above)
      .map(({ from, to }) => ({ from, to: Math.min(to, range.to) }))
      .flatMap((one) => (one.from <= one.to ? missing(one, held) : []));
    parts.push(known);
  }
  const settled = union(...parts);
  const first = settled[0];
  const upTo = first?.from === 1 ? first.to : 0;
  return { upTo, above: upTo > 0 ? settled.slice(1) : settled };
}
