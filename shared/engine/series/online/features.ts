/**
 * How unusual each sample of a series is, beside all before it. Several features (the value, its step, its deviation from the
 * last samples, means and spreads of windows, its distance from the same time on other days, the shape of the last samples)
 * are each turned into a surprise, and their weighted mean (weights.ts) is the strength of the sample.
 */
import { z } from 'zod';
import { History, SCALES } from './history.ts';
import { Season, seasonState } from './season.ts';
import { Shapes, shapesState } from './shapes.ts';
import { Surprise, surpriseState } from './surprise.ts';
import { type PerFeature, strengthOf } from './weights.ts';

/** So many samples count; older ones fade, so a new normal becomes normal. */
const MEMORY = 20_000;
const SHAPES = [
  { points: 8, lag: 1 },
  { points: 6, lag: 4 },
  { points: 6, lag: 12 },
] as const;
const SHAPES_AFTER = 60;
/** Windows over which residuals of the day are averaged, in samples. */
const DAY_SCALES = [1, 3, 10, 30] as const;
/** A deviation is measured against the spread of its window, at least this part of the spread of all. */
const LEAST_SPREAD = 0.003;
/** Samples before anything can be called unusual: these, or fewer once they cover a day and a night. */
const LEARNING = { samples: 500, least: 200, ms: 36 * 3_600_000 };
/** A smaller range is none: parts of it are no numbers any more. */
const LEAST_RANGE = 1e-100;
/** The window that a next sample is compared with, by its place in `SCALES`. */
const NEAR = 1;
/** A series whose first steps are all shorter than so many usual ones is regular; so many of its samples in a row may be lost,
 * and are put on a line: as many as the longest window holds. */
const REGULAR = 1.5;
const MOST_LOST = 100;
/** Steps of time that the length of a slot of the day is chosen by. */
const STEPS = 16;

export const featuresState = z.object({
  history: z.array(z.number()).max(256),
  count: z.number().int().nonnegative(),
  surprises: z.record(z.string().max(16), surpriseState),
  shapes: z.array(shapesState).length(SHAPES.length),
  season: seasonState.optional(),
  steps: z.array(z.number()).max(STEPS),
  residuals: z.array(z.number()).length(DAY_SCALES.length),
  residualCount: z.number().int().nonnegative(),
  range: z.tuple([z.number(), z.number()]).optional(),
  firstAt: z.number().optional(),
  lastAt: z.number().optional(),
});
export type FeaturesState = z.infer<typeof featuresState>;

export class Features {
  readonly #history: History;
  readonly #surprises: Map<string, Surprise>;
  readonly #shapes: readonly Shapes[];
  readonly #residuals: number[];
  #steps: number[];
  #season: Season | undefined;
  #residualCount: number;
  #range: readonly [number, number] | undefined;
  #means: PerFeature = { level: 0, step: 0, deviation: 0, mean: 0, spread: 0, relative: 0, day: 0, shape: 0 };
  #firstAt: number | undefined;
  #lastAt: number | undefined;

