/**
 * What a person has called normal: the ways in which an anomaly was unusual, from its beginning to its end, by features. Something that is
 * unusual in one of these ways, and not much more, begins no anomaly any more. Bounded; pure.
 */
import { z } from 'zod';

/** Beginnings that a person may still speak of. */
const MOST_BEGINNINGS = 8;
const MOST_KNOWN = 16;
/** Of one anomaly: how it began, how it went on, how it ended. */
const MOST_WAYS = 6;
/** Cosine of the angle between two ways of being unusual that count as the same; nearer ones are not kept apart. */
const ALIKE = 0.75;
const APART = 0.9;
/** So many times as strong is still the same. */
const STRONGER = 1.5;
const DIGITS = 1e3;

const beginning = z.object({
  atMs: z.number(),
  ways: z.array(z.array(z.number()).max(64)).min(1).max(MOST_WAYS),
  peak: z.number(),
});
export const knownState = z.object({
  beginnings: z.array(beginning).max(MOST_BEGINNINGS),
  known: z.array(beginning).max(MOST_KNOWN),
});
export type KnownState = z.infer<typeof knownState>;
type Beginning = z.infer<typeof beginning>;

export class Known {
  #beginnings: Beginning[];
  #known: Beginning[];

  constructor(state?: KnownState) {
    this.#beginnings = [...(state?.beginnings ?? [])];
    this.#known = [...(state?.known ?? [])];
  }

  get isEmpty(): boolean {
    return this.#known.length === 0;
  }

  /** An anomaly has begun. @param surprises of each feature, below zero for what is too low */
  began(atMs: number, surprises: readonly number[], strength: number): void {
    this.#beginnings.push({ atMs, ways: [wayOf(surprises)], peak: strength });
    if (this.#beginnings.length > MOST_BEGINNINGS) this.#beginnings.shift();
  }

  /** It goes on. */
  goesOn(surprises: readonly number[], strength: number): void {
    const last = this.#beginnings.at(-1);
    if (!last) return;
    const way = wayOf(surprises);
    const isNew = last.ways.every((known) => cosine(known, way) < APART);
    const grown = { ...last, peak: Math.max(last.peak, strength) };
    this.#beginnings[this.#beginnings.length - 1] =
      isNew && last.ways.length < MOST_WAYS ? { ...grown, ways: [...last.ways, way] } : grown;
  }

  /** When the last anomaly began that had begun by then; undefined: it is not remembered. */
  lastBefore(atMs: number): number | undefined {
    return this.#beginnings.findLast((one) => one.atMs <= atMs)?.atMs;
  }

  /** The anomaly that began at this very time was normal. */
  learn(atMs: number): void {
    const found = this.#beginnings.find((one) => one.atMs === atMs);
    if (!found || this.#known.some((one) => one.atMs === atMs)) return;
    this.#known.push(found);
    if (this.#known.length > MOST_KNOWN) this.#known.shift();
  }

  /** Was something like this called normal? */
  isLike(surprises: readonly number[], strength: number): boolean {
    const way = wayOf(surprises);
    return this.#known.some(
      ({ peak, ways }) => strength <= STRONGER * peak && ways.some((one) => cosine(one, way) >= ALIKE),
    );
  }

  state(): KnownState | undefined {
    if (this.#beginnings.length + this.#known.length === 0) return undefined;
    return { beginnings: [...this.#beginnings], known: [...this.#known] };
  }
}

/** What was seen once is less surprising the next time, so that sizes count for little. */
function wayOf(surprises: readonly number[]): number[] {
  return surprises.map((value) => Math.round(Math.sign(value) * Math.log1p(Math.abs(value)) * DIGITS) / DIGITS);
}

function cosine(a: readonly number[], b: readonly number[]): number {
  let dot = 0;
  let [ofA, ofB] = [0, 0];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [x, y] = [a[i] ?? 0, b[i] ?? 0];
    dot += x * y;
    ofA += x * x;
    ofB += y * y;
  }
  return ofA > 0 && ofB > 0 ? dot / Math.sqrt(ofA * ofB) : 0;
}
