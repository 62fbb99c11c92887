/** Both answers to one picture ⇒ what becomes of the event. Pure. */
import type { Detection } from '../../shared/contract/messages/preview.ts';
import type { SampleHeader } from '../../shared/contract/messages/sample.ts';
import type { Opinion } from '../../shared/contract/messages/verdict.ts';
import type { Box } from '../../shared/contract/names.ts';
import { counts } from '../../shared/contract/thresholds.ts';
import { iou } from '../../shared/kit/iou.ts';

export interface Judgement {
  readonly outcome: Opinion;
  /** Of an event: what the hub sees there. */
  readonly label?: string;
  readonly score?: number;
}

/** A small model draws its boxes loosely: half as strict as for a hit of a benchmark. */
export const SAME_OBJECT = 0.3;

/** @param seen by the hub's model, by falling score, in fractions of the source frame */
export function judge(
  { event, objects, threshold, thresholds, labels }: SampleHeader,
  seen: readonly Detection[],
): Judgement {
  if (!event) {
    const known = labels && new Set(labels);
    const comparable = known ? seen.filter(({ label }) => known.has(label)) : seen;
    return judgeFrame(
      objects.filter((one) => counts({ threshold, thresholds }, one)),
      comparable,
    );
  }
  if (event.box) return judgeObject(event.label, event.box, seen);
  return judgeCount(event, seen);
}

/** The best overlap of the label confirms; without one, an object of another label that lies there changes it. */
function judgeObject(label: string, box: Box, seen: readonly Detection[]): Judgement {
  const there = seen
    .map((object) => ({ object, overlap: iou(box, object.box) }))
    .filter(({ overlap }) => overlap >= SAME_OBJECT)
    .toSorted((a, b) => b.overlap - a.overlap);
  const same = there.find(({ object }) => object.label === label) ?? there[0];
  if (!same) return { outcome: 'withdrawn' };
  const { label: found, score } = same.object;
  return { outcome: found === label ? 'confirmed' : 'changed', label: found, score };
}

/** An alarm that nobody is there is withdrawn by one who is; one that counts, by fewer. */
function judgeCount(
  { ruleKind, action, label, count = 1 }: NonNullable<SampleHeader['event']>,
  seen: readonly Detection[],
) {
  const alike = seen.filter((object) => object.label === label);
  const isAbsence = ruleKind === 'absence' && action === 'start';
  const holds = isAbsence ? alike.length === 0 : alike.length >= count;
  const score = alike[0]?.score;
  return {
    outcome: holds ? ('confirmed' as const) : ('withdrawn' as const),
    ...(score === undefined ? {} : { label, score }),
  };
}

/** Of a frame: does each find what the other finds? */
function judgeFrame(edge: readonly Detection[], seen: readonly Detection[]): Judgement {
  const free = new Set(seen);
  for (const object of edge) {
    const match = [...free].find((other) => other.label === object.label && iou(object.box, other.box) >= SAME_OBJECT);
    if (!match) return { outcome: 'changed' };
    free.delete(match);
  }
  return { outcome: free.size === 0 ? 'confirmed' : 'changed' };
}
