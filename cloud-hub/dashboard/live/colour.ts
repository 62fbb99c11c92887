/** Colours that tell tracks and labels apart: light enough for black text, whatever the hue. */
import { fnv1a } from '../../../shared/kit/fnv1a.ts';

/** Steps of the golden angle keep neighbours in a sequence far apart on the wheel. */
const GOLDEN_ANGLE = 137.507_764;

/** The colour of a track: always the same, and unlike those of the tracks that began just before and after. */
export function trackColour(track: number): string {
  return colour((track * GOLDEN_ANGLE + 200) % 360);
}

/** The colour of what has no track, by its label: always the same. */
export function labelColour(label: string): string {
  return colour(fnv1a(label) % 360);
}

function colour(hue: number): string {
  return `oklch(0.83 0.16 ${hue.toFixed(1)})`;
}
