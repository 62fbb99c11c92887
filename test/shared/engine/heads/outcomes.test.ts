import fc from 'fast-check';
import { expect, test } from 'vitest';
import { classify } from '../../../../shared/engine/heads/classify.ts';
import type { OutcomeHead } from '../../../../shared/engine/heads/head.ts';
import { raw } from '../../../../shared/engine/heads/raw.ts';
import { broken, float32, output } from './things.ts';

const labels = ['a', 'b', 'c', 'd', 'e', 'f'];

function classifier(options: object = {}, shape: (number | undefined)[] = [1, labels.length]): OutcomeHead {
  const context = { inputWidth: 8, inputHeight: 8, labels: labels.length, outputs: [float32('prob', shape)] };
  return classify.create(options, context) as OutcomeHead;
}

const input = (threshold: number) => ({ tensor: new Float32Array(), labels, threshold });
const classesOf = (head: OutcomeHead, values: readonly number[], threshold = 0) => {
  const outcome = head.decode([output('prob', Float32Array.from(values))], input(threshold));
  return outcome.task === 'classify' ? outcome.classes : [];
};

test('logits become probabilities: they add up to 1, keep their order and their ratios', () => {
  const logits = fc.array(fc.float({ min: -50, max: 50, noNaN: true }), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(logits, (values) => {
      const classes = classesOf(classifier({ softmax: true, topK: 6 }), values);
      expect(classes.reduce((sum, c) => sum + c.score, 0)).toBeCloseTo(1, 6);
      for (const [i, { label, score }] of classes.entries()) {
        const value = values[labels.indexOf(label)] ?? Number.NaN;
        const wanted = 1 / values.reduce((sum, other) => sum + Math.exp(Math.fround(other) - Math.fround(value)), 0);
        expect(score).toBeCloseTo(wanted, 6);
        if (i > 0) expect(score).toBeLessThanOrEqual(classes[i - 1]?.score ?? 0);
      }
    }),
  );
});

test('at most topK classes by falling score, none below the threshold', () => {
  const values = [0.1, 0.4, 0.05, 0.3, 0.1, 0.05];
  expect(classesOf(classifier({ topK: 2 }), values).map((c) => c.label)).toEqual(['b', 'd']);
  expect(classesOf(classifier(), values)).toHaveLength(5);
  expect(classesOf(classifier(), values, 0.35).map((c) => c.label)).toEqual(['b']);
});

test('logits without softmax are an error that says what to do', () => {
  expect(() => classesOf(classifier(), [7, 1, 0, 0, 0, 0])).toThrow(
    'classify: the score of "a" is 7, not within 0 and 1; for a graph that gives logits say head.softmax: true',
  );
});

test.each(broken)('%s is an error, not a result', (wrong) => {
  for (const softmax of [true, false]) {
    expect(() => classesOf(classifier({ softmax }), [0, 0.5, wrong, 0, 0, 0])).toThrow(/classify: the score of/);
  }
  const made = raw.create({}, { inputWidth: 8, inputHeight: 8, labels: 1, outputs: [float32('map', [1, 1, 2, 3])] });
  for (let at = 0; at < 6; at++) {
    const values = new Float32Array(6);
    values[at] = wrong;
    expect(() => (made as OutcomeHead).decode([output('map', values)], input(0))).toThrow(`raw: value ${at} of "map"`);
  }
});

test('a graph with another number of classes is refused; axes of size 1 and free axes are not', () => {
  expect(() => classifier({}, [1, 1000])).toThrow('labels says 6 labels, the graph says [1, 1000] in "prob"');
  expect(() => classifier({}, [1, 6, 6])).toThrow(/labels says 6 labels/);
  expect(() => classifier({}, [1, 1])).toThrow(/labels says 6 labels/);
  for (const shape of [[1, 6, 1, 1], [undefined, 6], [undefined, undefined], []])
    expect(() => classifier({}, shape)).not.toThrow();
  expect(() => classesOf(classifier({}, [1, undefined]), [0.5, 0.5])).toThrow('classify: 2 values instead of 6');
});

test('raw gives a copy of the values of the output that was named', () => {
  const outputs = [float32('x', [1, 2]), float32('embedding', [1, undefined])];
  const context = { inputWidth: 8, inputHeight: 8, labels: 1, outputs };
  const made = raw.create({ output: 'embedding' }, context) as OutcomeHead;
  expect(made.outputs).toEqual(['embedding']);
  const values = Float32Array.of(-3, 0, 1e30);
  const outcome = made.decode([output('embedding', values)], input(0));
  values.fill(0);
  expect(outcome).toEqual({ task: 'embed', vector: Float32Array.of(-3, 0, 1e30) });
  expect(() => raw.create({}, context)).toThrow('the graph says 2 outputs (x, embedding)');
  expect(() => raw.create({ output: 'y' }, context)).toThrow(
    'head.output says "y", the graph says the outputs x, embedding',
  );
});

test('raw: without a stated shape any number of values is taken', () => {
  for (const shape of [[], [1, undefined]]) {
    const outputs = [float32('map', shape)];
    const made = raw.create({}, { inputWidth: 8, inputHeight: 8, labels: 1, outputs }) as OutcomeHead;
    const outcome = made.decode([output('map', new Float32Array(5))], input(0));
    expect(outcome).toEqual({ task: 'embed', vector: new Float32Array(5) });
  }
});

test('raw: a size that is not what the graph says is an error', () => {
  const made = raw.create({}, { inputWidth: 8, inputHeight: 8, labels: 1, outputs: [float32('map', [1, 2, 3])] });
  expect(() => (made as OutcomeHead).decode([output('map', new Float32Array(5))], input(0))).toThrow(
    'raw: 5 values instead of 6',
  );
});
