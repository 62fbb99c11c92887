/**
 * Does a new model disagree with the hub's more than the one before did? Over frames that chance chose, with the streams as strata: a
 * stream that sends much under one of the two models must not decide alone. Pure.
 *
 * Mantel and Haenszel's difference of shares with the variance of T. Sato ("On the variance estimator for the Mantel-Haenszel risk
 * difference", Biometrics 1989), which also holds for many streams with few frames each.
 */

/** Frames on which edge and hub see the same, of all. */
export interface Frames {
  readonly same: number;
  readonly n: number;
}

/** One stream, under the new model and under the one before. */
export interface Stratum {
  readonly now: Frames;
  readonly before: Frames;
}

/** How often a pair of models agreed on a stream. */
export interface PairAgreement extends Frames {
  readonly stream: string;
  /** name@version, both. */
  readonly edgeModel: string;
  readonly hubModel: string;
}

/**
 * The streams of a device. Before: the latest other model of the edge, judged by the same model of the hub.
 * @param pairs latest first
 */
export function strataOf(pairs: readonly PairAgreement[], model: string): Stratum[] {
  return [...new Set(pairs.map(({ stream }) => stream))].flatMap((stream) => {
    const own = pairs.filter((pair) => pair.stream === stream);
    const now = own.find(({ edgeModel }) => edgeModel === model);
    const before = own.find(({ edgeModel, hubModel }) => edgeModel !== model && hubModel === now?.hubModel);
    return now && before ? [{ now, before }] : [];
  });
}

export interface Difference {
  /** Shares of disagreement, weighted alike. */
  readonly now: number;
  readonly before: number;
  /** Now less before, and its interval. */
  readonly value: number;
  readonly from: number;
  readonly to: number;
  /** Frames of streams that have both. */
  readonly frames: { readonly now: number; readonly before: number };
}

/** 99.7 % interval: it is looked at again and again while frames come in, and chance has a try at each. */
const Z = 3;

/** @returns undefined: no stream has frames of both */
export function differenceOf(strata: readonly Stratum[]): Difference | undefined {
  const both = strata.filter(({ now, before }) => now.n > 0 && before.n > 0);
  let [weight, weightedNow, weightedBefore, p, q, framesNow, framesBefore] = [0, 0, 0, 0, 0, 0, 0];
  for (const { now, before } of both) {
    const [n1, n0] = [now.n, before.n];
    const [a, b] = [n1 - now.same, n0 - before.same];
    const n = n1 + n0;
    weight += (n1 * n0) / n;
    weightedNow += (a * n0) / n;
    weightedBefore += (b * n1) / n;
    p += (n1 ** 2 * b - n0 ** 2 * a + (n1 * n0 * (n0 - n1)) / 2) / n ** 2;
    q += (a * (n0 - b) + b * (n1 - a)) / (2 * n);
    framesNow += n1;
    framesBefore += n0;
  }
  if (weight === 0) return undefined;
  const value = (weightedNow - weightedBefore) / weight;
  const spread = (Z * Math.sqrt(Math.max(0, value * p + q))) / weight;
  return {
    now: weightedNow / weight,
    before: weightedBefore / weight,
    value,
    from: Math.max(-1, value - spread),
    to: Math.min(1, value + spread),
    frames: { now: framesNow, before: framesBefore },
  };
}
