/**
 * Second opinions and corrections ⇒ a threshold per label that reaches a wanted precision. Pure.
 *
 * 1. Frames that chance chose decide: what a selector chose is unsure by choice, and events are what fired, so that a precision of
 *    those is not one of the stream. Only opinions on the edge's model of today count.
 * 2. A threshold is proposed when even the lower end of the 95 % interval of its precision reaches what is wanted.
 * 3. It may lie below today's only as far as frames of chance name all objects (`floor`): of what was not sent nothing is known.
 */
import type { Detection } from '../../shared/contract/messages/preview.ts';
import { type LabelThresholds, thresholdFor } from '../../shared/contract/thresholds.ts';
import { iou } from '../../shared/kit/iou.ts';
import type { ThresholdAdvice } from '../contract/threshold.ts';
import type { Spoken } from '../store/opinions.ts';
import { wilson } from '../store/wilson.ts';
import { SAME_OBJECT } from './judge.ts';

/** Objects of a label below which nothing is said. */
export const LEAST_OBJECTS = 30;
const MOST_LABELS = 100;

/** A score, and whether it was right. */
interface Scored {
  readonly label: string;
  readonly score: number;
  readonly right: boolean;
}

/** A frame that chance chose: its objects, all of a label from `knownFrom` on. */
interface Frame {
  readonly objects: readonly Scored[];
  readonly floor: number | undefined;
  readonly knownFrom: (label: string) => number;
}

/** What was set here, for which model. */
export interface InForce {
  readonly model?: string | undefined;
  readonly labels: LabelThresholds;
}

export const isChance = ({ event, chosenBy }: Pick<Spoken, 'event' | 'chosenBy'>) =>
  event === undefined && chosenBy.includes('random');

/** name@version of the edge's model that was asked about last; it may run in another variant. */
export function modelAskedAbout(opinions: readonly Spoken[]): string | undefined {
  const last = opinions.find(({ edge }) => edge.model !== undefined);
  return last && edgeModelOf(last);
}

const edgeModelOf = ({ edge }: Spoken) => edge.model?.replace(/ \([^)]*\)$/, '');

/**
 * @param opinions newest first
 * @param wanted precision, 0 to 1
 * @param inForce what holds instead of the stream's own threshold
 */
export function adviseThresholds(
  opinions: readonly Spoken[],
  wanted: number,
  inForce: InForce = { labels: {} },
): ThresholdAdvice[] {
  const model = modelAskedAbout(opinions);
  const ofModel = opinions.filter((one) => edgeModelOf(one) === model);
  const threshold = ofModel.find(({ edge }) => edge.threshold !== undefined)?.edge.threshold ?? 0;
  const today = { threshold, thresholds: inForce.model === model ? inForce.labels : {} };
  const frames = ofModel.filter(isChance).flatMap(frameOf);
  const events = ofModel.flatMap(eventOf);
  const labels = [...new Set([...frames.flatMap(({ objects }) => objects), ...events].map(({ label }) => label))];
  return labels
    .toSorted()
    .slice(0, MOST_LABELS)
    .flatMap((label) => {
      const least = thresholdFor(today, label);
      const own = events.filter((one) => one.label === label);
      const { objects, bottom } = evidenceOf(frames, label, least);
      return objects.length + own.length === 0 ? [] : [advise(label, objects, own, { wanted, least, bottom })];
    });
}

/** What is known of a label from today's threshold on, or from further below where enough frames name all. */
function evidenceOf(frames: readonly Frame[], label: string, least: number) {
  const of = (some: readonly Frame[], from: number) =>
    some.flatMap(({ objects }) => objects).filter((one) => one.label === label && one.score >= from);
  const deep = frames.filter(({ floor }) => floor !== undefined && floor <= least);
  const bottom = Math.max(0, ...deep.flatMap(({ floor }) => floor ?? []));
  const all = of(deep, bottom);
  const isEnough = all.filter(({ score }) => score >= least).length >= LEAST_OBJECTS;
  if (isEnough && bottom < least) return { objects: all, bottom };
  const known = frames.filter(({ knownFrom }) => knownFrom(label) <= least);
  return { objects: of(known, least), bottom: least };
}