  constructor(state?: FeaturesState) {
    this.#history = new History(state?.history, state?.count);
    this.#surprises = new Map(
      Object.entries(state?.surprises ?? {}).map(([feature, kept]) => [feature, new Surprise(MEMORY, kept)]),
    );
    this.#shapes = SHAPES.map(({ points, lag }, index) => new Shapes(points, lag, state?.shapes[index]));
    this.#residuals = [...(state?.residuals ?? DAY_SCALES.map(() => 0))];
    this.#steps = [...(state?.steps ?? [])];
    this.#season = state?.season && Season.restore(state.season);
    this.#residualCount = state?.residualCount ?? 0;
    this.#range = state?.range;
    this.#firstAt = state?.firstAt;
    this.#lastAt = state?.lastAt;
  }

  /** Too little is known yet to call anything unusual. */
  get isLearning(): boolean {
    const { count } = this.#history;
    return count < LEARNING.least || (count < LEARNING.samples && this.age < LEARNING.ms);
  }

  /** Milliseconds from the first sample to the last. */
  get age(): number {
    return (this.#lastAt ?? 0) - (this.#firstAt ?? 0);
  }

  /** Median of the time between samples, in milliseconds; undefined for the first samples. */
  get stepMs(): number | undefined {
    return this.#steps.length < STEPS ? undefined : this.#steps.toSorted((a, b) => a - b)[STEPS >> 1];
  }

  /** Usual steps of time since the last sample, at least 1. */
  stepsUntil(atMs: number): number {
    const { stepMs } = this;
    return stepMs === undefined || this.#lastAt === undefined
      ? 1
      : Math.max(1, Math.round((atMs - this.#lastAt) / stepMs));
  }

  /**
   * @param atMs milliseconds since 1970, later than the sample before
   * @returns the strength, 0 for what is as usual; the sample counts from now on
   */
  next(atMs: number, value: number): number {
    const [low, high] = this.#range ?? [value, value];
    this.#range = [Math.min(low, value), Math.max(high, value)];
    const whole = this.#range[1] - this.#range[0];
    const range = whole > LEAST_RANGE ? whole : 1;
    const history = this.#history;
    this.#bridge(atMs, value);
    const level = this.#surprise('level', value);
    const step = history.count > 0 ? this.#surprise('step', value - history.back(0)) : 0;
    const { deviation, relative } = this.#against(value, range);
    history.push(value);
    let [mean, spread] = [0, 0];
    for (const [s, scale] of SCALES.entries()) {
      mean += this.#surprise(`mean ${scale}`, history.mean(s)) / SCALES.length;
      spread += this.#surprise(`spread ${scale}`, history.deviation(s)) / SCALES.length;
    }
    const shape = this.#shape(range);
    this.#measureStep(atMs);
    const day = this.#day(atMs, value);
    this.#means = { level, step, deviation, mean, spread, relative, day, shape };
    return strengthOf(this.#means);
  }

  /** How surprising the last sample was in each feature, over its windows. */
  get means(): PerFeature {
    return this.#means;
  }

  /** Where the next sample is expected: near the mean of the last ones, as far from it as nearly all were from theirs. */
  expected(): readonly [low: number, high: number] | undefined {
    const usual = this.#surprises.get(`deviation ${SCALES[NEAR]}`)?.usual();
    if (!usual) return undefined;
    const mean = this.#history.mean(NEAR);
    return [mean + usual[0], mean + usual[1]];
  }

  /** How surprising each feature of the last sample was, below zero for what was too low; always in the same order. */
  surprises(): readonly number[] {
    return [...this.#surprises.values()].map(({ last }) => last);
  }

  state(): FeaturesState {
    const season = this.#season?.state();
    return {
      history: this.#history.state(),
      count: this.#history.count,
      surprises: Object.fromEntries([...this.#surprises].map(([feature, surprise]) => [feature, surprise.state()])),
      shapes: this.#shapes.map((shapes) => shapes.state()),
      ...(season ? { season } : {}),
      steps: [...this.#steps],
      residuals: [...this.#residuals],
      residualCount: this.#residualCount,
      ...(this.#range ? { range: [...this.#range] } : {}),
      ...(this.#firstAt === undefined ? {} : { firstAt: this.#firstAt }),
      ...(this.#lastAt === undefined ? {} : { lastAt: this.#lastAt }),
    };
  }

  #surprise(feature: string, value: number): number {
    const known = this.#surprises.get(feature) ?? new Surprise(MEMORY);
    this.#surprises.set(feature, known);
    return known.next(value);
  }

  /** Its deviation from the windows before it: as such, and beside their spread. */
  #against(value: number, range: number): { deviation: number; relative: number } {
    const history = this.#history;
    let [deviations, relatives] = [0, 0];
    for (const [s, scale] of SCALES.entries()) {
      if (history.count <= scale / 2) continue;
      const deviation = value - history.mean(s);
      deviations += this.#surprise(`deviation ${scale}`, deviation);
      if (history.count <= scale) continue;
      relatives += this.#surprise(`relative ${scale}`, deviation / (history.deviation(s) + LEAST_SPREAD * range));
    }
    return { deviation: deviations / SCALES.length, relative: relatives / SCALES.length };
  }

  #shape(range: number): number {
    if (this.#history.count <= SHAPES_AFTER) return 0;
    let strength = 0;
    for (const [index, shapes] of this.#shapes.entries()) {
      const distance = shapes.next(this.#history, range);
      if (distance !== undefined) strength += this.#surprise(`shape ${SHAPES[index]?.lag}`, distance);
    }
    return strength / SHAPES.length;
  }

  #day(atMs: number, value: number): number {
    const residual = this.#season?.residual(atMs, value);
    this.#season?.add(atMs, value);
    if (residual === undefined) return 0;
    this.#residualCount++;
    let strength = 0;
    for (const [index, scale] of DAY_SCALES.entries()) {
      const before = this.#residuals[index] as number;
      const mean = before + (residual - before) / Math.min(scale, this.#residualCount);
      this.#residuals[index] = mean;
      strength += this.#surprise(`day ${scale}`, mean);
    }
    return strength / DAY_SCALES.length;
  }

  /** A sample that a wire has lost is no jump of the machine: they are put on the line between those that came. */
  #bridge(atMs: number, value: number): void {
    const { stepMs } = this;
    if (stepMs === undefined || this.#lastAt === undefined || Math.max(...this.#steps) > REGULAR * stepMs) return;
    const lost = Math.round((atMs - this.#lastAt) / stepMs) - 1;
    if (lost < 1 || lost > MOST_LOST) return;
    const before = this.#history.back(0);
    for (let i = 1; i <= lost; i++) this.#history.push(before + ((value - before) * i) / (lost + 1));
  }

  #measureStep(atMs: number): void {
    if (this.#lastAt !== undefined && this.#steps.length < STEPS) {
      this.#steps.push(atMs - this.#lastAt);
      const { stepMs } = this;
      if (stepMs !== undefined) this.#season = Season.of(stepMs);
    }
    this.#firstAt ??= atMs;
    this.#lastAt = atMs;
  }
}
