/** Fewer points for a ring (Douglas and Peucker, "Algorithms for the Reduction of the Number of Points", 1973). */
import type { Ring } from './contour.ts';

/**
 * @param tolerance how far a point may lie from the line that replaces it; it grows until the ring is short enough
 * @returns at most `most` points of the ring, in its order
 */
export function simplified(ring: Ring, tolerance: number, most: number): Ring {
  let made = ring;
  for (let far = tolerance; ; far *= 1.5) {
    made = reduced(ring, far);
    if (made.length <= most) return made;
  }
}

/** Two points far from each other stay; each side between them is reduced. */
function reduced(ring: Ring, tolerance: number): Ring {
  const [first] = ring;
  if (!first || ring.length <= 3) return ring;
  const far = ring.reduce(
    (best, point, i) => (distance(point, first) > distance(ring[best] ?? first, first) ? i : best),
    0,
  );
  const keep = new Set([0, far]);
  const spans: [number, number][] = [
    [0, far],
    [far, ring.length],
  ];
  for (let span = spans.pop(); span; span = spans.pop()) {
    const [from, to] = span;
    const [a, b] = [ring[from] ?? first, ring[to % ring.length] ?? first];
    let [worst, off] = [-1, tolerance];
    for (let i = from + 1; i < to; i++) {
      const away = offLine(ring[i] ?? first, a, b);
      if (away > off) [worst, off] = [i, away];
    }
    if (worst < 0) continue;
    keep.add(worst);
    spans.push([from, worst], [worst, to]);
  }
  return [...keep].toSorted((a, b) => a - b).map((i) => ring[i] ?? first);
}

type Point = Ring[number];

function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

/** Distance of a point from the piece between two others. */
function offLine(point: Point, a: Point, b: Point): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const length = dx * dx + dy * dy;
  const part = length === 0 ? 0 : ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / length;
  const along = Math.min(1, Math.max(0, part));
  return distance(point, [a[0] + along * dx, a[1] + along * dy]);
}
