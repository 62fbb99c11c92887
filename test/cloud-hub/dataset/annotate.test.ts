import fc from 'fast-check';
import { expect, test } from 'vitest';
import { annotationsOf } from '../../../cloud-hub/dataset/annotate.ts';
import { by, item } from './items.ts';

const seen = { label: 'person', score: 0.9, source: 'model', box: [0.11, 0.1, 0.2, 0.4] };
const near = (boxes: unknown) =>
  JSON.parse(JSON.stringify(boxes), (_, v) => (typeof v === 'number' ? Math.round(v * 1e6) / 1e6 : v));

test('without a word of an operator it is what the model saw', () => {
  expect(near(annotationsOf(item(1)))).toEqual([seen]);
});

test('right: the object is there, and where the model missed it, it is put there', () => {
  const right = { verdict: 'right' as const, ...by };
  expect(near(annotationsOf(item(1, { correction: right })))).toEqual([
    { label: 'person', source: 'operator', box: seen.box },
  ]);
  const missed = item(1, { correction: right, hub: { model: 'm', objects: [] } });
  expect(near(annotationsOf(missed))).toEqual([{ label: 'person', source: 'operator', box: [0.1, 0.1, 0.2, 0.4] }]);
});

test('other: the object has his label, and those beside it stay', () => {
  const dog = { label: 'dog', score: 0.8, box: [0.7, 0.7, 0.1, 0.1] as [number, number, number, number] };
  const hub = { model: 'm', objects: [...item(1).hub.objects, dog] };
  const other = item(1, { hub, correction: { verdict: 'other', label: 'scooter', ...by } });
  expect(near(annotationsOf(other))).toEqual([
    { label: 'scooter', source: 'operator', box: seen.box },
    { ...dog, source: 'model' },
  ]);
});

test('wrong: nothing of that label lies there; what is of another label, or elsewhere, stays', () => {
  const elsewhere = { label: 'person', score: 0.6, box: [0.6, 0.5, 0.2, 0.4] as [number, number, number, number] };
  const cat = { label: 'cat', score: 0.6, box: [0.1, 0.1, 0.2, 0.4] as [number, number, number, number] };
  const hub = { model: 'm', objects: [...item(1).hub.objects, elsewhere, cat] };
  const wrong = annotationsOf(item(1, { hub, correction: { verdict: 'wrong', ...by } }));
  expect(wrong.map(({ label, box }) => [label, near(box)])).toEqual([
    ['person', elsewhere.box],
    ['cat', cat.box],
  ]);
});

test('an event that counts has no box: the objects stay as they are', () => {
  const { box: _, ...event } = item(1).event ?? { rule: 'r', ruleKind: 'x', action: 'a', label: 'person', score: 1 };
  const counted = item(1, { event, correction: { verdict: 'wrong', ...by } });
  expect(near(annotationsOf(counted))).toEqual([seen]);
});

test('boxes are those of the picture, whatever part of the frame it shows, and never leave it', () => {
  const half = item(1, { picture: { ...item(1).picture, region: [0.2, 0, 0.5, 1] } });
  expect(near(annotationsOf(half))).toEqual([{ ...seen, box: [0, 0.1, 0.22, 0.4] }]);
  const outside = item(1, { picture: { ...item(1).picture, region: [0.5, 0.5, 0.5, 0.5] } });
  expect(annotationsOf(outside)).toEqual([]);
  const number = fc.double({ min: -0.5, max: 1.5, noNaN: true });
  const side = fc.double({ min: 0.01, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.tuple(number, number, side, side), fc.tuple(side, side, side, side), (box, region) => {
      const hub = { model: 'm', objects: [{ label: 'x', score: 1, box }] };
      for (const {
        box: [x, y, w, h],
      } of annotationsOf(item(1, { hub, picture: { ...item(1).picture, region } }))) {
        expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
        expect(Math.min(w, h)).toBeGreaterThan(0);
        expect(Math.max(x + w, y + h)).toBeLessThanOrEqual(1 + 1e-9);
      }
    }),
  );
});
