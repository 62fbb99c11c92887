/** Which part of the frame a sample shows. Pure. */
import type { StreamEscalation } from '../../../shared/contract/config/escalate.ts';
import type { Box } from '../../../shared/contract/names.ts';

/** The whole frame: what stands around an object tells what it is. */
export const WHOLE: Box = [0, 0, 1, 1];
/** Times the sides of the object's box. */
const SIDES = { crop: 1.5, region: 3 } as const;
/** Of the frame: a model that looks at less has nothing to compare with. */
const LEAST = 0.1;

/** @param box of the object that is asked about; undefined: it is about the frame */
export function regionOf(box: Box | undefined, show: StreamEscalation['show']): Box {
  if (box === undefined || show === 'frame') return WHOLE;
  const [x, y, w, h] = box;
  const [left, width] = around(x, w, SIDES[show]);
  const [top, height] = around(y, h, SIDES[show]);
  return [left, top, width, height];
}

/** As long as asked for where there is room, around the same middle, and inside the frame. */
function around(start: number, size: number, sides: number): [number, number] {
  const length = Math.min(1, Math.max(LEAST, size * sides));
  const from = Math.min(1 - length, Math.max(0, start + size / 2 - length / 2));
  return [from, length];
}