function advise(
  label: string,
  objects: readonly Scored[],
  events: readonly Scored[],
  { wanted, least, bottom }: { readonly wanted: number; readonly least: number; readonly bottom: number },
): ThresholdAdvice {
  const counting = objects.filter(({ score }) => score >= least);
  if (counting.length < LEAST_OBJECTS) {
    const spoken =
      events.length === 0 ? '' : ` ${events.length} events do not help: they are no fair sample of the frames.`;
    const reason = `too few: frames that chance chose show ${counting.length} objects of it, and ${LEAST_OBJECTS} are needed.${spoken}`;
    return { label, reason };
  }
  const rightOnes = counting.filter((one) => one.right).length;
  const effect = (threshold: number) => {
    const left = objects.filter(({ score }) => score >= threshold);
    const right = left.filter((one) => one.right).length;
    const kept = wilson(Math.min(right, rightOnes), Math.max(1, rightOnes));
    return { threshold, precision: wilson(right, left.length), kept };
  };
  const scores = [...new Set(objects.map(({ score }) => Math.max(bottom, floorOf(score))))].toSorted((a, b) => a - b);
  const today = effect(least);
  const target = `${percent(wanted)} right`;
  const enough = scores.filter(
    (threshold) => objects.filter(({ score }) => score >= threshold).length >= LEAST_OBJECTS,
  );
  const isGood = today.precision.from >= wanted;
  const found = enough.map(effect).find(({ precision }) => precision.from >= wanted);
  const proposed = isGood && (found?.threshold ?? 1) > floorOf(least) - 0.005 ? undefined : found;
  if (!proposed && isGood) return { label, today, reason: `today's threshold already gives ${target}` };
  if (!proposed) {
    const best = enough.map(effect).toSorted((a, b) => b.precision.from - a.precision.from)[0] ?? today;
    const { threshold, precision } = best;
    const reason = `no threshold is known to give ${target}: the surest is ${threshold}, with ${percent(precision.share)} (${percent(precision.from)} to ${percent(precision.to)}, n = ${precision.n}). More random frames narrow the interval.`;
    return { label, today, reason };
  }
  const count = (isRight: boolean, from: number) =>
    events.filter(({ right, score }) => right === isRight && score >= from).length;
  const spoken = { wrong: count(false, 0), wrongLeft: count(false, proposed.threshold) };
  return {
    label,
    today,
    proposed,
    change: proposed.precision.n / today.precision.n - 1,
    events: { ...spoken, right: count(true, 0), rightLeft: count(true, proposed.threshold) },
    reason: `the lowest with at least ${target}, by the lower end of the interval`,
  };
}

/** Each object of the edge, and whether the hub sees one of its label there; no two are the same. */
function frameOf({ edge, hub }: Spoken): Frame[] {
  const { threshold, thresholds, floor } = edge;
  if (threshold === undefined) return [];
  const free = new Set<Detection>(hub.objects);
  const objects = edge.objects
    .toSorted((a, b) => b.score - a.score)
    .map(({ label, score, box }) => {
      const [match] = [...free]
        .filter((other) => other.label === label && iou(box, other.box) >= SAME_OBJECT)
        .toSorted((a, b) => iou(box, b.box) - iou(box, a.box));
      if (match) free.delete(match);
      return { label, score, right: match !== undefined };
    });
  return [{ objects, floor, knownFrom: (label) => floor ?? thresholdFor({ threshold, thresholds }, label) }];
}

/** An operator has the last word. */
function eventOf({ event, outcome, said }: Spoken): Scored[] {
  if (!event) return [];
  return [{ label: event.label, score: event.score, right: said ? said === 'right' : outcome === 'confirmed' }];
}

/** To hundredths, downwards: a threshold that people can read, and that loses nothing that it stands for. */
const floorOf = (score: number) => Math.floor(score * 100 + 1e-9) / 100;

const percent = (share: number) => `${Math.round(share * 1000) / 10} %`;
