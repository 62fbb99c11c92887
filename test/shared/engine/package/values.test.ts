/** Values that stand in an ONNX file: they match their shape and type, and what is made from them is bounded. */
import type onnxProto from 'onnx-proto';
import { expect, test } from 'vitest';
import { int64s, node, spoiled, withNode } from '../../../../fixtures/hostile/kind.ts';
import { list, refusal } from './refusal.ts';

/** Element type, bits of an element, the list that holds it. */
const elements = [
  [1, 32, 'floatData'],
  [2, 8, 'int32Data'],
  [3, 8, 'int32Data'],
  [4, 16, 'int32Data'],
  [5, 16, 'int32Data'],
  [6, 32, 'int32Data'],
  [7, 64, 'int64Data'],
  [9, 8, 'int32Data'],
  [10, 16, 'int32Data'],
  [11, 64, 'doubleData'],
  [12, 32, 'uint64Data'],
  [13, 64, 'uint64Data'],
  [16, 16, 'int32Data'],
  [17, 8, 'int32Data'],
  [18, 8, 'int32Data'],
  [19, 8, 'int32Data'],
  [20, 8, 'int32Data'],
  [21, 4, 'int32Data'],
  [22, 4, 'int32Data'],
] as const;

test.each(elements)(
  'elements of type %s: %s bits in raw data, or numbers in %s, exactly as many as the shape says',
  (dataType, bits, holder) => {
    const tensor = (more: object) => refusal(spoiled({ initializer: [{ name: 'w', dims: [5], dataType, ...more }] }));
    const bytes = Math.ceil((5 * bits) / 8);
    const numbers = bits === 4 ? 3 : 5;
    expect(tensor({ rawData: new Uint8Array(bytes) })).toBeUndefined();
    expect(tensor({ [holder]: list(numbers, () => 1) })).toBeUndefined();
    for (const wrong of [bytes - 1, bytes + 1])
      expect(tensor({ rawData: new Uint8Array(wrong) })).toBe(
        `m: graph.initializer[0] has the shape [5] but ${wrong} bytes instead of ${bytes}`,
      );
    for (const wrong of [numbers - 1, numbers + 1])
      expect(tensor({ [holder]: list(wrong, () => 1) })).toBe(
        `m: graph.initializer[0] has the shape [5] but ${wrong} values instead of ${numbers}`,
      );
    expect(tensor({})).toBe(`m: graph.initializer[0] has the shape [5] but 0 values instead of ${numbers}`);
    const other = holder === 'floatData' ? 'int64Data' : 'floatData';
    expect(tensor({ [other]: list(5, () => 1) })).toMatch(new RegExp(`holds elements of type ${dataType} in ${other}`));
    expect(tensor({ stringData: list(5, () => new Uint8Array(1)) })).toMatch(
      /holds elements of type \d+ in stringData/,
    );
    expect(tensor({ rawData: new Uint8Array(bytes), [holder]: list(numbers, () => 1) })).toMatch(
      /holds its data twice, in two forms/,
    );
  },
);

test('texts, unknown types and the single value of no axes', () => {
  const tensor = (more: object) => refusal(spoiled({ initializer: [{ name: 'w', ...more }] }));
  const text = (count: number) => list(count, () => new Uint8Array([65]));
  expect(tensor({ dims: [2], dataType: 8, stringData: text(2) })).toBeUndefined();
  expect(tensor({ dims: [2], dataType: 8, stringData: text(3) })).toMatch(/has the shape \[2\] for 3 texts/);
  expect(tensor({ dims: [2], dataType: 8, int32Data: [1, 2] })).toMatch(/for 0 texts/);
  expect(tensor({ dims: [2], dataType: 8, rawData: new Uint8Array(2) })).toMatch(/for 0 texts/);
  for (const dataType of [0, 14, 15, 23, 99])
    expect(tensor({ dims: [1], dataType, floatData: [1] })).toMatch(new RegExp(`unknown type ${dataType}`));
  expect(tensor({ dims: [], dataType: 1, floatData: [1] })).toBeUndefined();
  expect(tensor({ dims: [], dataType: 1, floatData: [1, 2] })).toMatch(/has the shape \[\] but 2 values instead of 1/);
  expect(tensor({ dims: [0], dataType: 1 })).toBeUndefined();
  expect(tensor({ dims: [-1], dataType: 1 })).toMatch(/has an axis of the size -1/);
});

test('a loop needs an end: its number of repetitions, or a condition that is not always true', () => {
  const bool = (name: string, value: number) => ({ name, dims: [1], dataType: 9, rawData: Uint8Array.of(value) });
  const made = (inputs: string[], initializer: onnxProto.onnx.ITensorProto[] = []) =>
    refusal(
      withNode(node('Loop', inputs, ['y'], { attribute: [{ name: 'body', type: 5, g: { name: 'b' } }] }), initializer),
    );
  const endless = /has no number of repetitions: it may never end/;
  expect(made([])).toMatch(endless);
  expect(made(['', ''])).toMatch(endless);
  expect(made(['', 'c'], [bool('c', 1)])).toMatch(endless);
  expect(made(['', 'c'], [bool('c', 0)])).toBeUndefined();
  expect(made(['', 'x'])).toBeUndefined();
  expect(made(['n', ''], [int64s('n', [5])])).toBeUndefined();
  expect(made(['n', 'c'], [int64s('n', [5]), bool('c', 1)])).toBeUndefined();
});

test('a size is read however it is written: as numbers, as raw bytes, as the result of a Constant', () => {
  const big = 2 ** 28 + 1;
  const raw = (dataType: number, bytes: Uint8Array) => ({ name: 'n', dims: [1], dataType, rawData: bytes });
  const of = (dataType: number, write: (view: DataView) => void, length: number) => {
    const bytes = new Uint8Array(length);
    write(new DataView(bytes.buffer));
    return raw(dataType, bytes);
  };
  const tooLarge = /makes a tensor of 2684354\d+ elements/;
  for (const tensor of [
    of(7, (view) => view.setBigInt64(0, BigInt(big), true), 8),
    of(6, (view) => view.setInt32(0, big, true), 4),
    of(1, (view) => view.setFloat32(0, big * 1.0001, true), 4),
    { name: 'n', dims: [1], dataType: 6, int32Data: [big] },
  ])
    expect(refusal(withNode(node('Expand', ['x', 'n'], ['y']), [tensor])), String(tensor.dataType)).toMatch(
      /makes a tensor of/,
    );
  const constant = node('Constant', [], ['n'], { attribute: [{ name: 'value', type: 4, t: int64s('', [big]) }] });
  expect(refusal(spoiled({ node: [constant, node('Expand', ['x', 'n'], ['y'])] }))).toMatch(tooLarge);
  // A negative or zero size counts as one: it means "as it is".
  expect(refusal(withNode(node('Expand', ['x', 'n'], ['y']), [int64s('n', [-5, 0, 2 ** 28])]))).toBeUndefined();
  // What is no constant of few values says nothing.
  expect(refusal(withNode(node('Expand', ['x', 'x'], ['y'])))).toBeUndefined();
  expect(
    refusal(
      withNode(node('Expand', ['x', 'n'], ['y']), [
        int64s(
          'n',
          list(17, () => 100),
        ),
      ]),
    ),
  ).toBeUndefined();
  expect(
    refusal(
      withNode(node('Expand', ['x', 'n'], ['y']), [
        int64s(
          'n',
          list(16, () => 100),
        ),
      ]),
    ),
  ).toMatch(/makes a tensor of/);
});
