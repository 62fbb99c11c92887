/**
 * Autoencoders: a model that gives back what it was given. The score is the mean squared difference between the two (the
 * Q statistic of Jackson and Mudholkar, "Control Procedures for Residuals Associated With Principal Component Analysis",
 * Technometrics 21(3), 1979, divided by the size), in the units of the normalised input. Anomalous: above the threshold.
 *
 * One output with as many values as the input, in the same order.
 *
 * With `adapt`, each stream has a threshold of its own that follows slow drift: centre and spread of ln(score) are kept by
 * stochastic approximation of the median and of the median absolute deviation (Robbins and Monro 1951; each window moves
 * them by at most 1/`windows` of the spread, so that a fault, which is short and far off, hardly moves them), and the
 * threshold keeps the distance in spreads that it had in calibration, between `min` and `max` times the calibrated one.
 */
import { z } from 'zod';
import { isWindowInput } from '../../contract/model-manifest.ts';
import { CodedError } from '../../kit/errors.ts';
import type { OutputTensor } from '../infer/session.ts';
import type { Outcome } from '../outcome.ts';
import { shapeText } from '../package/check.ts';
import { windowSize } from '../package/windows.ts';
import { type HeadContext, type HeadState, headKind } from './head.ts';

const adapt = z.object({
  median: z.number().describe('of ln(score) in calibration'),
  mad: z.number().positive().describe('median absolute deviation of ln(score) in calibration'),
  windows: z
    .number()
    .int()
    .min(10)
    .max(1e9)
    .default(2000)
    .describe('memory: windows in which the spread can be crossed'),
  min: z.number().positive().max(1).default(0.5).describe('least threshold, as a part of the calibrated one'),
  max: z.number().min(1).default(4).describe('greatest threshold, as a multiple of the calibrated one'),
});
type Adapt = z.infer<typeof adapt>;

const options = z.object({
  output: z.string().optional().describe('name of the output; needed where the graph has several'),
  threshold: z.number().positive().describe('mean squared error above which a window is anomalous'),
  adapt: adapt.optional(),
});

/** ln(0) has no place in an average. */
const LEAST_SCORE = 1e-12;
/** No spread is so small that the threshold comes to lie on the centre itself. */
const LEAST_MAD = 1e-3;

export const autoencoder = headKind({
  options,
  create({ output, threshold, adapt }, context) {
    const name = outputOf(output, context);
    const channels = channelsOf(context);
    return {
      task: 'anomaly',
      outputs: [name],
      decode: (outputs, { tensor, asked }) => outcomeOf(errorOf(outputs, tensor, channels), asked ?? threshold),
      ...(adapt ? { begin: () => follow(threshold, adapt, channels) } : {}),
    };
  },
});

/** The threshold of one stream; `asked` by its configuration it stays where it is. */
function follow(calibrated: number, adapt: Adapt, channels: Channels): HeadState {
  const centreOf = () => ({ median: adapt.median, mad: Math.max(LEAST_MAD, adapt.mad) });
  const distance = (Math.log(calibrated) - adapt.median) / Math.max(LEAST_MAD, adapt.mad);
  const spread = centreOf();
  return {
    decode(outputs, { tensor, asked }) {
      const error = errorOf(outputs, tensor, channels);
      const { score } = error;
      if (asked !== undefined) return outcomeOf(error, asked);
      const wanted = Math.exp(spread.median + distance * spread.mad);
      const threshold = Math.min(calibrated * adapt.max, Math.max(calibrated * adapt.min, wanted));
      const off = Math.log(Math.max(score, LEAST_SCORE)) - spread.median;
      spread.median += (Math.sign(off) * spread.mad) / adapt.windows;
      const wider = Math.sign(Math.abs(off) - spread.mad);
      spread.mad = Math.max(LEAST_MAD, spread.mad * Math.exp(wider / adapt.windows));
      return outcomeOf(error, threshold);
    },
    // Drift outlives an interruption: what was learned of it stays.
    reset: () => undefined,
  };
}

interface WindowError {
  readonly score: number;
  /** Of each channel. */
  readonly parts: readonly number[];
}

function outcomeOf({ score, parts }: WindowError, threshold: number): Outcome {
  return { task: 'anomaly', score, threshold, anomalous: score > threshold, ...(parts.length > 0 ? { parts } : {}) };
}

/** How many there are, and how far apart in the window two values of one are; none of an input without channels. */
interface Channels {
  readonly count: number;
  of(index: number): number;
}

function channelsOf({ window }: HeadContext): Channels {
  const input = window?.input;
  if (!input || !isWindowInput(input)) return { count: 0, of: () => 0 };
  const count = input.channels.length;
  return { count, of: input.layout === 'nwc' ? (index) => index % count : (index) => Math.floor(index / input.window) };
}

function errorOf(outputs: readonly OutputTensor[], input: Float32Array, channels: Channels): WindowError {
  const data = outputs[0]?.data ?? new Float32Array();
  if (data.length !== input.length)
    throw new CodedError('model-failed', `autoencoder: ${data.length} values for an input of ${input.length}`);
  let sum = 0;
  const sums = new Float64Array(channels.count);
  for (let i = 0; i < data.length; i++) {
    const difference = (data[i] as number) - (input[i] as number);
    const square = difference * difference;
    sum += square;
    const channel = channels.of(i);
    if (channel < sums.length) sums[channel] = (sums[channel] as number) + square;
  }
  if (!Number.isFinite(sum)) throw new CodedError('model-failed', `autoencoder: the reconstruction error is ${sum}`);
  return { score: sum / data.length, parts: Array.from(sums, (part) => (sum > 0 ? part / sum : 0)) };
}

function outputOf(wanted: string | undefined, context: HeadContext): string {
  const known = context.outputs.map((o) => o.name).join(', ');
  const found = context.outputs.find((o) => o.name === (wanted ?? context.outputs[0]?.name));
  if (!found) throw new CodedError('model-invalid', `head.output says "${wanted}", the graph has the outputs ${known}`);
  if (wanted === undefined && context.outputs.length > 1)
    throw new CodedError('model-invalid', `head.output says nothing, the graph has several outputs: ${known}`);
  const size = context.window && windowSize(context.window.input);
  const fixed = found.shape.slice(1).reduce<number | undefined>((n, axis) => (n && axis ? n * axis : undefined), 1);
  if (size !== undefined && fixed !== undefined && fixed !== size) {
    const graph = `${fixed} in "${found.name}" ${shapeText(found)}`;
    throw new CodedError('model-invalid', `input says ${size} values a window, the graph gives back ${graph}`);
  }
  return found.name;
}
