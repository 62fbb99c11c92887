import { expect, test } from 'vitest';
import { iou } from '../../../shared/kit/iou.ts';

test('IoU is 1 with itself, 0 beside it, and a third by half', () => {
  expect(iou([0, 0, 1, 1], [0, 0, 1, 1])).toBe(1);
  expect(iou([0, 0, 0.5, 1], [0.5, 0, 0.5, 1])).toBe(0);
  expect(iou([0, 0, 0.5, 1], [0.25, 0, 0.5, 1])).toBeCloseTo(1 / 3);
});
