/** Heads whose scores and boxes lie in outputs of their own, or that the graph has chosen: read back by the published formulas. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { finalBoxes } from '../../../../shared/engine/heads/final-boxes.ts';
import { scoredBoxes } from '../../../../shared/engine/heads/scored-boxes.ts';
import { boxBy, writeChosen, writeScored } from '../../../support/box-layouts.ts';
import { transposed } from '../../../support/head-layouts.ts';
import { decode, few, fraction, labels, make, one, rowsFirst } from './by-name.ts';
import { broken, expectThings } from './things.ts';

describe('scored-boxes', () => {
  const rows = 40;

  test.each([
    ['YOLO-NAS', {}, (t: typeof one) => boxBy('xyxy', t)],
    ['YOLOv4', { unit: 'fractions' }, (t: typeof one) => fraction(boxBy('xyxy', t))],
    ['centres', { unit: 'fractions', form: 'cxcywh' }, (t: typeof one) => fraction(boxBy('cxcywh', t))],
    ['rows first', { form: 'yxyx', unit: 'fractions' }, (t: typeof one) => rowsFirst(boxBy('yxyx', t))],
    ['corner and size', { form: 'xywh' }, (t: typeof one) => boxBy('xywh', t)],
  ] as const)('%s: boxes are read back, with labels last or first', (_name, options, write) => {
    const last = make(scoredBoxes, { scores: [1, rows, labels], boxes: [1, rows, 4] }, options);
    const first = make(scoredBoxes, { a: [1, rows, 1, 4], b: [1, labels, rows] }, options);
    fc.assert(
      fc.property(few, (things) => {
        const { boxes, scores } = writeScored(things, rows, labels, write);
        expectThings(decode(last, { boxes, scores }), things);
        expectThings(decode(first, { a: boxes, b: transposed(scores, rows, labels) }), things);
      }),
    );
  });

  test('a column for nothing; scores before their sigmoid or softmax', () => {
    const shapes = { boxes: [1, rows, 4], scores: [1, rows, labels + 1] };
    const { boxes, scores } = writeScored([one], rows, labels + 1, (t) => boxBy('xyxy', t), 1);
    expectThings(decode(make(scoredBoxes, shapes, { background: true }), { boxes, scores }), [one]);
    const logits = scores.map((s) => -Math.log(1 / s - 1));
    expectThings(
      decode(make(scoredBoxes, shapes, { background: true, activation: 'sigmoid' }), { boxes, scores: logits }),
      [one],
    );
    // Softmax of ln(0.8), ln(0.2) is 0.8, 0.2; the others are far below.
    const soft = new Float32Array(scores.length).fill(-30);
    for (let row = 0; row < rows; row++) soft[row * (labels + 1)] = row === 0 ? Math.log(0.2) : 0;
    soft[1 + one.label] = Math.log(0.8);
    expectThings(
      decode(make(scoredBoxes, shapes, { background: true, activation: 'softmax' }), { boxes, scores: soft }),
      [one],
    );
  });

  test('a NonMaxSuppression tail: the pairs that the graph keeps and no others, -1 for unused', () => {
    const two = { ...one, label: 0, score: 0.6, x1: 21 };
    const { boxes, scores } = writeScored([one, two], rows, labels, (t) => boxBy('xyxy', t));
    const shapes = { boxes: [1, rows, 4], scores: [1, labels, rows], kept: [undefined, 3] };
    const head = make(scoredBoxes, shapes, { scores: 'scores', indices: 'kept' });
    expect(head.suppress).toBe(false);
    const values = (kept: number[]) => ({
      boxes,
      scores: transposed(scores, rows, labels),
      kept: Float32Array.from(kept),
    });
    expectThings(decode(head, values([0, one.label, 0, -1, -1, -1])), [one]);
    expectThings(decode(head, values([0, 0, 7, 0, one.label, 0])), [one, two]);
    expect(decode(head, values([]))).toEqual([]);
    expect(() => decode(head, values([0, 5, 0]))).toThrow(/the graph keeps label 5 of box 0, of 5 and 40/);
    expect(() => decode(head, values([0, 0, 40]))).toThrow(/label 0 of box 40/);
  });

  test.each([
    [false, 'none'],
    [false, 'sigmoid'],
    [true, 'none'],
    [true, 'sigmoid'],
  ] as const)(
    'kept pairs, with a column for nothing %s, activation %s: their label and score, and never nothing',
    (background, activation) => {
      const first = background ? 1 : 0;
      const two = { ...one, label: 0, score: 0.6, x1: 21 };
      const columns = labels + first;
      const { boxes, scores } = writeScored([one, two], rows, columns, (t) => boxBy('xyxy', t), first);
      if (background) for (let row = 0; row < rows; row++) scores[row * columns] = 0.95;
      const given = activation === 'none' ? scores : scores.map((score) => -Math.log(1 / score - 1));
      const shapes = { boxes: [1, rows, 4], scores: [1, rows, columns], kept: [undefined, 3] };
      const head = make(scoredBoxes, shapes, { scores: 'scores', indices: 'kept', background, activation });
      const both = [0, first, 7, 0, one.label + first, 0];
      const nothing = background ? [0, 0, 0, 0, 0, 7] : [];
      const kept = Float32Array.from([...nothing, ...both]);
      expectThings(decode(head, { boxes, scores: given, kept }), [one, two]);
    },
  );

  test('NaN and infinities are errors; what contradicts is refused', () => {
    const shapes = { boxes: [1, rows, 4], scores: [1, rows, labels] };
    for (const wrong of broken)
      for (const name of ['boxes', 'scores'] as const)
        for (const activation of ['none', 'softmax'] as const) {
          const values = writeScored([one], rows, labels, (t) => boxBy('xyxy', t));
          values[name].fill(wrong);
          expect(() => decode(make(scoredBoxes, shapes, { activation }), values, 0.1)).toThrow(/scored-boxes: /);
        }
    expect(() => make(scoredBoxes, { ...shapes, scores: [1, rows, 80] })).toThrow(
      'labels and head.background say [1, 40, 5] or [1, 5, 40], the graph says [1, 40, 80] in "scores"',
    );
    expect(() => make(scoredBoxes, { a: [1, 3], b: [1, 2] })).toThrow(
      /an output \[1, \?, 4\] of boxes.*say in head\.boxes which it is/,
    );
    expect(() => make(scoredBoxes, { ...shapes, more: [1, 2] })).toThrow(/say in head\.scores which are the scores/);
  });
});

describe('final-boxes', () => {
  const rows = 20;
  const tensorflow = { form: 'yxyx', unit: 'fractions', firstLabel: 1 };

  test.each<
    [string, object, (t: typeof one) => readonly number[], Record<'boxes' | 'scores' | 'labels', string>, string?]
  >([
    [
      'TensorFlow',
      tensorflow,
      (t) => rowsFirst(boxBy('yxyx', t)),
      { boxes: 'detection_boxes:0', scores: 'detection_scores:0', labels: 'detection_classes:0' },
      'num_detections:0',
    ],
    [
      'EfficientNMS',
      {},
      (t) => boxBy('xyxy', t),
      { boxes: 'det_boxes', scores: 'det_scores', labels: 'det_classes' },
      'num_dets',
    ],
    [
      'YOLO-NAS',
      {},
      (t) => boxBy('xyxy', t),
      { boxes: 'pred_boxes', scores: 'pred_scores', labels: 'pred_classes' },
      'num_predictions',
    ],
    [
      'SSD of the zoo',
      { unit: 'fractions' },
      (t) => fraction(boxBy('xyxy', t)),
      { boxes: 'bboxes', scores: 'scores', labels: 'labels' },
    ],
  ])('%s: the detections are read back, and only those that are used', (_name, options, write, names, count) => {
    const shapes = {
      ...(count ? { [count]: [1] } : {}),
      [names.scores]: [1, rows],
      [names.boxes]: [1, rows, 4],
      [names.labels]: [1, rows],
    };
    const head = make(finalBoxes, shapes, options);
    fc.assert(
      fc.property(few, (things) => {
        const made = writeChosen(things, rows, write, 'firstLabel' in options ? 1 : 0);
        const values = { [names.boxes]: made.boxes, [names.scores]: made.scores, [names.labels]: made.labels };
        expectThings(decode(head, { ...values, ...(count ? { [count]: made.count } : {}) }), things);
      }),
    );
  });

  test('MMDetection: the score is the fifth number of the box', () => {
    const head = make(finalBoxes, { dets: [1, undefined, 5], labels: [1, undefined] });
    fc.assert(
      fc.property(few, (things) => {
        const made = writeChosen(things, things.length, (t) => [...boxBy('xyxy', t), t.score]);
        expectThings(decode(head, { dets: made.boxes, labels: made.labels }), things);
      }),
    );
  });

  test.each([
    [
      'YOLOv7 --end2end',
      ['skip', 'box', 'label', 'score'],
      (t: typeof one) => [0, ...boxBy('xyxy', t), t.label, t.score],
    ],
    ['PaddleDetection', ['label', 'score', 'box'], (t: typeof one) => [t.label, t.score, ...boxBy('xyxy', t)]],
  ])('%s: rows of one output', (_name, columns, write) => {
    const head = make(finalBoxes, { output: [undefined, columns.length + 3] }, { columns });
    fc.assert(
      fc.property(few, (things) => {
        expectThings(decode(head, { output: Float32Array.from(things.flatMap((t) => write(t))) }), things);
      }),
    );
    expect(() => decode(head, { output: new Float32Array(5) })).toThrow(/5 values are no rows of/);
    expect(() => make(finalBoxes, { output: [undefined, 9] }, { columns })).toThrow(
      /head\.columns says . columns, the graph says 9/,
    );
  });

  test('labels that there are not, counts that cannot be, NaN and infinities are errors', () => {
    const shapes = { num_dets: [1], boxes: [1, rows, 4], scores: [1, rows], labels: [1, rows] };
    const names = (made: ReturnType<typeof writeChosen>) => ({ ...made, num_dets: made.count });
    const good = () => names(writeChosen([one], rows, (t) => boxBy('xyxy', t)));
    const head = make(finalBoxes, shapes);
    expectThings(decode(head, good()), [one]);
    for (const label of [labels, -1, 0.5])
      expect(() => decode(head, { ...good(), labels: new Float32Array(rows).fill(label) })).toThrow(
        `final-boxes: row 0 has label ${label}; of 5 labels, numbered from 0 (head.firstLabel)`,
      );
    for (const count of [21, -1, Number.NaN])
      expect(() => decode(head, { ...good(), num_dets: Float32Array.of(count) })).toThrow(
        /the graph says .* detections, of 20/,
      );
    for (const wrong of broken)
      for (const name of ['boxes', 'scores'])
        expect(() =>
          decode(head, { ...good(), [name]: (name === 'boxes' ? good().boxes : good().scores).fill(wrong) }),
        ).toThrow(/final-boxes: /);
    expect(() => make(finalBoxes, { boxes: [1, rows, 4], scores: [1, rows] })).toThrow(
      /an output of classes.*say in head\.classes which it is/,
    );
  });
});
