/**
 * The detector's settings as a table of candidates: what each scores on every series, so that any choice on any part of the series costs a
 * sum. What the features say does not depend on the settings; it is computed once per series.
 */
import { createOrder } from '../../agent/pipeline/source/series/order.ts';
import { DEFAULT_WEEKS } from '../../shared/engine/series/online/detector.ts';
import { EVENT_SETTINGS, type EventSettings, Events } from '../../shared/engine/series/online/events.ts';
import { Features } from '../../shared/engine/series/online/features.ts';
import { Recurring } from '../../shared/engine/series/online/recurring.ts';
import { FEATURES, type PerFeature, strengthOf, WEIGHTS } from '../../shared/engine/series/online/weights.ts';
import { onsetsOf, type Series } from './nab-scores.ts';

const WEEK_MS = 604_800_000;
/** Until the time between samples is known. */
const STEP_MS = 300_000;

export interface Settings {
  readonly weights: PerFeature;
  readonly events: EventSettings;
}
export const SHIPPED: Settings = { weights: WEIGHTS, events: EVENT_SETTINGS };

/** What the features say of one sample. */
interface Said {
  /** Its row in the file; a sample that comes too late is none. */
  readonly row: number;
  readonly atMs: number;
  readonly means: PerFeature;
  readonly learning: boolean;
  readonly samplesPerWeek: number;
}

export function said({ times, values }: Series): Said[] {
  const features = new Features();
  const order = createOrder();
  return values.flatMap((value, row) => {
    const placed = order.place(Date.parse(`${(times[row] ?? '').replace(' ', 'T')}Z`));
    if (typeof placed === 'string') return [];
    features.next(placed.atMs, value);
    const samplesPerWeek = WEEK_MS / (features.stepMs ?? STEP_MS);
    return [{ row, atMs: placed.atMs, means: features.means, learning: features.isLearning, samplesPerWeek }];
  });
}

export interface Judged {
  /** Score by threshold of each row. */
  readonly rows: readonly number[];
  /** 1 where an event begins. */
  readonly events: readonly number[];
}

export function judge(series: Series, samples: readonly Said[], { weights, events }: Settings): Judged {
  const judges = new Events(undefined, events);
  const recurring = new Recurring();
  const rows = new Array<number>(series.values.length).fill(0);
  for (const { row, atMs, means, learning, samplesPerWeek } of samples) {
    const strength = strengthOf(means, weights);
    const wasAnomalous = judges.anomalous;
    const isAgain = () => recurring.isAgain(atMs, strength, WEEK_MS / samplesPerWeek);
    const apart = judges.next(strength, DEFAULT_WEEKS * samplesPerWeek, learning, {
      isAgain,
      youngFor: samplesPerWeek,
    });
    if (strength > events.floor) recurring.peaked(atMs, strength);
    if (judges.anomalous && !wasAnomalous) recurring.began(atMs, strength);
    rows[row] = apart / samplesPerWeek / DEFAULT_WEEKS;
  }
  return { rows, events: onsetsOf(rows) };
}

/** Settings drawn from wide ranges that know nothing of the series: each weight between a tenth and one, by its logarithm. */
export function drawSettings(random: () => number): Settings {
  const between = (low: number, high: number) => low + (high - low) * random();
  const byLog = (low: number, high: number) => Math.exp(between(Math.log(low), Math.log(high)));
  const weight = () => byLog(0.1, 1);
  const weights = {
    level: weight(),
    step: weight(),
    deviation: weight(),
    mean: weight(),
    spread: weight(),
    relative: weight(),
    day: weight(),
    shape: weight(),
  };
  return {
    weights,
    events: {
      floor: between(1, 1.6),
      fade: byLog(100, 500),
      prior: byLog(4_000, 40_000),
      slope: between(1.8, 3),
      alike: EVENT_SETTINGS.alike,
    },
  };
}

/** In the middle of several: what the best have in common, without what is luck of one. */
export function middleOf(many: readonly Settings[]): Settings {
  const middle = (of: (one: Settings) => number) =>
    Math.exp(many.reduce((sum, one) => sum + Math.log(of(one)), 0) / many.length);
  const [level, step, deviation, mean, spread, relative, day, shape] = FEATURES.map((feature) =>
    middle((one) => one.weights[feature] / total(one.weights)),
  );
  return {
    weights: {
      level: level ?? 0,
      step: step ?? 0,
      deviation: deviation ?? 0,
      mean: mean ?? 0,
      spread: spread ?? 0,
      relative: relative ?? 0,
      day: day ?? 0,
      shape: shape ?? 0,
    },
    events: {
      floor: middle((one) => one.events.floor),
      fade: middle((one) => one.events.fade),
      prior: middle((one) => one.events.prior),
      slope: middle((one) => one.events.slope),
      alike: EVENT_SETTINGS.alike,
    },
  };
}

const total = (weights: PerFeature) => FEATURES.reduce((sum, feature) => sum + weights[feature], 0);
