import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DetectHead } from '../../../../shared/engine/heads/head.ts';
import { yolo } from '../../../../shared/engine/heads/yolo.ts';
import { transposed, writeYoloChannels, writeYoloSuppressed } from '../../../support/head-layouts.ts';
import { apart, broken, expectThings, float32, output, thing } from './things.ts';

const size = { width: 96, height: 64 };
const labels = 5;
const columns = 4 + labels;
const anchors = 12 * 8 + 6 * 4 + 3 * 2;

function head(shape: (number | undefined)[], options = {}, count = labels): DetectHead {
  const outputs = [float32('output0', shape)];
  return yolo.create(options, { inputWidth: size.width, inputHeight: size.height, labels: count, outputs });
}

const layouts = {
  'channels-first': {
    shape: [1, columns, anchors],
    write: (things: Parameters<typeof writeYoloChannels>[0]) => writeYoloChannels(things, labels, anchors),
  },
  'anchors-first': {
    shape: [1, anchors, columns],
    write: (things: Parameters<typeof writeYoloChannels>[0]) =>
      transposed(writeYoloChannels(things, labels, anchors), columns, anchors),
  },
  nms: {
    shape: [1, 300, 6],
    write: (things: Parameters<typeof writeYoloChannels>[0]) => writeYoloSuppressed(things, 300),
  },
};

describe.each(Object.entries(layouts))('%s', (name, { shape, write }) => {
  test('boxes written by the published formula are read back', () => {
    const made = head(shape);
    expect(made.suppress ?? true).toBe(name !== 'nms');
    fc.assert(
      fc.property(fc.array(thing({ ...size, labels, least: 2, most: 60 }), { maxLength: 12 }).filter(apart), (things) =>
        expectThings(made.decode([output('output0', write(things))], 0.4), things),
      ),
    );
  });

  test('the layout may be said, and a graph that contradicts it is refused', () => {
    const things = [{ label: 4, score: 0.7, x1: 1, y1: 2, x2: 30, y2: 40 }];
    const said = head([undefined, undefined, undefined], { layout: name });
    expectThings(said.decode([output('output0', write(things))], 0.4), things);
    expect(() => head([1, 7, 7], { layout: name })).toThrow(
      new RegExp(
        `head\\.layout, labels and head\\.strides say .* \\(${name}\\), the graph says \\[1, 7, 7\\] in "output0"`,
      ),
    );
  });

  test.each(broken)('%s in a score or a box is an error, not a result', (wrong) => {
    const good = write([{ label: 2, score: 0.9, x1: 11, y1: 12, x2: 33, y2: 54 }]);
    const row = good.map((v, i) => (v > 0.01 ? i : -1)).filter((i) => i >= 0);
    expect(row.length).toBeGreaterThanOrEqual(5);
    for (const at of row) {
      const values = good.slice();
      values[at] = wrong;
      expect(() => head(shape).decode([output('output0', values)], 0.4)).toThrow(/yolo: /);
    }
  });

  test('outputs of the wrong size are an error', () => {
    expect(() => head(shape).decode([output('output0', new Float32Array(7))], 0.4)).toThrow(/yolo: 7 values/);
  });
});

test('a graph that fits no layout is refused with what each would be', () => {
  // YOLOv5 has a column more: objectness.
  expect(() => head([1, 126, 10])).toThrow(
    'labels and head.strides say [1, 9, 126] (channels-first) or [1, 126, 9] (anchors-first) or [1, ?, 6] (nms), ' +
      'the graph says [1, 126, 10] in "output0"',
  );
  expect(() => head([1, columns, 8400])).toThrow(/the graph says \[1, 9, 8400\]/);
});

test('with two labels six columns may mean two things, and the manifest has to say which', () => {
  expect(() => head([1, anchors, 6], {}, 2)).toThrow(/may be .*anchors-first.* or .*nms.*: say which in head\.layout/);
  expect(head([1, anchors, 6], { layout: 'anchors-first' }, 2).suppress ?? true).toBe(true);
  expect(head([1, anchors, 6], { layout: 'nms' }, 2).suppress).toBe(false);
  expect(head([1, 300, 6], {}, 2).suppress).toBe(false);
});

test('free axes: what is known decides', () => {
  expect(head([undefined, columns, undefined]).suppress ?? true).toBe(true);
  expect(head([undefined, undefined, 6]).suppress).toBe(false);
  expect(() => head([undefined, undefined, undefined])).toThrow(/say which in head\.layout/);
});

test('a label that the package does not have is an error', () => {
  for (const label of [labels, -1, 0.5]) {
    const values = writeYoloSuppressed([{ label, score: 0.9, x1: 1, y1: 1, x2: 9, y2: 9 }], 300);
    expect(() => head([1, 300, 6]).decode([output('output0', values)], 0.4)).toThrow(/yolo: row 0 has label/);
  }
});

test('a graph with masks or keypoints beside the boxes is refused', () => {
  const outputs = [float32('output0', [1, 116, 126]), float32('output1', [1, 32, 16, 24])];
  const context = { inputWidth: size.width, inputHeight: size.height, labels, outputs };
  expect(() => yolo.create({}, context)).toThrow(
    'head.kind says yolo (one output), the graph says 2 outputs (output0, output1)',
  );
});

test('an output in half precision is refused, saying what to do', () => {
  const outputs = [{ name: 'output0', type: 'float16', shape: [1, columns, anchors] }];
  const context = { inputWidth: size.width, inputHeight: size.height, labels, outputs };
  expect(() => yolo.create({}, context)).toThrow(/float16 in "output0"; export it with float32 outputs/);
});
