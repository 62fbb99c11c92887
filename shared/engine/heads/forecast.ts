/**
 * Forecasts: a model that says the last point of a window from those before it. What it was wrong by, channel by channel, goes to an
 * online detector (`series/online`), which knows how wrong it usually is: the score is how rarely it is so wrong, in weeks.
 *
 * With `judges: value` the detector judges the values themselves, and the forecast says what was expected: of one channel alone that finds more
 * (`npm run bench -- nab`); of several, relations are found in what the forecast is wrong by. With `judges: both` it is given the values and then the errors: of a
 * vibration, whose next point is known well, another frequency makes the errors wide while the values stay as they were.
 *
 * One output with one value per channel, in the units of the normalised input. `learned` names a file of the package with what the
 * detector has learned of the training data; each stream goes on from there.
 */
import { z } from 'zod';
import { isWindowInput, packagePath, type WindowInput } from '../../contract/model-manifest.ts';
import { CodedError } from '../../kit/errors.ts';
import { DEFAULT_WEEKS, Detector, type DetectorState, detectorState } from '../series/online/detector.ts';
import { Surprise } from '../series/online/surprise.ts';
import { type HeadContext, type HeadState, headKind } from './head.ts';

const JUDGES = ['error', 'value', 'both'] as const;
export type Judges = (typeof JUDGES)[number];

/** Numbers that the detector judges of each window. */
const MOST_JUDGED = 64;

const options = z.object({
  output: z.string().optional().describe('name of the output; needed where the graph has several'),
  threshold: z
    .number()
    .positive()
    .default(DEFAULT_WEEKS)
    .describe('an anomaly is what comes less often than once in so many weeks'),
  judges: z
    .enum(JUDGES)
    .default('error')
    .describe(
      'what the detector is given: what the forecast is wrong by, the values, or the values and then the errors',
    ),
  learned: packagePath.optional().describe('file of the package: what the detector learned in training'),
});

export const forecast = headKind({
  options,
  create({ output, threshold, judges, learned }, context) {
    const input = context.window?.input;
    if (!input || !isWindowInput(input))
      throw new CodedError('model-invalid', 'head.kind "forecast" is for windows of a series');
    const name = outputOf(output, context, input.channels.length);
    const judged = judgedOf(input, judges);
    if (judged > MOST_JUDGED) {
      const says = `"both" makes ${judged} numbers of ${input.channels.length} channels; at most ${MOST_JUDGED}`;
      throw new CodedError('model-invalid', `head.judges: ${says}`);
    }
    const state = learned === undefined ? undefined : stateOf(learned, context.learned, judged);
    return {
      task: 'anomaly',
      outputs: [name],
      // A window alone has nothing to be compared with.
      decode: (outputs, given) => begin(input, threshold, judges, state).decode(outputs, given),
      begin: () => begin(input, threshold, judges, state),
    };
  },
});

/** A stream does not go on where the training data ended: the step from one to the other is no anomaly. */
const SETTLING = 16;

/** Errors that count for the band around a forecast. */
const BAND_MEMORY = 20_000;

