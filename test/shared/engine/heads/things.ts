import fc from 'fast-check';
import { expect } from 'vitest';
import type { Candidate } from '../../../../shared/engine/heads/head.ts';
import type { Thing } from '../../../support/head-layouts.ts';

/** A box inside a picture, its sides between `least` and `most` pixels. */
export function thing(
  {
    width,
    height,
    labels,
    least,
    most,
  }: { width: number; height: number; labels: number; least: number; most: number },
  score = fc.double({ min: 0.5, max: 0.99, noNaN: true }),
): fc.Arbitrary<Thing> {
  const unit = fc.double({ min: 0, max: 1, noNaN: true });
  const side = fc.double({ min: least, max: most, noNaN: true });
  return fc.tuple(fc.nat(labels - 1), score, unit, unit, side, side).map(([label, s, u, v, w, h]) => {
    const [x1, y1] = [u * (width - w), v * (height - h)];
    return { label, score: s, x1, y1, x2: x1 + w, y2: y1 + h };
  });
}

/** What was read is what was written, whatever the order, to `tolerance` pixels. */
export function expectThings(read: readonly Candidate[], written: readonly Thing[], tolerance = 0.01): void {
  expect(read).toHaveLength(written.length);
  const order = (things: readonly Candidate[]) => things.toSorted((a, b) => b.score - a.score);
  const wanted = order(written);
  for (const [i, found] of order(read).entries()) {
    expect(found.label).toBe(wanted[i]?.label);
    expect(Math.abs(found.score - (wanted[i]?.score ?? 0))).toBeLessThan(1e-4);
    for (const side of ['x1', 'y1', 'x2', 'y2'] as const) {
      expect(Math.abs(found[side] - (wanted[i]?.[side] ?? Number.NaN))).toBeLessThan(tolerance);
    }
  }
}

/** Scores apart from each other, so that an order by score is one. */
export function apart(things: readonly Thing[]): boolean {
  const scores = things.map((t) => t.score).toSorted((a, b) => a - b);
  return scores.every((s, i) => i === 0 || s - (scores[i - 1] ?? 0) > 1e-3);
}

/** Overlap of two boxes by their corners. */
export function iou(a: Omit<Thing, 'label' | 'score'>, b: Omit<Thing, 'label' | 'score'>): number {
  const w = Math.max(0, Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1));
  const h = Math.max(0, Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1));
  const area = (c: typeof a) => (c.x2 - c.x1) * (c.y2 - c.y1);
  return (w * h) / (area(a) + area(b) - w * h);
}

export const float32 = (name: string, shape: readonly (number | undefined)[]) => ({ name, type: 'float32', shape });

export const output = (name: string, data: Float32Array) => ({ name, data, shape: [1, data.length] });

/** Values that must never pass as a result. */
export const broken = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
