import { expect, test } from 'vitest';
import type { HeadContext } from '../../../../shared/engine/heads/head.ts';
import {
  fits,
  namesOf,
  onlyOutput,
  outputNamed,
  requireOneLabel,
  requireShape,
  valuesOf,
} from '../../../../shared/engine/heads/outputs.ts';
import { float32, output } from './things.ts';

const context = (...outputs: HeadContext['outputs'][number][]): HeadContext => ({
  inputWidth: 8,
  inputHeight: 8,
  labels: 2,
  outputs,
});
const [a, b] = [float32('a', [1, 2]), float32('b', [1, undefined])];
const texts = { ...a, type: 'other' };
const invalid = (message: string) => expect.objectContaining({ code: 'model-invalid', message });

test('the one output, or the one that is named, and of numbers', () => {
  expect(onlyOutput(context(a), 'x')).toBe(a);
  expect(() => onlyOutput(context(), 'x')).toThrow(
    invalid('head.kind says x (one output), the graph says 0 outputs ()'),
  );
  expect(() => onlyOutput(context(a, b), 'x')).toThrow(
    invalid('head.kind says x (one output), the graph says 2 outputs (a, b)'),
  );
  expect(outputNamed(context(a, b), 'b', 'head.boxes')).toBe(b);
  expect(() => outputNamed(context(a, b), 'c', 'head.boxes')).toThrow(
    invalid('head.boxes says "c", the graph says the outputs a, b'),
  );
  const refused = invalid(
    'head.kind says numbers, the graph says text or another type in "a"; export it with float32 outputs',
  );
  expect(() => onlyOutput(context(texts), 'x')).toThrow(refused);
  expect(() => outputNamed(context(texts, b), 'a', 'head.boxes')).toThrow(refused);
  expect(namesOf(context(a, b))).toBe('a, b');
});

test.each([
  [[1, 2], [1, 2], true],
  [[1, 2], [1, 3], false],
  [[1, 2], [2, 2], false],
  [[1, undefined], [1, 7], true],
  [[undefined, undefined], [1, 7], true],
  [[1, 2], [1, undefined], true],
  [[1, 2], [undefined, undefined], true],
  [[1, 2], [1], false],
  [[1], [1, 2], false],
  [[1, 2], [1, 2, undefined], false],
  [[], [1, 2, 3], true],
] as const)('an output of %j fits what is wanted as %j: %s', (shape, wanted, good) => {
  const found = float32('y', shape);
  expect(fits(found, wanted)).toBe(good);
  if (good) expect(() => requireShape(found, wanted, 'labels say')).not.toThrow();
  else
    expect(() => requireShape(found, wanted, 'labels say')).toThrow(expect.objectContaining({ code: 'model-invalid' }));
});

test('a wrong shape is refused with both shapes', () => {
  expect(() => requireShape(float32('y', [1, undefined, 3]), [1, undefined, 4], 'labels say')).toThrow(
    invalid('labels say [1, ?, 4], the graph says [1, ?, 3] in "y"'),
  );
});

test('a head of one thing needs one label', () => {
  expect(() => requireOneLabel({ ...context(a), labels: 1 }, 'yunet')).not.toThrow();
  for (const labels of [0, 2, 80])
    expect(() => requireOneLabel({ ...context(a), labels }, 'yunet')).toThrow(
      invalid(`labels says ${labels} labels, head.kind "yunet" finds one thing: give one label, such as face`),
    );
});

test('the values of an output, as many as there must be', () => {
  const data = Float32Array.of(1, 2, 3);
  const outputs = [output('y', data), output('z', new Float32Array())];
  expect(valuesOf(outputs, 0, 3, 'x')).toBe(data);
  expect(valuesOf(outputs, 0, undefined, 'x')).toBe(data);
  expect(valuesOf(outputs, 1, 0, 'x')).toHaveLength(0);
  const failed = (message: string) => expect.objectContaining({ code: 'model-failed', message });
  expect(() => valuesOf(outputs, 0, 2, 'x')).toThrow(failed('x: 3 values instead of 2 in output 0 "y"'));
  expect(() => valuesOf(outputs, 1, 3, 'x')).toThrow(failed('x: 0 values instead of 3 in output 1 "z"'));
  expect(() => valuesOf(outputs, 2, 3, 'x')).toThrow(failed('x: 0 values instead of 3 in output 2 ""'));
  expect(() => valuesOf(outputs, 2, undefined, 'x')).toThrow(failed('x: 0 values instead of any in output 2 ""'));
});
