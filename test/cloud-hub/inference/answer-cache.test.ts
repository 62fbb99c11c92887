import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cacheKey, createAnswerCache, type Seen } from '../../../cloud-hub/inference/answer-cache.ts';
import { box } from './asking.ts';

const seen = (objects: number, model = 'a'): Seen => ({
  ...{ type: 'seen', model, labels: [], ms: 1, hash: '' },
  detections: Array.from({ length: objects }, () => ({ label: 'x', score: 1, box })),
});

test('finds the last that was put, never takes more than it may, and drops the least recently used first', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('put', 'get'), fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 8 }))),
      fc.integer({ min: 0, max: 6000 }),
      (steps, most) => {
        const cache = createAnswerCache(most);
        const last = new Map<string, Seen>();
        let [hits, misses] = [0, 0];
        for (const [kind, n, objects] of steps) {
          const key = String(n);
          if (kind === 'put') {
            const one = seen(objects);
            cache.put(key, one);
            last.set(key, one);
            // What was put last is there, unless it is larger than all that may be kept.
            if (500 + objects * 250 <= most) {
              expect(cache.get(key)).toBe(one);
              hits++;
            }
          } else {
            const found = cache.get(key);
            if (found) {
              hits++;
              expect(found).toBe(last.get(key));
            } else misses++;
          }
          expect(cache.counts).toMatchObject({ hits, misses });
          expect(cache.counts.bytes).toBeLessThanOrEqual(most);
        }
      },
    ),
  );
});

test('the one that was not used for longest goes first', () => {
  const cache = createAnswerCache(1500);
  for (const key of ['a', 'b', 'c']) cache.put(key, seen(0));
  cache.get('a');
  cache.put('d', seen(0));
  expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true, true]);
});

test('a key is of the picture and of the model', () => {
  const [one, two] = [Buffer.from('one'), Buffer.from('two')];
  expect(cacheKey('sha256:a', one)).toBe(cacheKey('sha256:a', Buffer.from('one')));
  expect(new Set([cacheKey('sha256:a', one), cacheKey('sha256:b', one), cacheKey('sha256:a', two)]).size).toBe(3);
});
