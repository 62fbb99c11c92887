import { expect, test } from 'vitest';
import { z } from 'zod';
import { complaintsOf, describeComplaints } from '../../../shared/kit/schema.ts';

const schema = z.strictObject({
  streams: z.record(
    z.string(),
    z.strictObject({
      fps: z.number().positive().optional(),
      rules: z.array(z.strictObject({ name: z.string().min(1) })).optional(),
      source: z.union([z.string(), z.strictObject({ url: z.string(), loop: z.boolean() })]).optional(),
    }),
  ),
});

function complaints(input: unknown, root?: string) {
  const result = schema.safeParse(input);
  return result.success ? [] : complaintsOf(result.error, input, root);
}

test('a complaint names the path as it is written, and what was found', () => {
  expect(complaints({ streams: { door: { fps: -3 } } })).toMatchObject([
    { path: 'streams.door.fps', message: expect.stringContaining('found -3') },
  ]);
  expect(complaints({ streams: { door: { rules: [{ name: 'a' }, { name: '' }] } } })).toMatchObject([
    { path: 'streams.door.rules[1].name', message: expect.stringContaining('found ""') },
  ]);
});

test('every unknown key is named', () => {
  expect(complaints({ streams: { door: { fsp: 1, colour: 2 } } })).toEqual([
    { path: 'streams.door.fsp', message: 'unknown key' },
    { path: 'streams.door.colour', message: 'unknown key' },
  ]);
});

test('of a union the branch that was meant is explained', () => {
  const found = complaints({ streams: { door: { source: { url: 'a', loop: 'yes' } } } });
  expect(found).toMatchObject([{ path: 'streams.door.source.loop', message: expect.stringContaining('found "yes"') }]);
});

test('a long value is shortened, and a root goes before the path', () => {
  const [complaint] = complaints({ streams: 'x'.repeat(500) }, 'config');
  expect(complaint?.path).toBe('config.streams');
  expect(complaint?.message.length).toBeLessThan(200);
});

test('complaints become one line', () => {
  expect(
    describeComplaints([
      { path: '', message: 'a' },
      { path: 'b', message: 'c' },
    ]),
  ).toBe('(root): a; b: c');
});
