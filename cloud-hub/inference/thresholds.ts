/**
 * Second opinions and corrections ⇒ a threshold per label that reaches a wanted precision. Pure.
 *
 * Frames that chance chose decide: what a selector chose is unsure by choice, and events are what fired, so that a precision of
 * those is not one of the stream. A threshold is proposed when even the lower end of the 95 % interval of its precision reaches what is
 * wanted, and never below today's: what scored less was never sent, so that nothing is known of it.
 */
import type { Detection } from '../../shared/contract/messages/preview.ts';
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

export const isChance = ({ event, chosenBy }: Pick<Spoken, 'event' | 'chosenBy'>) =>
  event === undefined && chosenBy.includes('random');

/**
 * @param opinions newest first
 * @param wanted precision, 0 to 1
 */
export function adviseThresholds(opinions: readonly Spoken[], wanted: number): ThresholdAdvice[] {
  const least = opinions.find(({ edge }) => edge.threshold !== undefined)?.edge.threshold ?? 0;
  const objects = opinions
    .filter(isChance)
    .flatMap(objectsOf)
    .filter(({ score }) => score >= least);
  const events = opinions.flatMap(eventOf);
  const labels = [...new Set([...objects, ...events].map(({ label }) => label))].toSorted().slice(0, MOST_LABELS);
  return labels.map((label) =>
    advise(
      label,
      objects.filter((one) => one.label === label),
      events.filter((one) => one.label === label),
      { wanted, least },
    ),
  );
}

function advise(
  label: string,
  objects: readonly Scored[],
  events: readonly Scored[],
  { wanted, least }: { readonly wanted: number; readonly least: number },
): ThresholdAdvice {
  if (objects.length < LEAST_OBJECTS) {
    const spoken =
      events.length === 0 ? '' : ` ${events.length} events do not help: they are no fair sample of the frames.`;
    const reason = `too few: frames that chance chose show ${objects.length} objects of it, and ${LEAST_OBJECTS} are needed.${spoken}`;
    return { label, reason };
  }
  const rightOnes = objects.filter((one) => one.right).length;
  const effect = (threshold: number) => {
    const left = objects.filter(({ score }) => score >= threshold);
    const kept = left.filter((one) => one.right).length;
    return { threshold, precision: wilson(kept, left.length), kept: wilson(kept, Math.max(1, rightOnes)) };
  };
  const scores = [...new Set(objects.map(({ score }) => Math.max(least, floorOf(score))))].toSorted((a, b) => a - b);
  const today = effect(least);
  const target = `${percent(wanted)} right`;
  if (today.precision.from >= wanted) return { label, today, reason: `today's threshold already gives ${target}` };
  const enough = scores.filter(
    (threshold) => objects.filter(({ score }) => score >= threshold).length >= LEAST_OBJECTS,
  );
  const proposed = enough.map(effect).find(({ precision }) => precision.from >= wanted);
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
    events: { ...spoken, right: count(true, 0), rightLeft: count(true, proposed.threshold) },
    reason: `the lowest with at least ${target}, by the lower end of the interval`,
  };
}

/** Each object of the edge, and whether the hub sees one of its label there; no two are the same. */
function objectsOf({ edge, hub }: Spoken): Scored[] {
  const { threshold } = edge;
  if (threshold === undefined) return [];
  const free = new Set<Detection>(hub.objects);
  return edge.objects
    .filter(({ score }) => score >= threshold)
    .toSorted((a, b) => b.score - a.score)
    .map(({ label, score, box }) => {
      const [match] = [...free]
        .filter((other) => other.label === label && iou(box, other.box) >= SAME_OBJECT)
        .toSorted((a, b) => iou(box, b.box) - iou(box, a.box));
      if (match) free.delete(match);
      return { label, score, right: match !== undefined };
    });
}

/** An operator has the last word. */
function eventOf({ event, outcome, said }: Spoken): Scored[] {
  if (!event) return [];
  return [{ label: event.label, score: event.score, right: said ? said === 'right' : outcome === 'confirmed' }];
}

/** To hundredths, downwards: a threshold that people can read, and that loses nothing that it stands for. */
const floorOf = (score: number) => Math.floor(score * 100 + 1e-9) / 100;

const percent = (share: number) => `${Math.round(share * 1000) / 10} %`;
