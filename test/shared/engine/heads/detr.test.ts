import fc from 'fast-check';
import { expect, test } from 'vitest';
import { detr } from '../../../../shared/engine/heads/detr.ts';
import type { DetectHead } from '../../../../shared/engine/heads/head.ts';
import { writeDetr } from '../../../support/head-layouts.ts';
import { apart, broken, expectThings, float32, output, thing } from './things.ts';

const size = { width: 64, height: 32 };
const [labels, queries] = [4, 30];

interface Shapes {
  readonly logits?: (number | undefined)[];
  readonly boxes?: (number | undefined)[];
}

function head({ logits = [1, queries, labels], boxes = [1, queries, 4] }: Shapes = {}, options = {}): DetectHead {
  // The order in the graph does not matter, nor what else is there.
  const outputs = [
    float32('last_hidden_state', [1, queries, 256]),
    float32('pred_boxes', boxes),
    float32('logits', logits),
  ];
  return detr.create(options, { inputWidth: size.width, inputHeight: size.height, labels, outputs });
}

const outputsOf = ({ logits, boxes }: ReturnType<typeof writeDetr>) => [
  output('logits', logits),
  output('pred_boxes', boxes),
];

test('boxes written by the published formula are read back, and nothing is suppressed', () => {
  const made = head();
  expect(made.outputs).toEqual(['logits', 'pred_boxes']);
  expect(made.suppress).toBe(false);
  fc.assert(
    fc.property(fc.array(thing({ ...size, labels, least: 1, most: 30 }), { maxLength: 10 }).filter(apart), (things) =>
      expectThings(made.decode(outputsOf(writeDetr(things, size, labels, queries)), 0.4), things),
    ),
  );
});

test('a query may stand for two labels, and as many pairs as queries count', () => {
  const { logits, boxes } = writeDetr([], size, labels, queries);
  boxes.fill(0.25);
  logits.set([2, 1, -9, -9]);
  const found = head().decode(outputsOf({ logits, boxes }), 0.5);
  expect(found.map((c) => c.label)).toEqual([0, 1]);
  const all = head().decode(outputsOf({ logits: logits.map((_, i) => i / 100), boxes }), 0);
  expect(all).toHaveLength(queries);
  expect(all[0]?.score).toBeCloseTo(1 / (1 + Math.exp(-1.19)), 6);
});

test('the threshold is on the score, from 0 to 1', () => {
  const things = [{ label: 1, score: 0.6, x1: 1, y1: 2, x2: 30, y2: 20 }];
  const outputs = outputsOf(writeDetr(things, size, labels, queries));
  expect(head().decode(outputs, 0.599)).toHaveLength(1);
  expect(head().decode(outputs, 0.601)).toEqual([]);
  expect(head().decode(outputs, 1)).toEqual([]);
});

test.each(broken)('%s in a logit or a box is an error, not a result', (wrong) => {
  const written = writeDetr([{ label: 1, score: 0.6, x1: 1, y1: 2, x2: 30, y2: 20 }], size, labels, queries);
  for (const at of [0, 1, 50, queries * labels - 1]) {
    const logits = written.logits.slice();
    logits[at] = wrong;
    expect(() => head().decode(outputsOf({ ...written, logits }), 0.4)).toThrow(/detr: a logit of query/);
  }
  for (const at of [0, 1, 2, 3]) {
    const boxes = written.boxes.slice();
    boxes[at] = wrong;
    expect(() => head().decode(outputsOf({ ...written, boxes }), 0.4)).toThrow(/detr: .* row 0/);
  }
});

test('outputs of the wrong size are an error, also where the graph leaves the size free', () => {
  const free = head({ logits: [undefined, undefined, labels], boxes: [undefined, undefined, 4] });
  const [logits, boxes] = [output('logits', new Float32Array(8)), output('boxes', new Float32Array(12))];
  expect(() => free.decode([logits, boxes], 0.4)).toThrow(/detr: 8 values instead of 12/);
  expect(() => head().decode([logits, boxes], 0.4)).toThrow(/detr: 12 values instead of 120/);
});

test('a graph that contradicts the manifest is refused with what both say', () => {
  expect(() => head({ logits: [1, queries, 91] })).toThrow(
    'labels says [1, 30, 4], the graph says [1, 30, 91] in "logits"',
  );
  expect(() => head({ boxes: [1, 20, 4] })).toThrow('boxes of [1, 30, 4], the graph says [1, 20, 4] in "pred_boxes"');
  expect(() => head({}, { logits: 'scores' })).toThrow('head.logits says "scores"');
});

test("upstream's deploy export, with its post-processing, is refused, saying so", () => {
  const outputs = [float32('labels', [1, 300]), float32('boxes', [1, 300, 4]), float32('scores', [1, 300])];
  expect(() => detr.create({}, { inputWidth: 64, inputHeight: 32, labels, outputs })).toThrow(
    /the graph says the outputs labels, boxes, scores: its post-processing is in the graph; say head\.kind: final-boxes, or export it without/,
  );
});

test('RF-DETR calls its outputs dets and labels', () => {
  const outputs = [float32('dets', [1, 300, 4]), float32('labels', [1, 300, labels])];
  const made = detr.create({}, { inputWidth: size.width, inputHeight: size.height, labels, outputs });
  expect(made.outputs).toEqual(['labels', 'dets']);
});

test('with a softmax the last column is nothing, whatever its logit', () => {
  const outputs = [float32('logits', [1, 3, labels + 1]), float32('pred_boxes', [1, 3, 4])];
  const made = detr.create({ softmax: true }, { inputWidth: 100, inputHeight: 50, labels, outputs }) as DetectHead;
  const logits = new Float32Array(3 * (labels + 1)).fill(-30);
  // Query 0: nothing. Query 1: label 1 with 0.8, nothing with 0.2. Query 2: two labels with 0.5 each.
  logits[labels] = 5;
  logits[labels + 1 + 1] = Math.log(0.8);
  logits[2 * labels + 1] = Math.log(0.2);
  logits[2 * (labels + 1)] = 3;
  logits[2 * (labels + 1) + 1] = 3;
  const boxes = new Float32Array(12).fill(0.5);
  const found = made.decode([output('logits', logits), output('pred_boxes', boxes)], 0.4);
  expect(found.map(({ label, score }) => [label, score])).toEqual([
    [1, expect.closeTo(0.8, 5)],
    [0, expect.closeTo(0.5, 5)],
    [1, expect.closeTo(0.5, 5)],
  ]);
  logits[0] = Number.NaN;
  expect(() => made.decode([output('logits', logits), output('pred_boxes', boxes)], 0.4)).toThrow(
    /detr: a logit of query 0/,
  );
});
