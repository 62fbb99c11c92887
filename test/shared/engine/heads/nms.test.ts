import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Candidate } from '../../../../shared/engine/heads/head.ts';
import { suppress } from '../../../../shared/engine/heads/nms.ts';

const candidate: fc.Arbitrary<Candidate> = fc
  .tuple(
    fc.nat(2),
    fc.float({ min: 0, max: 1, noNaN: true }),
    fc.nat(50),
    fc.nat(50),
    fc.integer({ min: 1, max: 30 }),
    fc.integer({ min: 1, max: 30 }),
  )
  .map(([label, score, x1, y1, w, h]) => ({ label, score, x1, y1, x2: x1 + w, y2: y1 + h }));

function iou(a: Candidate, b: Candidate): number {
  const w = Math.max(0, Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1));
  const h = Math.max(0, Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1));
  const area = (c: Candidate) => (c.x2 - c.x1) * (c.y2 - c.y1);
  return (w * h) / (area(a) + area(b) - w * h);
}

test('what is kept does not overlap within a label, and what is dropped overlaps a better one that is kept', () => {
  fc.assert(
    fc.property(
      fc.array(candidate, { maxLength: 40 }),
      fc.double({ min: 0.1, max: 0.9, noNaN: true }),
      (all, limit) => {
        const kept = suppress(all, limit);
        for (const a of kept)
          for (const b of kept) if (a !== b && a.label === b.label) expect(iou(a, b)).toBeLessThanOrEqual(limit);
        for (const c of all.filter((x) => !kept.includes(x))) {
          expect(kept.some((k) => k.label === c.label && k.score >= c.score && iou(k, c) > limit)).toBe(true);
        }
        expect(kept.map((k) => k.score)).toEqual(kept.map((k) => k.score).toSorted((a, b) => b - a));
      },
    ),
  );
});

test('a flood of candidates is bounded', () => {
  const flood = Array.from({ length: 10_000 }, (_, i) => ({
    label: 0,
    score: 0.5,
    x1: i * 2,
    y1: 0,
    x2: i * 2 + 1,
    y2: 1,
  }));
  expect(suppress(flood, 0.5)).toHaveLength(300);
});
