import { expect, test } from 'vitest';
import { z } from 'zod';
import { knownOf } from '../../../cloud-hub/ingest/known.ts';

const schema = z.object({
  name: z.string(),
  deep: z.object({ list: z.array(z.object({ id: z.number() })).optional() }).optional(),
  byName: z.record(z.string(), z.object({ on: z.boolean() })).optional(),
});
/** A key of exactly so many bytes of JSON. */
const of = (key: string, bytes: number) => ({
  [key]: 'x'.repeat(bytes - Buffer.byteLength(JSON.stringify({ [key]: '' }))),
});

test('what the schema knows stays at any size and depth; of the rest what fits, counted over the whole', () => {
  const long = 'n'.repeat(1000);
  const value = {
    ...of('a', 40),
    name: long,
    deep: {
      list: [
        { id: 1, ...of('b', 40) },
        { id: 2, ...of('c', 40) },
      ],
    },
    byName: { cam: { on: true, ...of('d', 19) }, yard: { on: false, ...of('e', 12) } },
  };
  const without = (max: number) => knownOf(schema, value, max);
  const bare = {
    name: long,
    deep: { list: [{ id: 1 }, { id: 2 }] },
    byName: { cam: { on: true }, yard: { on: false } },
  };
  expect(without(0)).toEqual(bare);
  expect(without(1000)).toEqual(value);
  // Exactly the first; one byte less, and smaller ones later take the room.
  expect(without(40)).toEqual({ ...bare, ...of('a', 40) });
  expect(without(39)).toEqual({
    ...bare,
    byName: { cam: { on: true, ...of('d', 19) }, yard: { on: false, ...of('e', 12) } },
  });
});

test('after 256 keys that did not fit no more are measured', () => {
  const large = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`large${n}`, 'x'.repeat(100)]));
  const kept = (count: number) => Object.keys(Object(knownOf(schema, { ...large(count), small: 1, name: 'n' }, 50)));
  expect(kept(255)).toEqual(['small', 'name']);
  expect(kept(256)).toEqual(['name']);
});

test.each([
  ['a list', []],
  ['a text', 'x'],
  ['nothing', null],
  ['a number', 7],
])('what does not fit the schema stays as it is: %s', (_, odd) => {
  for (const value of [odd, { name: odd, deep: odd, byName: odd }, { deep: { list: odd } }])
    expect(knownOf(schema, value, 0)).toEqual(value);
});
