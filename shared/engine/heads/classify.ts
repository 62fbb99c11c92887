/**
 * A classifier: one output with one value per label, [1, labels] or with further axes of size 1 ([1, labels, 1, 1]). The values
 * are probabilities, or logits with `softmax: true`. The outcome's task is `classify`: at most `topK` labels by falling score,
 * none of them below the threshold.
 */
import { z } from 'zod';
import { CodedError } from '../../kit/errors.ts';
import { shapeText } from '../package/check.ts';
import { headKind, type OutcomeHead } from './head.ts';
import { onlyOutput, outputNamed, valuesOf } from './outputs.ts';

const options = z.strictObject({
  output: z.string().optional(),
  softmax: z.boolean().default(false).describe('the graph gives logits'),
  topK: z.number().int().min(1).max(1000).default(5),
});

/** A probability that rounding has put past 0 or 1. */
const ROUNDING = 1e-3;

export const classify = headKind({
  options,
  create({ output: name, softmax, topK }, context): OutcomeHead {
    const output = name === undefined ? onlyOutput(context, 'classify') : outputNamed(context, name, 'head.output');
    const sizes = output.shape.filter((size) => size !== 1);
    const [known = context.labels, ...more] = sizes.filter((size) => size !== undefined);
    const single = output.shape.length > 0 && sizes.length === 0;
    if (known !== context.labels || more.length > 0 || (single && context.labels > 1)) {
      throw new CodedError(
        'model-invalid',
        `labels says ${context.labels} labels, the graph says ${shapeText(output)} in "${output.name}"`,
      );
    }
    return {
      task: 'classify',
      outputs: [output.name],
      decode(outputs, { labels, threshold }) {
        const values = valuesOf(outputs, 0, labels.length, 'classify');
        const scores = softmax ? softmaxOf(values) : values;
        const classes = labels.map((label, i) => ({ label, score: probability(scores[i] as number, label) }));
        const best = classes.toSorted((a, b) => b.score - a.score).slice(0, topK);
        return { task: 'classify', classes: best.filter((c) => c.score >= threshold) };
      },
    };
  },
});

/** NaN where a value is NaN or infinite. */
function softmaxOf(values: Float32Array): number[] {
  const greatest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = Array.from(values, (v) => (Number.isFinite(v) ? Math.exp(v - greatest) : Number.NaN));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
}

function probability(score: number, label: string): number {
  if (score >= -ROUNDING && score <= 1 + ROUNDING) return Math.min(1, Math.max(0, score));
  const hint = Number.isFinite(score) ? '; for a graph that gives logits say head.softmax: true' : '';
  throw new CodedError('model-failed', `classify: the score of "${label}" is ${score}, not within 0 and 1${hint}`);
}
