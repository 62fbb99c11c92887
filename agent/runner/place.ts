/** Which runner has which stream. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { engineKeyOf } from './engines.ts';
import type { Assignment } from './messages.ts';

/**
 * Deals streams like cards: each runner gets as many as the others, give or take one. A stream that has a runner keeps it.
 * @param hands streams by runner, as they are
 * @returns the same with the streams that are wanted; a hand may be empty
 */
export function place(hands: readonly (readonly string[])[], wanted: readonly string[], runners: number): string[][] {
  const kept = hands.map((hand) => hand.filter((stream) => wanted.includes(stream)));
  const count = Math.max(1, Math.min(runners, wanted.length));
  const next = Array.from({ length: Math.max(count, kept.length) }, (_, index) => kept[index] ?? []);
  const placed = new Set(kept.flat());
  for (const stream of wanted) {
    if (placed.has(stream)) continue;
    const open = next.slice(0, Math.max(1, runners));
    const least = open.reduce((a, b) => (b.length < a.length ? b : a), open[0] ?? []);
    least.push(stream);
  }
  return next;
}

/**
 * What a runner has to go through for new assignments. `swap`: a stream that it has gets another model, or another way to
 * run it, and sessions leak when they are loaded again in place; `assign`: it takes them up as it is.
 */
export function changeOf(from: readonly Assignment[], to: readonly Assignment[]): 'none' | 'assign' | 'swap' {
  if (isDeepStrictEqual(from, to)) return 'none';
  const engineOf = (a: Assignment) => `${engineKeyOf(a)} ${a.batch}`;
  const other = to.some((a) => from.some((b) => b.stream === a.stream && engineOf(a) !== engineOf(b)));
  return other ? 'swap' : 'assign';
}
