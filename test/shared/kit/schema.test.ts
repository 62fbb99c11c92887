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

const one = (of: z.ZodType, input: unknown, root?: string) => {
  const { error } = of.safeParse(input);
  return error ? complaintsOf(error, input, root) : [];
};

test('a union: the branch that got furthest is explained; where none got anywhere, what each would have taken', () => {
  const deep = z.object({
    at: z.union([z.object({ a: z.object({ b: z.number() }) }), z.object({ a: z.string() }), z.string()]),
  });
  expect(one(deep, { at: { a: { b: 'x' } } })).toEqual([
    { path: 'at.a.b', message: 'Invalid input: expected number, received string; found "x"' },
  ]);
  expect(one(deep, { at: 7 })).toEqual([
    {
      path: 'at',
      message: 'Invalid input: expected object, received number, or expected string, received number; found 7',
    },
  ]);
  expect(one(z.union([z.string(), z.string()]), 7)).toEqual([
    { path: '', message: 'Invalid input: expected string, received number; found 7' },
  ]);
  const named = z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') })], { error: 'must be a' });
  expect(one(named, { kind: 'b' }, 'root')).toEqual([{ path: 'root.kind', message: 'must be a; found "b"' }]);
  // A union in a union.
  const nested = z.union([z.string(), z.object({ x: z.union([z.number(), z.object({ y: z.boolean() })]) })]);
  expect(one(nested, { x: { y: 1 } })).toEqual([
    {
      path: 'x.y',
      message: 'Invalid input: expected boolean, received number; found 1; write true or false, without quotes',
    },
  ]);
});

test('paths: lists, keys, both after a root, and what is missing has no value to show', () => {
  const list = z.object({ l: z.array(z.object({ n: z.number() })) });
  expect(one(list, { l: [{ n: 1 }, {}] }, 'cfg')).toEqual([
    { path: 'cfg.l[1].n', message: 'Invalid input: expected number, received undefined' },
  ]);
  expect(one(z.array(z.number()), ['x'], 'r')[0]?.path).toBe('r[0]');
  expect(one(z.array(z.number()), ['x'])[0]?.path).toBe('[0]');
  expect(one(z.strictObject({}), { a: 1, b: 2 }, 'r')).toEqual([
    { path: 'r.a', message: 'unknown key' },
    { path: 'r.b', message: 'unknown key' },
  ]);
  expect(one(z.object({ a: z.object({ b: z.number() }) }), { a: null })[0]).toMatchObject({
    path: 'a',
    message: expect.stringContaining('; found null'),
  });
});

test('what is shown is at most 80 characters, and never a user or a password', () => {
  const shown = (value: unknown) => one(z.object({ u: z.number() }), { u: value })[0]?.message.split('; found ')[1];
  expect(shown('x'.repeat(78))).toBe(`"${'x'.repeat(78)}"`);
  expect(shown('x'.repeat(79))).toBe(`"${'x'.repeat(76)}...`);
  expect(shown('rtsp://me:s3cret@cam/x and http://you')).toBe('"rtsp://cam/…"');
  expect(shown('see rtsp://me:s3cret@cam/x, http://you@h')).toBe('"see rtsp://cam/…, http://h"');
  expect(shown('http://h/path?mail=a@b')).toBe('"http://h/…"');
  expect(shown({ url: 'mqtt://a:b@h' })).toBe('{"url":"mqtt://h"}');
  expect(shown(() => 1)).toBe('() => 1');
});
