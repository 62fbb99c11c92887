/** The shape in which one input is fed. */
import { isImageInput, type ModelInput } from '../../contract/model-manifest.ts';
import { channelsOf } from './check.ts';
import type { Graph } from './graph.ts';
import { windowShape } from './windows.ts';

/** @param graph one that `loadVariant` has compared with the input */
export function inputShape(input: ModelInput, graph: Graph): readonly number[] {
  if (isImageInput(input)) {
    const { width, height, layout } = input;
    const channels = channelsOf(input.color);
    return layout === 'nchw' ? [1, channels, height, width] : [1, height, width, channels];
  }
  // loadVariant has refused a graph whose window lies otherwise; one with more inputs is fed by its head.
  const [window] = graph.inputs;
  return (window && windowShape(input, window)) ?? [1, input.window];
}
