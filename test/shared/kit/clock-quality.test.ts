import { expect, test } from 'vitest';
import { clockQuality } from '../../../shared/kit/clock-quality.ts';

const year = Date.UTC(2026, 0, 1);

test.each([
  [year - 1, undefined, true, 'wrong'],
  [year, undefined, true, 'synced'],
  [year, undefined, false, 'unsynced'],
  [year, { offsetMs: 60_001, withinMs: 0 }, true, 'wrong'],
  [year, { offsetMs: 60_000, withinMs: 0 }, true, 'synced'],
  [year, { offsetMs: -60_001, withinMs: 0 }, true, 'wrong'],
  // As far as it is known it may be right.
  [year, { offsetMs: -61_000, withinMs: 1000 }, false, 'unsynced'],
  [year, { offsetMs: -61_001, withinMs: 1000 }, false, 'wrong'],
] as const)('a wall clock of %d, off by %j, synchronised: %s is %s', (wall, offset, synced, quality) => {
  expect(clockQuality(wall, offset, synced)).toBe(quality);
});
