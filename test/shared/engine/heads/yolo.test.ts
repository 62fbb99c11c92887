import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DetectHead } from '../../../../shared/engine/heads/head.ts';
import { yolo } from '../../../../shared/engine/heads/yolo.ts';
import { writeObjectness } from '../../../support/box-layouts.ts';
import { type Thing, transposed, writeYoloChannels, writeYoloSuppressed } from '../../../support/head-layouts.ts';
import { apart, broken, expectThings, float32, output, thing } from './things.ts';

const size = { width: 96, height: 64 };
const labels = 5;
const columns = 4 + labels;
const anchors = 12 * 8 + 6 * 4 + 3 * 2;

function head(shape: (number | undefined)[], options = {}, count = labels): DetectHead {
  const outputs = [float32('output0', shape)];
  return yolo.create(options, { inputWidth: size.width, inputHeight: size.height, labels: count, outputs });
}

const asFractions = (t: Thing): Thing => ({
  ...t,
  x1: t.x1 / size.width,
  y1: t.y1 / size.height,
  x2: t.x2 / size.width,
  y2: t.y2 / size.height,
});

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
  objectness: {
    shape: [1, 3 * anchors, 5 + labels],
    write: (things: Parameters<typeof writeYoloChannels>[0]) => writeObjectness(things, labels, 3 * anchors),
  },
  queries: {
    shape: [1, 300, columns],
    write: (things: Parameters<typeof writeYoloChannels>[0]) =>
      transposed(writeYoloChannels(things.map(asFractions), labels, 300), columns, 300),
  },
  nms: {
    shape: [1, 300, 6],
    write: (things: Parameters<typeof writeYoloChannels>[0]) => writeYoloSuppressed(things, 300),
  },
};

