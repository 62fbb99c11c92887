/**
 * Answers that are unlike those that the stream is used to: embeddings, or the spread of scores over labels, far from all that is known.
 * Known are at most `MOST` typical answers; each new one moves the nearest a little, or takes the place of the one that was
 * nearest to others: online clustering (MacQueen, "Some Methods for Classification and Analysis of Multivariate Observations", 1967).
 *
 * State: `{ version, length, seen, mean, typical: [{ at, weight }] }`, written every `SAVE_EACH` answers, read at a start.
 * Invariants:
 * 1. It is bounded: `MOST` answers of at most `LONGEST` numbers.
 * 2. Nothing is new before `LEARN` answers were seen, over all starts.
 *
 * Crash behaviour: what was learned since it was last written is lost; a state that cannot be read, or is of another model's
 * answers, is learned anew.
 */
import { z } from 'zod';
import type { Selector as Config } from '../../../shared/contract/config/escalate.ts';
import { fnv1a } from '../../../shared/kit/fnv1a.ts';
import type { Chance, Selector } from '../stage.ts';
import type { SelectorMemory } from './memory.ts';

const MOST = 64;
const LONGEST = 1024;
const LEARN = 200;
const SAVE_EACH = 300;
/** How fast a typical answer, and the usual distance, follow. */
const PULL = 0.05;
/** A distance below this is none: scores of a scene that stands still differ by as much. */
const LEAST = 0.02;
/** Answers of labels: so many places per label, by its score; labels share places by their hash. */
const [LABELS, BANDS] = [16, 4];

const state = z.object({
  version: z.literal(1),
  length: z.number().int().min(1).max(LONGEST),
  seen: z.number().int().min(0),
  mean: z.number().min(0),
  typical: z.array(z.object({ at: z.array(z.number()).max(LONGEST), weight: z.number() })).max(MOST),
});
type State = z.infer<typeof state>;

export function createNoveltySelector(
  { times, againS }: Extract<Config, { kind: 'novelty' }>,
  memory: SelectorMemory,
): Selector {
  let known = readState(memory);
  let chosenMs = Number.NEGATIVE_INFINITY;
  return {
    worth(chance) {
      const answer = answerOf(chance);
      if (!answer) return undefined;
      if (known?.length !== answer.length) known = { version: 1, length: answer.length, seen: 0, mean: 0, typical: [] };
      const usual = Math.max(LEAST, known.mean);
      const distance = learn(known, answer);
      if (known.seen % SAVE_EACH === 0) memory.write(known);
      const { ptsMs } = chance;
      if (known.seen <= LEARN || distance < times * usual) return undefined;
      if (ptsMs >= chosenMs && ptsMs - chosenMs < againS * 1000) return undefined;
      chosenMs = ptsMs;
      // At the edge of what is new a half; twice as far three quarters.
      return 1 - (times * usual) / (2 * distance);
    },
  };
}

/** @returns how far the answer was from what was known */
function learn(known: State, answer: readonly number[]): number {
  const distances = known.typical.map(({ at }) => between(at, answer));
  const distance = distances.length === 0 ? 0 : Math.min(...distances);
  known.seen++;
  known.mean += (distance - known.mean) / Math.min(known.seen, 1 / PULL ** 2);
  const nearest = known.typical[distances.indexOf(distance)];
  if (nearest && distance <= Math.max(LEAST, known.mean)) {
    nearest.weight++;
    nearest.at = nearest.at.map((value, i) => value + PULL * ((answer[i] ?? 0) - value));
  } else {
    if (known.typical.length >= MOST) known.typical.splice(leastOf(known.typical), 1);
    known.typical.push({ at: [...answer], weight: 1 });
  }
  return distance;
}

/** The one that fewest answers have been like; of several the oldest. */
function leastOf(typical: State['typical']): number {
  const least = Math.min(...typical.map(({ weight }) => weight));
  return typical.findIndex(({ weight }) => weight === least);
}

function between(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (const [i, value] of a.entries()) sum += (value - (b[i] ?? 0)) ** 2;
  return Math.sqrt(sum);
}

/** An answer as a point: of length 1, or the square roots of shares (then distance is that of Hellinger). */
function answerOf({ outcome, seen }: Chance): readonly number[] | undefined {
  if (outcome.task === 'embed') {
    if (outcome.vector.length === 0 || outcome.vector.length > LONGEST) return undefined;
    const length = Math.hypot(...outcome.vector);
    return length > 0 && Number.isFinite(length) ? Array.from(outcome.vector, (value) => value / length) : undefined;
  }
  if (outcome.task === 'classify') return sharesOf(outcome.classes);
  return outcome.task === 'detect' ? sharesOf(seen) : undefined;
}

/** How the objects spread over labels and scores; the last place says how few they are. */
function sharesOf(found: readonly { readonly label: string; readonly score: number }[]): readonly number[] {
  const places = new Array<number>(LABELS * BANDS + 1).fill(0);
  for (const { label, score } of found) {
    const place = (fnv1a(label) % LABELS) * BANDS + Math.min(BANDS - 1, Math.max(0, Math.floor(score * BANDS)));
    places[place] = (places[place] ?? 0) + Math.max(0, score);
  }
  places[LABELS * BANDS] = 1;
  const total = places.reduce((sum, value) => sum + value, 0);
  return places.map((value) => Math.sqrt(value / total));
}

function readState(memory: SelectorMemory): State | undefined {
  const parsed = state.safeParse(memory.read());
  if (!parsed.success || parsed.data.typical.some(({ at }) => at.length !== parsed.data.length)) return undefined;
  return parsed.data;
}
