import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { regionOf } from '../../../../agent/pipeline/choose/region.ts';
import type { Box } from '../../../../shared/contract/names.ts';

const part = fc.double({ min: 0, max: 1, noNaN: true });
/** Boxes of objects may stick out a little. */
const aBox = fc.tuple(part, part, part, part).map(([x, y, w, h]): Box => [x - 0.05, y - 0.05, w, h]);

test('a region is inside the frame, has all of the object that is in it, and grows from crop to frame', () => {
  fc.assert(
    fc.property(aBox, (box) => {
      const [crop, region, frame] = (['crop', 'region', 'frame'] as const).map((show) => regionOf(box, show));
      expect(frame).toEqual([0, 0, 1, 1]);
      for (const [at, size] of [0, 1].map((axis) => [axis, axis + 2] as const)) {
        for (const one of [crop, region]) {
          const [from, length] = [one?.[at] ?? Number.NaN, one?.[size] ?? Number.NaN];
          expect(from).toBeGreaterThanOrEqual(0);
          expect(from + length).toBeLessThanOrEqual(1 + 1e-9);
          expect(from).toBeLessThanOrEqual(Math.max(0, box[at] ?? 0) + 1e-9);
          expect(from + length).toBeGreaterThanOrEqual(Math.min(1, (box[at] ?? 0) + (box[size] ?? 0)) - 1e-9);
        }
        expect(crop?.[size]).toBeLessThanOrEqual(region?.[size] ?? 0);
      }
    }),
  );
});

test('what is about no object shows the frame', () => {
  expect(regionOf(undefined, 'crop')).toEqual([0, 0, 1, 1]);
});
