/**
 * Intersection over union of two [x, y, width, height] boxes of the same units: 0 (they share nothing) to 1 (they are the same).
 * Jaccard, "The Distribution of the Flora in the Alpine Zone", 1912.
 */
export function iou(a: Quad, b: Quad): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (a[2] * a[3] + b[2] * b[3] - shared);
}

type Quad = readonly [number, number, number, number];
