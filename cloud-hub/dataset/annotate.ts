/**
 * What is on a picture of the dataset: the objects of the hub's model, with what an operator said put in its place. Pure.
 *
 * `right`: the object of the event is there, with its label. `other`: it is there, with his label. `wrong`: no object of the event's
 * label lies there. An event without a box (a count, an absence) changes no object: it stays beside the picture as it was said.
 */
import type { Box } from '../../shared/contract/names.ts';
import { iou } from '../../shared/kit/iou.ts';
import type { DatasetItem } from '../contract/dataset.ts';

export interface Annotation {
  readonly label: string;
  /** In fractions of the picture, and inside it. */
  readonly box: Box;
  /** Who says so. */
  readonly source: 'model' | 'operator';
  /** Of the model. */
  readonly score?: number;
}

/** As when verdicts are made: a small model draws its boxes loosely. */
const SAME_OBJECT = 0.3;
/** Thinner things are no boxes to learn from: less than a pixel of most pictures. */
const THINNEST = 0.001;

export function annotationsOf({ hub, event, correction, picture }: DatasetItem): Annotation[] {
  const seen: Annotation[] = hub.objects.map(({ label, box, score }) => ({ label, box, score, source: 'model' }));
  const said = event?.box && correction ? corrected(seen, { ...event, box: event.box }, correction) : seen;
  return said.flatMap((one) => {
    const box = inPicture(one.box, picture.region);
    return box ? [{ ...one, box }] : [];
  });
}

function corrected(
  seen: readonly Annotation[],
  event: { readonly label: string; readonly box: Box },
  { verdict, label = event.label }: NonNullable<DatasetItem['correction']>,
): readonly Annotation[] {
  if (verdict === 'wrong')
    return seen.filter((one) => one.label !== event.label || iou(one.box, event.box) < SAME_OBJECT);
  const best = seen
    .map((one) => ({ one, by: iou(one.box, event.box) + (one.label === label ? 1 : 0) }))
    .filter(({ one }) => iou(one.box, event.box) >= SAME_OBJECT)
    .toSorted((a, b) => b.by - a.by)[0]?.one;
  // The model's box is the tighter one; who it is the operator knows.
  const object: Annotation = { label, box: best?.box ?? event.box, source: 'operator' };
  return best ? seen.map((one) => (one === best ? object : one)) : [...seen, object];
}

/** A box of the source frame as one of the picture, cut off at its edges; undefined: nothing of it is there. */
function inPicture([x, y, w, h]: Box, [left, top, width, height]: Box): Box | undefined {
  const cut = (value: number) => Math.min(1, Math.max(0, value));
  const [x1, y1] = [cut((x - left) / width), cut((y - top) / height)];
  const [x2, y2] = [cut((x + w - left) / width), cut((y + h - top) / height)];
  return x2 - x1 > THINNEST && y2 - y1 > THINNEST ? [x1, y1, x2 - x1, y2 - y1] : undefined;
}
