/** Windows of a series or of sound: how they lie in a graph's input, and whether the manifest says the same as the graph. */
import { frameCount } from '../../contract/log-mel.ts';
import type { AudioInput, WindowInput } from '../../contract/model-manifest.ts';
import { isWindowInput } from '../../contract/model-manifest.ts';
import { type Contradiction, shapeText, takesFloats } from './check.ts';
import type { Graph, TensorInfo } from './graph.ts';

/** Numbers of one window as `Inference.run` takes it: of sound its samples, whatever the graph is fed with. */
export function givenSize(input: WindowInput | AudioInput): number {
  return isWindowInput(input) ? input.window * input.channels.length : input.window;
}

/** Numbers of one window as the graph is fed with it: of sound its features, where it has some. */
export function windowSize(input: WindowInput | AudioInput): number {
  if (isWindowInput(input) || !input.logMel) return givenSize(input);
  return frameCount(input.logMel, input.window) * input.logMel.bands;
}

/**
 * The shape in which one window is fed: `[1, samples, channels]` (`nwc`), `[1, channels, samples]` (`ncw`), or flat
 * `[1, samples x channels]`; a window of one channel may have an axis of one before or after its samples. Features of sound lie
 * as `[1, frames, bands]` or `[1, bands, frames]`, with an axis of one before or after them, or without any, too.
 * @returns undefined where the graph's axes agree with none of them
 */
export function windowShape(input: WindowInput | AudioInput, tensor: TensorInfo): number[] | undefined {
  const size = windowSize(input);
  return [...shapesOf(input, size), [1, size], [size]].find(
    (shape) =>
      shape.length === tensor.shape.length && shape.every((axis, index) => (tensor.shape[index] ?? axis) === axis),
  );
}

function shapesOf(input: WindowInput | AudioInput, size: number): number[][] {
  if (isWindowInput(input)) {
    const { window, layout } = input;
    const channels = size / window;
    const shape = [1, ...(layout === 'ncw' ? [channels, window] : [window, channels])];
    return channels === 1 ? [shape, [1, 1, window]] : [shape];
  }
  const { window, logMel } = input;
  if (!logMel) {
    return [
      [1, window, 1],
      [1, 1, window],
    ];
  }
  const { bands, layout } = logMel;
  const features = layout === 'time-bands' ? [size / bands, bands] : [bands, size / bands];
  return [[1, ...features], [1, 1, ...features], [1, ...features, 1], features];
}

/** Compares `input` of the manifest with the graph's first input. A model of sound may have more: they are its head's. */
export function windowContradictions(input: WindowInput | AudioInput, graph: Graph): Contradiction[] {
  const [window, ...others] = graph.inputs;
  if (!window || (isWindowInput(input) && others.length > 0)) {
    const names = graph.inputs.map((i) => i.name).join(', ');
    return [{ field: 'input', says: 'one window', graph: `${graph.inputs.length} inputs (${names})` }];
  }
  if (!takesFloats(window))
    return [{ field: 'input', says: 'samples as floats', graph: `${window.type} in "${window.name}"` }];
  if (others.length > 0 || windowShape(input, window)) return [];
  const says = isWindowInput(input)
    ? `${input.window} samples of ${input.channels.length} channels, ${input.layout}`
    : input.logMel
      ? `${windowSize(input) / input.logMel.bands} frames of ${input.logMel.bands} mel bands, ${input.logMel.layout}`
      : `${input.window} samples of sound`;
  return [{ field: 'input', says, graph: `${shapeText(window)} in "${window.name}"` }];
}
