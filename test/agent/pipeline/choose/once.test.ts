import { expect, test } from 'vitest';
import { createOnce } from '../../../../agent/pipeline/choose/once.ts';
import type { Detection } from '../../../../shared/contract/messages/preview.ts';

const of = (track: number): Detection => ({ label: 'person', score: 0.5, track, box: [0, 0, 0.1, 0.1] });
const MOST = 1000;

test('of more than a thousand tracks those are forgotten that were chosen longest ago, not those seen first', () => {
  const once = createOnce(1_000);
  const choose = (track: number, ptsMs: number) => once([of(track)], ptsMs, () => 1);
  for (let track = 0; track < MOST; track++) expect(choose(track, 0)).toBe(1);
  // Track 0 is chosen again, so that track 1 is the one that was chosen longest ago.
  expect(choose(0, 1_000)).toBe(1);
  expect(choose(MOST, 1_001)).toBe(1);
  expect(choose(0, 1_999)).toBeUndefined();
  expect(choose(MOST, 1_999)).toBeUndefined();
  // Its second has passed again only for it.
  expect(choose(0, 2_000)).toBe(1);
});

test('the thousand that are remembered are those before the last, and one more is forgotten at a time', () => {
  const once = createOnce(1_000_000);
  const choose = (track: number) => once([of(track)], 0, () => 1);
  for (let track = 0; track < MOST; track++) choose(track);
  expect(choose(0)).toBeUndefined();
  expect(choose(MOST)).toBe(1);
  expect(choose(1)).toBeUndefined();
  expect(choose(0)).toBe(1);
  expect(choose(2)).toBeUndefined();
  expect(choose(1)).toBe(1);
});
