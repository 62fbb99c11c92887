import { expect, test } from 'vitest';
import { createBegins } from '../../../agent/runner/begins.ts';

test('a record that names a frame says when that frame began, as long as the frame is among the last 32', () => {
  const begins = createBegins();
  expect(begins.of({ frame: 0 })).toEqual({});
  for (let frame = 0; frame < 32; frame++) begins.note(frame, 1000 + frame);
  expect(begins.of({ frame: 0 })).toEqual({ begunAt: 1000 });
  expect(begins.of({ frame: 31 })).toEqual({ begunAt: 1031 });
  begins.note(32, 2000);
  expect(begins.of({ frame: 0 })).toEqual({});
  expect(begins.of({ frame: 32 })).toEqual({ begunAt: 2000 });
  expect(begins.of({ frame: 33 })).toEqual({});
});

test('a record without a frame, or with one that is no number, says nothing', () => {
  const begins = createBegins();
  begins.note(1, 1000);
  expect(begins.of({})).toEqual({});
  expect(begins.of({ frame: '1' })).toEqual({});
  expect(begins.of({ frame: null })).toEqual({});
});
