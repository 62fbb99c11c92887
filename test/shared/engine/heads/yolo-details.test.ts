/** Masks and keypoints: written by the published formulas, and compared with what brute force reads, pixel by pixel. */
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DetectHead } from '../../../../shared/engine/heads/head.ts';
import { yolo } from '../../../../shared/engine/heads/yolo.ts';
import { objectsOf } from '../../../../shared/engine/outcome.ts';
import { analyseLevel } from '../../../support/analyse.ts';
import { writeObjectness } from '../../../support/box-layouts.ts';
import { ellipse, farApart, fillRings, maskIou, readMask, writePrototypes } from '../../../support/detail-layouts.ts';
import { type Thing, transposed, writeYoloChannels, writeYoloSuppressed } from '../../../support/head-layouts.ts';
import { writeLayoutPackage } from '../../../support/layout-model.ts';
import { tempFolder } from '../../../support/temp.ts';
import { labels as coco, example } from './examples.ts';
import { broken, float32, output, thing } from './things.ts';

const size = { width: 160, height: 96 };
const anchors = 20 * 12 + 10 * 6 + 5 * 3;
const labels = 3;
const grid = { rows: 24, columns: 40 };

type Extra = readonly (readonly number[])[];
type Write = (things: readonly Thing[], extra: Extra, width: number) => Float32Array;

/** Rows with more columns: those of the things, which lie in every `step`-th row. */
function withExtra(rows: Float32Array, width: number, extra: Extra, more: number, step: number): Float32Array {
  const count = rows.length / width;
  const made = new Float32Array(count * (width + more)).fill(5);
  for (let row = 0; row < count; row++) made.set(rows.subarray(row * width, (row + 1) * width), row * (width + more));
  for (const [i, values] of extra.entries()) made.set(values, ((i * step) % count) * (width + more) + width);
  return made;
}

const plain: Write = (things, extra, more) =>
  withExtra(transposed(writeYoloChannels(things, labels, anchors), 4 + labels, anchors), 4 + labels, extra, more, 7);

const layouts: Record<string, { shape: (more: number) => number[]; write: Write }> = {
  'channels-first': {
    shape: (more) => [1, 4 + labels + more, anchors],
    write: (things, extra, more) => transposed(plain(things, extra, more), anchors, 4 + labels + more),
  },
  'anchors-first': { shape: (more) => [1, anchors, 4 + labels + more], write: plain },
  objectness: {
    shape: (more) => [1, 3 * anchors, 5 + labels + more],
    write: (things, extra, more) => {
      const values = writeObjectness(things, labels, 3 * anchors, more);
      for (const [i, one] of extra.entries()) values.set(one, i * 7 * (5 + labels + more) + 5 + labels);
      return values;
    },
  },
  nms: {
    shape: (more) => [1, 300, 6 + more],
    write: (things, extra, more) => {
      const values = withExtra(writeYoloSuppressed(things, 300), 6, extra, more, 1);
      return values.fill(0, things.length * (6 + more));
    },
  },
};

function head(shapes: Record<string, number[]>, options = {}): DetectHead {
  const outputs = Object.entries(shapes).map(([name, shape]) => float32(name, shape));
  return yolo.create(options, { inputWidth: size.width, inputHeight: size.height, labels, outputs });
}

/** What the head says of the candidate in a row. */
function detailOf(made: DetectHead, values: Float32Array, prototypes: Float32Array, masks: number, row = 0) {
  const outputs = [
    output('output0', values),
    { name: 'output1', data: prototypes, shape: [1, masks, grid.rows, grid.columns] },
  ];
  const found = made.decode(outputs, 0.3).find((candidate) => candidate.row === row);
  return found && made.detail?.(outputs, found);
}

