/** Heads of several outputs, made and fed by the names of these. */
import fc from 'fast-check';
import type { AnyHeadKind, DetectHead, Head } from '../../../../shared/engine/heads/head.ts';
import { apart, float32, output, thing } from './things.ts';

export const size = { width: 160, height: 96 };
export const labels = 5;
export type Shapes = Readonly<Record<string, readonly (number | undefined)[]>>;

export function make(kind: AnyHeadKind<Head>, shapes: Shapes, options: object = {}): DetectHead {
  const outputs = Object.entries(shapes).map(([name, shape]) => float32(name, shape));
  const made = kind.create(options, { inputWidth: size.width, inputHeight: size.height, labels, outputs });
  if (made.task !== 'detect') throw new Error('no detector');
  return made;
}

/** Gives the head what it asks for, by name. */
export function decode(head: DetectHead, values: Readonly<Record<string, Float32Array>>, threshold = 0.4) {
  return head.decode(
    head.outputs.map((name) => output(name, values[name] ?? new Float32Array())),
    threshold,
  );
}

export const few = fc.array(thing({ ...size, labels, least: 8, most: 60 }), { maxLength: 4 }).filter(apart);
export const one = { label: 3, score: 0.8, x1: 20, y1: 24, x2: 68, y2: 72 };
export const fraction = (box: readonly number[]) => box.map((v, i) => v / (i % 2 === 0 ? size.width : size.height));
export const rowsFirst = (box: readonly number[]) => box.map((v, i) => v / (i % 2 === 0 ? size.height : size.width));
