/** Windows of a series or of sound: how they lie in a graph's input, and whether the manifest says the same as the graph. */
import type { AudioInput, WindowInput } from '../../contract/model-manifest.ts';
import { isWindowInput } from '../../contract/model-manifest.ts';
import { type Contradiction, shapeText, takesFloats } from './check.ts';
import type { Graph, TensorInfo } from './graph.ts';

/** Floats of one window. */
export function windowSize(input: WindowInput | AudioInput): number {
  return isWindowInput(input) ? input.window * input.channels.length : input.window;
}

/**
 * The shape in which one window is fed: `[1, samples, channels]` (`nwc`), `[1, channels, samples]` (`ncw`), or flat
 * `[1, samples x channels]`; a window of one channel may have an axis of one before or after its samples.
 * @returns undefined where the graph's axes agree with none of them
 */
export function windowShape(input: WindowInput | AudioInput, tensor: TensorInfo): number[] | undefined {
  const size = windowSize(input);
  const channels = size / input.window;
  const ncw = isWindowInput(input) && input.layout === 'ncw';
  const shapes = [[1, ...(ncw ? [channels, input.window] : [input.window, channels])], [1, size], [size]];
  if (channels === 1) shapes.push([1, 1, input.window]);
  return shapes.find(
    (shape) =>
      shape.length === tensor.shape.length && shape.every((axis, index) => (tensor.shape[index] ?? axis) === axis),
  );
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
    : `${input.window} samples of sound`;
  return [{ field: 'input', says, graph: `${shapeText(window)} in "${window.name}"` }];
}
