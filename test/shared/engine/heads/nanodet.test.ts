import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DetectHead } from '../../../../shared/engine/heads/head.ts';
import { nanodet } from '../../../../shared/engine/heads/nanodet.ts';
import { writeNanodet } from '../../../support/head-layouts.ts';
import { broken, expectThings, float32, output, thing } from './things.ts';

// 100 is no multiple of the strides: cells that lie in the input only in part count.
const size = { width: 160, height: 100 };
const labels = 3;
const anchors = 20 * 13 + 10 * 7 + 5 * 4 + 3 * 2;

function head(shape: (number | undefined)[] = [1, anchors, labels + 32], options = {}): DetectHead {
  const outputs = [float32('output', shape)];
  return nanodet.create(options, { inputWidth: size.width, inputHeight: size.height, labels, outputs });
}

test.each([0, 0.5])('a box written by the published formula is read back (cellOffset %d)', (cellOffset) => {
  const made = head(undefined, { cellOffset });
  fc.assert(
    fc.property(thing({ ...size, labels, least: 8, most: 90 }), (t) => {
      const values = writeNanodet([t], size, labels, { cellOffset });
      expectThings(made.decode([output('output', values)], 0.4), [t]);
    }),
  );
});

test('other strides and another regMax', () => {
  const options = { strides: [16, 32], regMax: 10 };
  const made = head([1, 10 * 7 + 5 * 4, labels + 44], options);
  const t = { label: 2, score: 0.8, x1: 3.25, y1: 10.5, x2: 90.75, y2: 99 };
  expectThings(made.decode([output('output', writeNanodet([t], size, labels, options))], 0.4), [t]);
});

test('boxes are cut at the edges of the input', () => {
  const t = { label: 0, score: 0.9, x1: -20, y1: -12, x2: 200, y2: 130 };
  const made = head().decode([output('output', writeNanodet([t], size, labels))], 0.4);
  expectThings(made, [{ ...t, x1: 0, y1: 0, x2: size.width, y2: size.height }]);
});

test.each(broken)('%s in a score or a distance is an error, not a result', (wrong) => {
  const t = { label: 1, score: 0.9, x1: 20, y1: 20, x2: 60, y2: 60 };
  const good = writeNanodet([t], size, labels);
  const at = good.indexOf(Math.fround(0.9)) - 1;
  for (const column of [0, 1, 2, 3, 10, 34]) {
    const values = good.slice();
    values[at + column] = wrong;
    expect(() => head().decode([output('output', values)], 0.4)).toThrow(/nanodet: /);
  }
});

test('outputs of the wrong size are an error', () => {
  expect(() => head().decode([output('output', new Float32Array(5))], 0.4)).toThrow(
    `nanodet: 5 values instead of ${anchors * 35} in output 0 "output"`,
  );
});

test('a graph that contradicts labels, strides or regMax is refused with what both say', () => {
  const says = `labels, head.strides and head.regMax say [1, ${anchors}, 35], the graph says`;
  expect(() => head([1, anchors, 112])).toThrow(`${says} [1, ${anchors}, 112] in "output"`);
  expect(() => head([1, 3598, 35])).toThrow(`${says} [1, 3598, 35] in "output"`);
  expect(() => head([1, anchors, 47])).toThrow(says);
  for (const free of [[undefined, undefined, undefined], []]) expect(() => head(free)).not.toThrow();
});

test('a misspelt option is refused', () => {
  expect(() => head(undefined, { regmax: 7 })).toThrow(/regmax/);
});