function begin(input: WindowInput, threshold: number, judges: Judges, state: DetectorState | undefined): HeadState {
  const count = input.channels.length;
  const trained = () =>
    new Detector(judgedOf(input, judges), state, state ? { settling: SETTLING, isTrained: true } : {});
  const learnedUntil = state?.channels[0]?.features.lastAt ?? Number.NEGATIVE_INFINITY;
  let detector = trained();
  /** What it has learned from already comes again: it is judged, and not learned twice. */
  let isRepeated = false;
  const bands = judges !== 'error' ? input.channels.map(() => new Surprise(BAND_MEMORY)) : undefined;
  let windows = 0;
  return {
    decode(outputs, { tensor, asked, atMs }) {
      const predicted = outputs[0]?.data ?? new Float32Array();
      if (predicted.length !== count)
        throw new CodedError('model-failed', `forecast: ${predicted.length} values for ${count} channels`);
      const errors = Array.from(predicted, (value, c) => lastOf(tensor, input, c) - Number(value));
      if (!errors.every(Number.isFinite)) throw new CodedError('model-failed', `forecast: it is wrong by ${errors}`);
      const limit = asked ?? threshold;
      const time = atMs ?? (windows * input.step * 1000) / input.rateHz;
      windows++;
      if (isRepeated && time > learnedUntil) detector = trained();
      isRepeated = time <= learnedUntil;
      const given = givenOf(judges, input, tensor, errors);
      const { score, anomalous, parts, expected: usual } = detector.next(time, given, limit);
      // Before this error counts.
      const expected = bands?.map((band) => band.usual()) ?? usual;
      for (const [c, band] of bands?.entries() ?? []) band.next(errors[c] as number);
      const scale = (c: number, value: number) => value * (input.std[c] ?? input.std[0] ?? 1);
      const mean = (c: number) => input.mean[c] ?? input.mean[0] ?? 0;
      return {
        task: 'anomaly',
        score,
        threshold: limit,
        anomalous,
        parts: input.channels.map((_, c) => (parts[c] ?? 0) + (parts[count + c] ?? 0)),
        // A window without its line has lost its level.
        ...(input.detrend
          ? {}
          : {
              expected: expected.map((band, c) => {
                const middle = Number(predicted[c]);
                return band && ([mean(c) + scale(c, middle + band[0]), mean(c) + scale(c, middle + band[1])] as const);
              }),
            }),
      };
    },
    // What is usual outlives an interruption.
    reset: () => undefined,
  };
}

/** The last point of a channel in a window. */
export function lastOf(
  tensor: Float32Array,
  { layout, window, channels }: Pick<WindowInput, 'layout' | 'window' | 'channels'>,
  channel: number,
): number {
  const at = layout === 'nwc' ? (window - 1) * channels.length + channel : channel * window + window - 1;
  return tensor[at] as number;
}

/** What the detector is given of a window, in the order of the channels. */
export function givenOf(
  judges: Judges,
  input: Pick<WindowInput, 'layout' | 'window' | 'channels'>,
  tensor: Float32Array,
  errors: readonly number[],
): readonly number[] {
  if (judges === 'error') return errors;
  const values = input.channels.map((_, c) => lastOf(tensor, input, c));
  return judges === 'value' ? values : [...values, ...errors];
}

/** How many numbers that is. */
export function judgedOf({ channels }: Pick<WindowInput, 'channels'>, judges: Judges): number {
  return judges === 'both' ? 2 * channels.length : channels.length;
}

function stateOf(file: string, found: unknown, judged: number): DetectorState {
  const parsed = detectorState.safeParse(found);
  if (!parsed.success)
    throw new CodedError('model-invalid', `head.learned: ${file} is not what a detector has learned`);
  if (parsed.data.channels.length === judged) return parsed.data;
  const says = `${parsed.data.channels.length} numbers, the head judges ${judged}`;
  throw new CodedError('model-invalid', `head.learned: ${file} is of ${says}`);
}

function outputOf(wanted: string | undefined, { outputs }: HeadContext, channels: number): string {
  const known = outputs.map((o) => o.name).join(', ');
  const found = outputs.find((o) => o.name === (wanted ?? outputs[0]?.name));
  if (!found) throw new CodedError('model-invalid', `head.output says "${wanted}", the graph has the outputs ${known}`);
  if (wanted === undefined && outputs.length > 1)
    throw new CodedError('model-invalid', `head.output says nothing, the graph has several outputs: ${known}`);
  const fixed = found.shape.slice(1).reduce<number | undefined>((n, axis) => (n && axis ? n * axis : undefined), 1);
  if (fixed === undefined || fixed === channels) return found.name;
  const says = `input has ${channels} channels, the graph forecasts ${fixed} values in "${found.name}"`;
  throw new CodedError('model-invalid', says);
}
