/**
 * Detection scores as conditions ask for them, read from the store at most once per tenth of the time that they are of: devices are
 * looked at each minute, and an hour of summaries is not read each time. Bounded; after a start it is empty.
 */
import { pooled } from '../rollout/drift.ts';
import type { AlertSourceStore } from '../store/alert-sources.ts';
import type { Scores } from './conditions/facts.ts';

export const MOST_PERIODS = 20_000;
const PARTS = 10;

interface Read {
  readonly from: number;
  readonly scores: Scores;
}

export class PastScores {
  readonly #read = new Map<string, Read>();

  /**
   * @param from of the period, milliseconds since 1970; `to`: its end
   * @param ageMs how long ago it ended
   * @returns what was read of a period that began up to a tenth of its length before, or newly read
   */
  async of(
    store: Pick<AlertSourceStore, 'scoresBetween'>,
    device: string,
    stream: string,
    from: number,
    to: number,
    ageMs: number,
  ): Promise<Scores> {
    const key = JSON.stringify([device, stream, to - from, ageMs]);
    const before = this.#read.get(key);
    const isFresh = before && from >= before.from && from - before.from < (to - from) / PARTS;
    if (isFresh) return before.scores;
    const { bins, models } = await store.scoresBetween(device, stream, from, to);
    const scores = { bins: pooled(bins), models };
    this.#read.delete(key);
    this.#read.set(key, { from, scores });
    const oldest = this.#read.size > MOST_PERIODS ? this.#read.keys().next().value : undefined;
    if (oldest !== undefined) this.#read.delete(oldest);
    return scores;
  }
}
