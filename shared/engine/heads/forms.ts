/** How exports write a box, and its corners in input pixels. */
import { z } from 'zod';
import { cornersOf } from './boxes.ts';
import type { Candidate, HeadContext } from './head.ts';

/** The four numbers of a box: corners (`yxyx`: rows first, as TensorFlow), centre and size, or corner and size. */
export const boxForm = z.enum(['xyxy', 'yxyx', 'cxcywh', 'xywh']).default('xyxy');
/** Input pixels, or fractions of the input's width and height. */
export const boxUnit = z.enum(['pixels', 'fractions']).default('pixels');

export interface BoxStyle {
  readonly form: z.infer<typeof boxForm>;
  readonly unit: z.infer<typeof boxUnit>;
}

export type Corners = Pick<Candidate, 'x1' | 'y1' | 'x2' | 'y2'>;

/** @param start index of the first of the four numbers */
export type BoxReader = (values: ArrayLike<number>, start: number) => Corners;

export function boxReader({ form, unit }: BoxStyle, { inputWidth, inputHeight }: HeadContext): BoxReader {
  const [sx, sy] = unit === 'pixels' ? [1, 1] : [inputWidth, inputHeight];
  return (values, start) => {
    const at = (k: number) => values[start + k] as number;
    switch (form) {
      case 'xyxy':
        return { x1: at(0) * sx, y1: at(1) * sy, x2: at(2) * sx, y2: at(3) * sy };
      case 'yxyx':
        return { x1: at(1) * sx, y1: at(0) * sy, x2: at(3) * sx, y2: at(2) * sy };
      case 'cxcywh':
        return cornersOf(at(0) * sx, at(1) * sy, at(2) * sx, at(3) * sy);
      case 'xywh':
        return { x1: at(0) * sx, y1: at(1) * sy, x2: (at(0) + at(2)) * sx, y2: (at(1) + at(3)) * sy };
    }
  };
}
