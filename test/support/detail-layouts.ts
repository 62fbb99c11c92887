/** Masks and keypoints written the other way round, and read by brute force: the published formulas, pixel by pixel. */
import type { Size } from './head-layouts.ts';

/** What is inside of an object, in input pixels. */
export type Inside = (x: number, y: number) => number;

/** Above zero within an ellipse: 1 in its middle, 0 on its edge. */
export function ellipse(cx: number, cy: number, rx: number, ry: number): Inside {
  return (x, y) => 1 - ((x - cx) / rx) ** 2 - ((y - cy) / ry) ** 2;
}

/**
 * Prototypes [masks, rows, columns]: the first are the shapes, each sampled in the middles of the cells; the rest is noise that
 * no coefficient uses.
 */
export function writePrototypes(shapes: readonly Inside[], masks: number, rows: number, columns: number, size: Size) {
  const values = new Float32Array(masks * rows * columns).fill(9);
  for (const [k, inside] of shapes.entries())
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++)
        values[(k * rows + y) * columns + x] = inside(
          ((x + 0.5) * size.width) / columns,
          ((y + 0.5) * size.height) / rows,
        );
  return values;
}

/**
 * `process_mask` of Ultralytics by brute force: coefficients x prototypes, scaled up to the input by bilinear interpolation
 * (`align_corners=False`), above zero, within the box.
 * @returns a byte per pixel of the input
 */
export function readMask(
  coefficients: readonly number[],
  prototypes: Float32Array,
  { rows, columns, width, height }: Size & { rows: number; columns: number },
  box: { x1: number; y1: number; x2: number; y2: number },
): Uint8Array {
  const cell = (x: number, y: number) =>
    coefficients.reduce((sum, c, k) => sum + c * (prototypes[(k * rows + y) * columns + x] ?? Number.NaN), 0);
  const made = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (x + 0.5 < box.x1 || x + 0.5 >= box.x2 || y + 0.5 < box.y1 || y + 0.5 >= box.y2) continue;
      const [u, v] = [((x + 0.5) * columns) / width - 0.5, ((y + 0.5) * rows) / height - 0.5];
      const [l, t] = [Math.floor(u), Math.floor(v)];
      const at = (i: number, j: number) =>
        cell(Math.min(columns - 1, Math.max(0, i)), Math.min(rows - 1, Math.max(0, j)));
      const upper = at(l, t) * (1 - (u - l)) + at(l + 1, t) * (u - l);
      const lower = at(l, t + 1) * (1 - (u - l)) + at(l + 1, t + 1) * (u - l);
      made[y * width + x] = upper * (1 - (v - t)) + lower * (v - t) > 0 ? 1 : 0;
    }
  }
  return made;
}

/** The pixels whose middles are within rings by the even-odd rule. */
export function fillRings(
  rings: readonly (readonly (readonly [number, number])[])[],
  { width, height }: Size,
): Uint8Array {
  const made = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const crossings = rings
      .flatMap((ring) =>
        ring.flatMap(([ax, ay], i) => {
          const [bx, by] = ring[(i + 1) % ring.length] ?? [ax, ay];
          const within = ay > y + 0.5 !== by > y + 0.5;
          return within ? [ax + ((y + 0.5 - ay) / (by - ay)) * (bx - ax)] : [];
        }),
      )
      .toSorted((a, b) => a - b);
    for (let i = 0; i + 1 < crossings.length; i += 2)
      for (let x = 0; x < width; x++)
        if (x + 0.5 > (crossings[i] ?? 0) && x + 0.5 < (crossings[i + 1] ?? 0)) made[y * width + x] = 1;
  }
  return made;
}

/** Intersection over union; of two empty masks 1. */
export function maskIou(a: Uint8Array, b: Uint8Array): number {
  let both = 0;
  let any = 0;
  for (const [i, one] of a.entries()) {
    if (one && b[i]) both++;
    if (one || b[i]) any++;
  }
  return any === 0 ? 1 : both / any;
}

/** How many pixels differ though all pixels around them (two in each direction) are alike in `wanted`. */
export function farApart(made: Uint8Array, wanted: Uint8Array, { width, height }: Size): number {
  const at = (x: number, y: number) =>
    wanted[Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))];
  let far = 0;
  for (const [i, value] of made.entries()) {
    if (value === wanted[i]) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    const around = [-2, -1, 0, 1, 2].flatMap((dy) => [-2, -1, 0, 1, 2].map((dx) => at(x + dx, y + dy)));
    if (around.every((one) => one === wanted[i])) far++;
  }
  return far;
}
