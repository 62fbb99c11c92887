/** Which objects no picture may show, and which do not count. Masks are painted before frames come here (`redact.ts`). */
import type { Detection } from '../../shared/contract/messages/preview.ts';
import type { Box, Point } from '../../shared/contract/names.ts';
import type { Outcome } from '../../shared/engine/outcome.ts';
import { insidePolygon } from '../../shared/kit/polygon.ts';
import { footInPicture } from './rules/objects.ts';

/** Boxes to hide in pictures of a frame; undefined where nothing is known of it. */
type Hidden = readonly Box[] | undefined;

export interface Hiding {
  /**
   * Of an analysed frame.
   * @param objects all that the model found, weak ones too
   * @param expected where tracks are that it may have missed
   */
  seen(objects: readonly Detection[], expected: readonly Detection[]): Hidden;
  /** Of a frame that shows what the last one showed. */
  last(): Hidden;
  /** Of a frame in which things have moved since. @param objects where they are taken to be */
  moved(objects: readonly Detection[]): Hidden;
  /** Nothing is known until the next analysed frame. */
  forget(): void;
}

export function createHiding(labels: readonly string[]): Hiding {
  const secret = new Set(labels);
  const boxesOf = (objects: readonly Detection[]) => objects.filter((o) => secret.has(o.label)).map((o) => o.box);
  const unknown = () => (secret.size === 0 ? [] : undefined);
  let known: Hidden = unknown();
  return {
    seen(objects, expected) {
      known = [...boxesOf(objects), ...boxesOf(expected)];
      return known;
    },
    last: () => known,
    moved: (objects) => known && [...known, ...boxesOf(objects)],
    forget() {
      known = unknown();
    },
  };
}

/** Takes out of an outcome the objects whose foot is in one of the polygons. */
export function objectsOutside(polygons: readonly (readonly Point[])[]): (outcome: Outcome) => Outcome {
  return (outcome) => {
    if (polygons.length === 0 || outcome.task !== 'detect') return outcome;
    const counts = ({ box }: Detection) => !polygons.some((polygon) => insidePolygon(footInPicture(box), polygon));
    return { task: 'detect', detections: outcome.detections.filter(counts) };
  };
}
