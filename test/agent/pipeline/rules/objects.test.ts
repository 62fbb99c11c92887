import { expect, test } from 'vitest';
import { createPaths, footOf, selector } from '../../../../agent/pipeline/rules/objects.ts';
import type { Detection } from '../../../../shared/contract/messages/preview.ts';

test('the way of each track for itself, oldest first, without steps that are none; afterwards nothing is known', () => {
  const paths = createPaths();
  expect(paths.of(1)).toEqual([]);
  for (const x of [0, 0.003, 0.0039, 0.004, 0.0079, 0.008]) paths.add(1, [x, 0]);
  paths.add(2, [0.5, 0.5]);
  // Short only across, or only along: the way as the crow flies counts.
  paths.add(2, [0.5, 0.5039]);
  paths.add(2, [0.503, 0.503]);
  expect(paths.of(1)).toEqual([
    [0, 0],
    [0.004, 0],
    [0.008, 0],
  ]);
  expect(paths.of(2)).toEqual([
    [0.5, 0.5],
    [0.503, 0.503],
  ]);
  paths.end(1);
  expect(paths.of(1)).toEqual([]);
  expect(paths.of(2)).toHaveLength(2);
  paths.add(1, [0.9, 0.9]);
  expect(paths.of(1)).toEqual([[0.9, 0.9]]);
});

test('at most 64 points: of a longer way each second one is left out, again and again, never its beginning or end', () => {
  const paths = createPaths();
  const point = (i: number) => [i / 100, 0] as const;
  for (let i = 0; i < 64; i++) paths.add(1, [...point(i)]);
  expect(paths.of(1)).toEqual(Array.from({ length: 64 }, (_, i) => point(i)));
  paths.add(1, [...point(64)]);
  expect(paths.of(1)).toEqual(Array.from({ length: 33 }, (_, i) => point(2 * i)));
  for (let i = 65; i < 1000; i++) {
    paths.add(1, [...point(i)]);
    expect(paths.of(1).length).toBeLessThanOrEqual(64);
    expect(paths.of(1)[0]).toEqual([0, 0]);
    expect(paths.of(1).at(-1)).toEqual(point(i));
  }
});

test('a selection by label and score; each alone, both bounds included', () => {
  const seen = (label: string, score: number): Detection => ({ label, score, box: [0, 0, 1, 1] });
  const all = [seen('person', 0.5), seen('person', 0.49), seen('dog', 0.9), seen('dog', 0)];
  const chosen = (selection: Parameters<typeof selector>[0]) => all.filter(selector(selection)).map((o) => o.score);
  expect(chosen({})).toEqual([0.5, 0.49, 0.9, 0]);
  expect(chosen({ minScore: 0.5 })).toEqual([0.5, 0.9]);
  expect(chosen({ labels: ['person'] })).toEqual([0.5, 0.49]);
  expect(chosen({ labels: ['person'], minScore: 0.5 })).toEqual([0.5]);
  expect(chosen({ labels: ['cat', 'dog'] })).toEqual([0.9, 0]);
});

test('a foot is the middle of the lower side', () => {
  expect(footOf([0.25, 0.5, 0.5, 0.125])).toEqual([0.5, 0.625]);
});