describe.each(Object.entries(layouts))('%s', (name, { shape, write }) => {
  test('boxes written by the published formula are read back', () => {
    const made = head(shape);
    expect(made.suppress ?? true).toBe(name !== 'nms' && name !== 'queries');
    fc.assert(
      fc.property(fc.array(thing({ ...size, labels, least: 2, most: 60 }), { maxLength: 12 }).filter(apart), (things) =>
        expectThings(made.decode([output('output0', write(things))], 0.4), things),
      ),
    );
  });

  test('the layout may be said, and a graph that contradicts it is refused', () => {
    const things = [{ label: 4, score: 0.7, x1: 1, y1: 2, x2: 30, y2: 40 }];
    const decoder = head([undefined, undefined, undefined], { layout: name });
    expectThings(decoder.decode([output('output0', write(things))], 0.4), things);
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
  expect(() => head([1, 126, 12])).toThrow(
    'labels and head.strides say [1, 9, 126] (channels-first) or [1, 126, 9] (anchors-first) or [1, ?, 10] (objectness) or ' +
      '[1, ?, 9] (queries) or [1, ?, 6] (nms), the graph says [1, 126, 12] in "output0"',
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

test('as many anchors as columns: the plain export is meant', () => {
  const square = { label: 3, score: 0.9, x1: 4, y1: 4, x2: 30, y2: 30 };
  const context = { inputWidth: size.width, inputHeight: size.height, labels: anchors - 4 };
  const made = yolo.create({}, { ...context, outputs: [float32('o', [1, anchors, anchors])] });
  expectThings(made.decode([output('o', writeYoloChannels([square], anchors - 4, anchors))], 0.4), [square]);
});

test('a label that the package does not have is an error', () => {
  for (const label of [labels, -1, 0.5]) {
    const values = writeYoloSuppressed([{ label, score: 0.9, x1: 1, y1: 1, x2: 9, y2: 9 }], 300);
    expect(() => head([1, 300, 6]).decode([output('output0', values)], 0.4)).toThrow(/yolo: row 0 has label/);
  }
});

/** More columns after the scores, of values that must not be taken for boxes or scores. */
function widened(values: Float32Array, rows: number, width: number, extra: number): Float32Array {
  const made = new Float32Array(rows * (width + extra)).fill(7);
  for (let row = 0; row < rows; row++) made.set(values.subarray(row * width, (row + 1) * width), row * (width + extra));
  return made;
}

const two: Thing[] = [
  { label: 3, score: 0.9, x1: 8, y1: 8, x2: 40, y2: 30 },
  { label: 0, score: 0.7, x1: 50, y1: 20, x2: 90, y2: 60 },
];

test('decoded boxes of YOLOX have one anchor per cell', () => {
  const values = writeObjectness(two, labels, anchors);
  expectThings(head([1, anchors, 5 + labels]).decode([output('output0', values)], 0.4), two);
});

describe('more columns than boxes and scores', () => {
  const context = (shapes: Record<string, number[]>, count = labels) => ({
    inputWidth: size.width,
    inputHeight: size.height,
    labels: count,
    outputs: Object.entries(shapes).map(([name, shape]) => float32(name, shape)),
  });
  const rowsOf = (things: readonly Thing[], count = labels) =>
    transposed(writeYoloChannels(things, count, anchors), 4 + count, anchors);

  test('masks: their coefficients are taken for no scores, and the prototypes are fetched', () => {
    const wide = widened(rowsOf(two), anchors, columns, 32);
    const rows = yolo.create({}, context({ output0: [1, anchors, columns + 32], output1: [1, 32, 16, 24] }));
    expect(rows.outputs).toEqual(['output0', 'output1']);
    expectThings(rows.decode([output('output0', wide)], 0.4), two);
    const first = yolo.create({}, context({ output1: [1, 32, 16, 24], output0: [1, columns + 32, anchors] }));
    expectThings(first.decode([output('output0', transposed(wide, anchors, columns + 32))], 0.4), two);
    const v5 = yolo.create({}, context({ output0: [1, 3 * anchors, 5 + labels + 32], output1: [1, 32, 16, 24] }));
    expectThings(v5.decode([output('output0', writeObjectness(two, labels, 3 * anchors, 32))], 0.4), two);
    const v26 = yolo.create({}, context({ output0: [1, 300, 38], output1: [1, 32, 16, 24] }));
    expect(v26.suppress).toBe(false);
    expectThings(
      v26.decode([output('output0', widened(writeYoloSuppressed(two, 300), 300, 6, 32).fill(0, 2 * 38))], 0.4),
      two,
    );
  });

  test('keypoints: as many as are said; those of a person by the shape alone', () => {
    const persons = two.map((t) => ({ ...t, label: 0 }));
    const wide = widened(rowsOf(persons, 1), anchors, 5, 51);
    const pose = yolo.create({}, context({ output0: [1, anchors, 56] }, 1));
    expectThings(pose.decode([output('output0', wide)], 0.4), persons);
    const hands = yolo.create({ keypoints: 21, dimensions: 2 }, context({ output0: [1, anchors, columns + 42] }));
    expectThings(hands.decode([output('output0', widened(rowsOf(two), anchors, columns, 42))], 0.4), two);
    expect(() => yolo.create({}, context({ output0: [1, columns + 63, anchors] }))).toThrow(
      /are the 63 columns more keypoints, say head\.keypoints: 21; else check labels/,
    );
  });

  test('turned boxes: the upright box around each', () => {
    const wide = widened(rowsOf(two), anchors, columns, 1);
    for (let row = 0; row < anchors; row++) wide[row * (columns + 1) + columns] = row === 0 ? Math.PI / 2 : 0;
    const made = yolo.create({ angle: true }, context({ output0: [1, anchors, columns + 1] }));
    // A quarter turn: width and height change places round the centre (24, 19).
    expectThings(made.decode([output('output0', wide)], 0.4), [
      { ...(two[0] as Thing), x1: 13, y1: 3, x2: 35, y2: 35 },
      two[1] as Thing,
    ]);
    expect(() => yolo.create({}, context({ output0: [1, columns + 1 + 15, anchors] }, labels + 15))).toThrow(
      /are its boxes turned, say head\.angle: true/,
    );
    expect(() => yolo.create({ angle: true }, context({ output0: [1, 300, 7] }))).toThrow(/export it without nms/);
  });

  test('two outputs of boxes, or three outputs, are refused', () => {
    expect(() => yolo.create({}, context({ a: [1, anchors, columns], b: [1, anchors, columns] }))).toThrow(
      'head.kind says yolo (one output, or two with masks), the graph says 2 outputs (a, b)',
    );
  });
});
