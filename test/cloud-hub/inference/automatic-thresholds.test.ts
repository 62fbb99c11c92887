/** Thresholds that the hub sets by itself: never out of the bounds, never by more than a step, never without a proposal. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ThresholdAdvice } from '../../../cloud-hub/contract/threshold.ts';
import { tunedWithin } from '../../../cloud-hub/inference/automatic-thresholds.ts';

const sure = { share: 1, from: 0.9, to: 1, n: 100 };
const at = (threshold: number) => ({ threshold, precision: sure, kept: sure });
const advice = (label: string, today: number, proposed?: number): ThresholdAdvice => ({
  label,
  today: at(today),
  ...(proposed === undefined ? {} : { proposed: at(proposed) }),
  reason: '',
});

test('a proposal is followed as far as bounds and step allow; others stay', () => {
  const bounds = { min: 0.3, max: 0.6, maxStep: 0.1 };
  const labels = { dog: 0.7 };
  expect(tunedWithin([advice('person', 0.4, 0.45)], labels, bounds)).toEqual({ dog: 0.7, person: 0.45 });
  expect(tunedWithin([advice('person', 0.4, 0.9)], labels, bounds)).toEqual({ dog: 0.7, person: 0.5 });
  expect(tunedWithin([advice('person', 0.55, 0.9)], labels, bounds)).toEqual({ dog: 0.7, person: 0.6 });
  expect(tunedWithin([advice('person', 0.6, 0.9)], labels, bounds)).toBe(labels);
  expect(tunedWithin([advice('person', 0.4)], labels, bounds)).toBe(labels);
  expect(tunedWithin([{ label: 'person', reason: 'too few' }], labels, bounds)).toBe(labels);
  // What lies outside of the bounds comes in.
  expect(tunedWithin([advice('dog', 0.9, 0.95)], labels, bounds)).toEqual({ dog: 0.6 });
});

test('whatever is proposed: within the bounds, by at most a step, and again and again it comes to rest', () => {
  const score = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('person', 'car', 'dog'), fc.option(score, { nil: undefined })), {
        maxLength: 3,
      }),
      score,
      fc.tuple(score, score).map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) })),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (proposals, base, { min, max }, maxStep) => {
        const wanted = new Map<string, number | undefined>(proposals);
        let labels: Readonly<Record<string, number>> = {};
        for (let round = 0; round < 200; round++) {
          const items = [...wanted].map(([label, proposed]) => advice(label, labels[label] ?? base, proposed));
          const next = tunedWithin(items, labels, { min, max, maxStep });
          if (next === labels) return;
          for (const [label, value] of Object.entries(next)) {
            const before = labels[label] ?? base;
            if (value === before) continue;
            expect(wanted.get(label)).toBeDefined();
            expect(value).toBeGreaterThanOrEqual(min);
            expect(value).toBeLessThanOrEqual(max);
            if (before >= min && before <= max) expect(Math.abs(value - before)).toBeLessThanOrEqual(maxStep + 0.0051);
          }
          labels = next;
        }
        expect.fail('it never comes to rest');
      },
    ),
  );
});