describe.each(Object.entries(layouts))('%s', (name, { shape, write }) => {
  test('a mask is what the published formula gives, pixel by pixel', () => {
    const blob = fc
      .tuple(thing({ ...size, labels, least: 24, most: 70 }), fc.double({ min: 0.6, max: 1.4, noNaN: true }))
      .map(([one, fill]) => ({ one, fill }));
    fc.assert(
      fc.property(fc.array(blob, { minLength: 1, maxLength: 3 }), (blobs) => {
        const things = blobs.map(({ one }) => one);
        const shapes = blobs.map(({ one: t, fill }) =>
          ellipse((t.x1 + t.x2) / 2, (t.y1 + t.y2) / 2, ((t.x2 - t.x1) / 2) * fill, ((t.y2 - t.y1) / 2) * fill),
        );
        const prototypes = writePrototypes(shapes, 8, grid.rows, grid.columns, size);
        const extra = things.map((_, i) => Array.from({ length: 8 }, (__, k) => (k === i ? 2 : 0)));
        const made = head({ output0: shape(8), output1: [1, 8, grid.rows, grid.columns] });
        for (const [i, one] of things.entries()) {
          const rings =
            detailOf(made, write(things, extra, 8), prototypes, 8, i * (name === 'nms' ? 1 : 7))?.mask ?? [];
          const wanted = readMask(extra[i] ?? [], prototypes, { ...grid, ...size }, one);
          expect(farApart(fillRings(rings, size), wanted, size)).toBe(0);
          expect(rings.flat().length).toBeLessThanOrEqual(4 * 64);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('keypoints are where they were written, in their order, with their names', () => {
    const place = fc.double({ min: -20, max: 180, noNaN: true });
    const points = fc.array(fc.tuple(place, place, fc.double({ min: 0, max: 1, noNaN: true })), {
      minLength: 4,
      maxLength: 4,
    });
    const keypointNames = ['head', 'tail', 'left', 'right'];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(thing({ ...size, labels, least: 4, most: 60 }), points), { maxLength: 5 }),
        (all) => {
          const things = all.map(([one]) => one);
          for (const dimensions of [2, 3]) {
            const extra = all.map(([, list]) => list.flatMap((point) => point.slice(0, dimensions)));
            const made = head({ output0: shape(4 * dimensions) }, { keypointNames, dimensions });
            const outputs = [output('output0', write(things, extra, 4 * dimensions))];
            for (const candidate of made.decode(outputs, 0.3)) {
              const read = made.detail?.(outputs, candidate).keypoints;
              const fits = all.some(
                ([, list]) =>
                  read?.every(({ name, x, y, score }, k) => {
                    const [wx = 0, wy = 0, ws = 0] = list[k] ?? [];
                    const sure = dimensions === 2 ? score === undefined : Math.abs((score ?? 9) - ws) < 1e-5;
                    return name === keypointNames[k] && Math.abs(x - wx) < 1e-3 && Math.abs(y - wy) < 1e-3 && sure;
                  }) && read.length === 4,
              );
              expect(fits).toBe(true);
            }
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

const one: Thing = { label: 1, score: 0.9, x1: 20, y1: 10, x2: 80, y2: 70 };

test.each(broken)('%s in a keypoint, a coefficient or a prototype is an error, not a result', (wrong) => {
  const made = head({ output0: [1, anchors, 4 + labels + 6] }, { keypoints: 2 });
  for (let k = 0; k < 6; k++) {
    const extra = [Array.from({ length: 6 }, (_, i) => (i === k ? wrong : 1))];
    expect(() => detailOf(made, plain([one], extra, 6), new Float32Array(), 0)).toThrow(/yolo: keypoint [01] of row 0/);
  }
  const masks = head({ output0: [1, anchors, 4 + labels + 2], output1: [1, 2, grid.rows, grid.columns] });
  const prototypes = new Float32Array(2 * grid.rows * grid.columns).fill(1);
  expect(() => detailOf(masks, plain([one], [[1, wrong]], 2), prototypes, 2)).toThrow(/yolo: the mask of row 0/);
  prototypes[5 * grid.columns + 8] = wrong;
  expect(() => detailOf(masks, plain([one], [[1, 1]], 2), prototypes, 2)).toThrow(/yolo: the mask of row 0/);
  expect(() => detailOf(masks, plain([one], [[1, 1]], 2), new Float32Array(7), 2)).toThrow(/prototypes of masks are/);
});

test('a mask with nothing above zero has no rings; one that fills the input has the box', () => {
  const made = head({ output0: [1, anchors, 4 + labels + 2], output1: [1, 2, grid.rows, grid.columns] });
  const prototypes = new Float32Array(2 * grid.rows * grid.columns).fill(1);
  const whole: Thing = { label: 0, score: 0.9, x1: 0, y1: 0, x2: size.width, y2: size.height };
  expect(detailOf(made, plain([whole], [[-1, 0]], 2), prototypes, 2)).toEqual({ mask: [] });
  for (const box of [whole, one]) {
    const { mask = [] } = detailOf(made, plain([box], [[1, 0]], 2), prototypes, 2) ?? {};
    const filled = fillRings(mask, size).reduce((sum, v) => sum + v, 0);
    expect(filled).toBe((box.x2 - box.x1) * (box.y2 - box.y1));
  }
});

test('names and number of keypoints that contradict each other are refused', () => {
  expect(() => head({ output0: [1, anchors, 4 + labels + 6] }, { keypoints: 2, keypointNames: ['a'] })).toThrow(
    'head.keypoints says 2, head.keypointNames has 1 names',
  );
});

/** Published exports, through the whole engine: a white picture makes the graph give what was written. */
const big = { width: 640, height: 640 };
const person: Thing = { label: 0, score: 0.9, x1: 100, y1: 80, x2: 300, y2: 500 };
const weak: Thing = { label: 0, score: 0.4, x1: 400, y1: 300, x2: 600, y2: 600 };
const joints = Array.from({ length: 17 }, (_, k) => [120 + 10 * k, 100 + 20 * k, 0.5 + k / 40]);
const wide = (rows: Float32Array, width: number, extra: Extra, step: number) =>
  withExtra(rows, width, extra, extra[0]?.length ?? 0, step);
const rows80 = (things: readonly Thing[], count: number) =>
  transposed(writeYoloChannels(things, count, 8400), 4 + count, 8400);

const seg = (shape: number[], values: Float32Array) => ({
  output0: { shape, values },
  output1: {
    shape: [1, 32, 160, 160],
    values: writePrototypes([ellipse(200, 290, 90, 200), ellipse(500, 450, 80, 120)], 32, 160, 160, big),
  },
});
const coefficients = [0, 1].map((i) => Array.from({ length: 32 }, (_, k) => (k === i ? 1 : 0)));
const published = {
  'YOLO11-seg 640': seg([1, 116, 8400], transposed(wide(rows80([person, weak], 80), 84, coefficients, 7), 8400, 116)),
  'YOLO26-seg 640, end to end': seg(
    [1, 300, 38],
    wide(writeYoloSuppressed([person, weak], 300), 6, coefficients, 1).map((v, i) => (i < 2 * 38 ? v : 0)),
  ),
};
const poses = {
  'YOLO11-pose 640': {
    shape: [1, 56, 8400],
    values: transposed(wide(rows80([person], 1), 5, [joints.flat()], 7), 8400, 56),
  },
  'YOLO11-pose 640 with NMS': {
    shape: [1, 300, 57],
    values: wide(writeYoloSuppressed([person], 300), 6, [joints.flat()], 1).map((v, i) => (i < 57 ? v : 0)),
  },
};

function packageOf(outputs: Record<string, { shape: number[]; values: Float32Array }>, changes: object = {}): string {
  const list = Object.entries(outputs).map(([name, { shape, values }]) => {
    const dark = values.map((v, i) => (name === 'output1' ? v : i % 7 === 0 ? 0 : 0.001));
    return { name, shape, dark, bright: values };
  });
  return writeLayoutPackage(path.join(tempFolder(), 'm'), example('yolo'), list, coco, { ...changes });
}

test.each(Object.entries(published))('%s: the engine gives each object its mask', async (_name, outputs) => {
  const found = objectsOf((await analyseLevel(packageOf(outputs), 255)).outcome);
  expect(found.map(({ label, score }) => [label, Math.round(score * 100)])).toEqual([
    ['person', 90],
    ['person', 40],
  ]);
  for (const [i, box] of [person, weak].entries()) {
    const rings = found[i]?.mask?.map((ring) => ring.map(([x, y]): [number, number] => [x * 640, y * 640])) ?? [];
    const wanted = readMask(coefficients[i] ?? [], outputs.output1.values, { rows: 160, columns: 160, ...big }, box);
    expect(maskIou(fillRings(rings, big), wanted)).toBeGreaterThan(0.97);
  }
});

test.each(Object.entries(poses))('%s: the engine gives each person named keypoints', async (_name, output0) => {
  const changes = { labels: ['person'], head: { kind: 'yolo', keypoints: 17 } };
  const [found, ...others] = objectsOf((await analyseLevel(packageOf({ output0 }, changes), 255)).outcome);
  expect(others).toEqual([]);
  expect(found?.keypoints).toHaveLength(17);
  expect(found?.keypoints?.[0]).toEqual({
    name: 'nose',
    x: expect.closeTo(120 / 640, 4),
    y: expect.closeTo(100 / 640, 4),
    score: expect.closeTo(0.5, 3),
  });
  expect(found?.keypoints?.[16]?.name).toBe('right_ankle');
  expect(found?.keypoints?.[16]?.x).toBeCloseTo(280 / 640, 4);
});
