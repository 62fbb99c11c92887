/**
 * Which start of the agent gave which numbers. A start is one opening of the file: it has a random id, and `from`, the first
 * number that it may give. Two copies of a file share the starts up to the copy and differ from there on; so the hub can tell
 * their records apart (decision 0011). Pure but for the id.
 */
import { randomBytes } from 'node:crypto';
import { type EarlierEpoch, MAX_EARLIER, MAX_STARTS, type Start } from '../../../shared/contract/messages/batch.ts';

export function newStart(from: number): Start {
  return { id: randomBytes(8).toString('hex'), from };
}

/**
 * The starts after one more. Those that gave only numbers below `base` are left out: nothing of theirs is held any more. Of too
 * many, the second oldest are joined to the start after them, which makes the hub at most see a difference too early.
 */
export function withStart(starts: readonly Start[], start: Start, base: number): Start[] {
  const all = [...starts, start];
  const kept = all.filter((_, at) => (all[at + 1]?.from ?? Number.POSITIVE_INFINITY) > base);
  while (kept.length > MAX_STARTS) {
    const [, second, third] = kept;
    if (!second || !third) break;
    kept.splice(1, 2, { ...third, from: second.from });
  }
  return kept;
}

/** The earlier epochs after another one ended: its numbers below `below` are named by it too. Of too many, the oldest are left out. */
export function withEpoch(earlier: readonly EarlierEpoch[], ended: EarlierEpoch): EarlierEpoch[] {
  return [...earlier, ended].filter((one) => one.below > 1).slice(-MAX_EARLIER);
}

/** The names that a number had in earlier epochs, the newest last. */
export function earlierNamesOf(earlier: readonly EarlierEpoch[], seq: number): { epoch: string; seq: number }[] {
  return earlier.filter(({ below }) => seq < below).map(({ epoch }) => ({ epoch, seq }));
}
