import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DetectHead } from '../../../../shared/engine/heads/head.ts';
import { yolox } from '../../../../shared/engine/heads/yolox.ts';

const strides = [8, 16];
const labels = 3;
const anchors = 8 * 8 + 4 * 4;

function head(shape: (number | undefined)[] = [1, anchors, 5 + labels]): DetectHead {
  const outputs = [{ name: 'output', type: 'float32', shape }];
  return yolox.create({ strides }, { inputWidth: 64, inputHeight: 64, labels, outputs });
}

const tensor = (data: Float32Array) => [{ name: 'output', data, shape: [1, anchors, 5 + labels] }];

test('a box written by the published formula is read back', () => {
  const anchor = fc.record({ stride: fc.constantFrom(8, 16), cell: fc.nat(63), label: fc.nat(labels - 1) });
  const offset = fc.double({ min: -2, max: 2, noNaN: true });
  fc.assert(
    fc.property(
      anchor,
      offset,
      offset,
      offset,
      fc.double({ min: 0.5, max: 1, noNaN: true }),
      (at, dx, dy, size, score) => {
        const columns = 64 / at.stride;
        const cell = at.cell % (columns * columns);
        const data = new Float32Array(anchors * 8);
        const row = ((at.stride === 8 ? 0 : 64) + cell) * 8;
        data.set([dx, dy, size, size / 2, 1], row);
        data[row + 5 + at.label] = score;
        const found = head().decode(tensor(data), 0.4);
        expect(found).toHaveLength(1);
        const [box] = found;
        expect(box).toMatchObject({ label: at.label });
        expect(box?.score).toBeCloseTo(score, 5);
        expect(((box?.x1 ?? 0) + (box?.x2 ?? 0)) / 2).toBeCloseTo(((cell % columns) + dx) * at.stride, 3);
        expect(((box?.y1 ?? 0) + (box?.y2 ?? 0)) / 2).toBeCloseTo((Math.floor(cell / columns) + dy) * at.stride, 3);
        expect((box?.x2 ?? 0) - (box?.x1 ?? 0)).toBeCloseTo(Math.exp(size) * at.stride, 2);
        expect((box?.y2 ?? 0) - (box?.y1 ?? 0)).toBeCloseTo(Math.exp(size / 2) * at.stride, 2);
      },
    ),
  );
});

test('the score is objectness times class score, and the floor applies to the product', () => {
  const data = new Float32Array(anchors * 8);
  data.set([0, 0, 0, 0, 0.6, 0.6], 0);
  expect(head().decode(tensor(data), 0.3)[0]?.score).toBeCloseTo(0.36, 5);
  expect(head().decode(tensor(data), 0.37)).toEqual([]);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  '%s in a score or a box is an error, not a result',
  (value) => {
    for (const column of [4, 0, 2, 5, 6, 7]) {
      const data = new Float32Array(anchors * 8);
      data.set([0, 0, 0, 0, 1, 1], 0);
      data[column] = value;
      expect(() => head().decode(tensor(data), 0.3)).toThrow(/yolox/);
    }
  },
);

test('outputs of the wrong size are an error', () => {
  expect(() => head().decode(tensor(new Float32Array(5)), 0.3)).toThrow(/5 values instead of 80 x 8/);
});

test('a graph that contradicts labels or strides is refused with what both say', () => {
  expect(() => head([1, anchors, 85])).toThrow(
    'labels says 3 labels (8 columns), the graph says 85 in "output" [1, 80, 85]',
  );
  expect(() => head([1, 3549, 8])).toThrow('head.strides says 80 anchors, the graph says 3549');
});
