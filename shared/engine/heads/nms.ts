/** Class-wise greedy non-maximum suppression. */
import type { Candidate } from './head.ts';

/** Bound on what one frame may return, whatever the model says. */
const MAX_KEPT = 300;
const MAX_CANDIDATES = 3000;

/**
 * Keeps the best boxes of each label, dropping those that overlap a better one of the same label by more than `iou`.
 * @returns at most 300, by falling score
 */
export function suppress(candidates: readonly Candidate[], iou: number): Candidate[] {
  const sorted = candidates.toSorted((a, b) => b.score - a.score).slice(0, MAX_CANDIDATES);
  const kept: Candidate[] = [];
  for (const candidate of sorted) {
    if (kept.length >= MAX_KEPT) break;
    if (!kept.some((k) => k.label === candidate.label && overlap(k, candidate) > iou)) kept.push(candidate);
  }
  return kept;
}

/** Intersection over union of two boxes, 0 to 1. */
function overlap(a: Candidate, b: Candidate): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (area(a) + area(b) - shared);
}

function area(c: Candidate): number {
  return (c.x2 - c.x1) * (c.y2 - c.y1);
}
