import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Assignment } from '../../../agent/runner/messages.ts';
import { changeOf, place } from '../../../agent/runner/place.ts';
import { streamConfig } from '../../../shared/contract/config/stream.ts';

test('streams are dealt like cards', () => {
  expect(place([], ['a', 'b', 'c', 'd', 'e'], 2)).toEqual([
    ['a', 'c', 'e'],
    ['b', 'd'],
  ]);
  expect(place([], ['a'], 4)).toEqual([['a']]);
  expect(place([], [], 4)).toEqual([[]]);
});

const names = fc.uniqueArray(fc.constantFrom(...'abcdefghij'), { maxLength: 10 });

test('each stream has one runner, those that had one keep it, and no runner is needed that is not allowed', () => {
  fc.assert(
    fc.property(names, names, fc.integer({ min: 1, max: 5 }), (first, second, runners) => {
      const before = place([], first, runners);
      const after = place(before, second, runners);
      expect(after.flat().toSorted()).toEqual(second.toSorted());
      for (const [index, hand] of before.entries())
        for (const stream of hand) if (second.includes(stream)) expect(after[index]).toContain(stream);
      expect(after.filter((hand) => hand.length > 0).length).toBeLessThanOrEqual(runners);
    }),
  );
});

test('runners that begin anew differ by one stream at most', () => {
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 5 }), (streams, runners) => {
      const sizes = place([], streams, runners).map((hand) => hand.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }),
  );
});

const of = (stream: string, more: Partial<Assignment> = {}): Assignment => ({
  stream,
  config: streamConfig.parse({ source: { url: 'test:testsrc2' }, model: 'walker' }),
  modelDir: 'm',
  variant: 'auto',
  batch: 1,
  runtime: { threads: 1, provider: 'cpu' },
  once: false,
  ...more,
});

test('a runner takes up whatever changes as it is, but another model of a stream that it has', () => {
  const from = [of('a'), of('b')];
  expect(changeOf(from, [of('a'), of('b')])).toBe('none');
  expect(changeOf([], [])).toBe('none');
  const slower = streamConfig.parse({ source: { url: 'test:testsrc2' }, model: 'walker', fps: 1 });
  for (const to of [
    [of('a')],
    [of('b'), of('a')],
    [of('a', { config: slower }), of('b')],
    [of('a'), of('b'), of('c', { modelDir: 'n' })],
    [],
  ])
    expect(changeOf(from, to)).toBe('assign');
  for (const other of [
    { modelDir: 'n' },
    { variant: 'int8' },
    { batch: 4 },
    { runtime: { threads: 2, provider: 'cpu' } },
  ] as const)
    expect(changeOf(from, [of('a'), of('b', other)])).toBe('swap');
  // One that goes takes its model with it.
  expect(changeOf(from, [of('a')])).toBe('assign');
  expect(changeOf([of('a')], [of('b', { modelDir: 'n' })])).toBe('assign');
});

test('a stream that is new goes to whoever has least, and never beyond the runners that are allowed', () => {
  expect(place([['a', 'b'], ['c']], ['a', 'b', 'c', 'd'], 2)).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
  expect(place([['a'], ['b']], ['b', 'c'], 2)).toEqual([['c'], ['b']]);
  // Fewer runners are allowed than there are: who has streams keeps them, new ones go to the first.
  expect(place([[], ['b'], ['c']], ['b', 'c', 'd', 'e'], 1)).toEqual([['d', 'e'], ['b'], ['c']]);
  expect(place([['a'], ['b'], []], ['a', 'b', 'c'], 1)).toEqual([['a', 'c'], ['b'], []]);
  expect(place([], ['a', 'b'], 0)).toEqual([['a', 'b']]);
});
