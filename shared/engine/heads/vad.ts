/**
 * Silero VAD v5 (github.com/snakers4/silero-vad, MIT): is somebody speaking in this piece of sound?
 *
 * Inputs: `input` [1, 64 + 512] at 16 kHz ([1, 32 + 256] at 8 kHz): the window after the last samples of the window before;
 * `state` [2, 1, 128], zeros at first and then what the call before gave as `stateN`; `sr` int64, the sampling rate.
 * Outputs: `output` [1, 1], the probability of speech; `stateN` [2, 1, 128]. As upstream's `OnnxWrapper` in
 * src/silero_vad/utils_vad.py feeds it. One window is one outcome: the class `speech`, or the package's only label.
 */
import { z } from 'zod';
import { isWindowInput } from '../../contract/model-manifest.ts';
import { CodedError } from '../../kit/errors.ts';
import type { OutputTensor } from '../infer/session.ts';
import { type HeadContext, type HeadState, headKind } from './head.ts';

const STATE = [2, 1, 128] as const;
const STATE_SIZE = 2 * 128;
/** What the published models take: samples of a window, and of the window before it, by sampling rate. */
const sizes: Readonly<Record<number, { readonly window: number; readonly context: number }>> = {
  16000: { window: 512, context: 64 },
  8000: { window: 256, context: 32 },
};

export const vad = headKind({
  options: z.object({}),
  create(_options, context) {
    const { rate, size } = shapeOf(context);
    const begin = () => createState(rate, size.window, size.context);
    return {
      task: 'classify',
      outputs: ['output', 'stateN'],
      decode: (outputs, input) => begin().decode(outputs, input),
      begin,
    };
  },
});

function createState(rate: number, windowSize: number, contextSize: number): HeadState {
  const samples = new Float32Array(contextSize + windowSize);
  let state = new Float32Array(STATE_SIZE);
  const sr = BigInt64Array.of(BigInt(rate));
  return {
    inputs(window) {
      if (window.length !== windowSize)
        throw new CodedError('model-failed', `vad: a window of ${window.length} samples instead of ${windowSize}`);
      samples.copyWithin(0, windowSize);
      samples.set(window, contextSize);
      return [
        { name: 'input', data: samples, shape: [1, samples.length] },
        { name: 'state', data: state, shape: STATE },
        { name: 'sr', data: sr, shape: [] },
      ];
    },
    decode(outputs, { labels }) {
      const [speech, next] = checked(outputs);
      // The runtime may use its buffer again.
      state = Float32Array.from(next);
      return { task: 'classify', classes: [{ label: labels[0] ?? 'speech', score: Math.min(1, Math.max(0, speech)) }] };
    },
    reset() {
      samples.fill(0);
      state = new Float32Array(STATE_SIZE);
    },
  };
}

function checked(outputs: readonly OutputTensor[]): [number, Float32Array] {
  const speech = outputs[0]?.data ?? new Float32Array();
  const state = outputs[1]?.data ?? new Float32Array();
  if (speech.length !== 1 || state.length !== STATE_SIZE) {
    const found = `${speech.length} and ${state.length} values`;
    throw new CodedError('model-failed', `vad: ${found} instead of 1 and ${STATE_SIZE}`);
  }
  const probability = speech[0] as number;
  if (!Number.isFinite(probability)) throw new CodedError('model-failed', `vad: the probability is ${probability}`);
  if (!state.every(Number.isFinite)) throw new CodedError('model-failed', 'vad: its state is not finite');
  return [probability, state];
}

function shapeOf({ window, outputs, labels }: HeadContext) {
  if (!window || isWindowInput(window.input))
    throw new CodedError('model-invalid', 'head.kind says vad (sound), input says another kind');
  for (const name of ['input', 'state', 'sr']) {
    if (window.inputs.some((i) => i.name === name)) continue;
    const known = window.inputs.map((i) => i.name).join(', ');
    throw new CodedError('model-invalid', `head.kind says vad (inputs input, state, sr), the graph has ${known}`);
  }
  for (const name of ['output', 'stateN']) {
    if (outputs.some((o) => o.name === name)) continue;
    const known = outputs.map((o) => o.name).join(', ');
    throw new CodedError('model-invalid', `head.kind says vad (outputs output, stateN), the graph has ${known}`);
  }
  const { sampleRate, window: samples } = window.input;
  const size = sizes[sampleRate];
  if (!size) throw new CodedError('model-invalid', `input.sampleRate says ${sampleRate}; vad takes 16000 or 8000`);
  if (samples !== size.window)
    throw new CodedError('model-invalid', `input.window says ${samples}; vad takes ${size.window} at ${sampleRate} Hz`);
  if (labels !== 1)
    throw new CodedError('model-invalid', `labels says ${labels} labels; vad has one, such as "speech"`);
  return { rate: sampleRate, size };
}
