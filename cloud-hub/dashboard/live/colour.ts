/** Colours that tell tracks and labels apart: light enough for black text, whatever the hue. */

/** Steps of the golden angle keep neighbours in a sequence far apart on the wheel. */
const GOLDEN_ANGLE = 137.507_764;

/** The colour of a track: always the same, and unlike those of the tracks that began just before and after. */
export function trackColour(track: number): string {
  return colour((track * GOLDEN_ANGLE + 200) % 360);
}

/** The colour of what has no track, by its label: always the same. */
export function labelColour(label: string): string {
  // FNV-1a, 32 bits.
  let hash = 0x811c9dc5;
  for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193) >>> 0;
  return colour(hash % 360);
}

function colour(hue: number): string {
  return `oklch(0.83 0.16 ${hue.toFixed(1)})`;
}
