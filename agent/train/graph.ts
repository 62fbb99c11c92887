/**
 * Writes fitted models as ONNX (opset 13). A reconstruction: `window` [1, samples x channels] ⇒ `reconstruction` of the same shape.
 *
 * (x - mean) · W ⇒ clip to -1 … 1 ⇒ · V ⇒ + mean, where a column of W is a component divided by its range, and a row of V the
 * component times its range: so that one clip serves all ranges.
 */
import onnxProto from 'onnx-proto';
import { FARTHEST } from './cut.ts';
import type { Forecaster } from './forecast.ts';
import type { Reconstruction } from './reconstruction.ts';

const { onnx } = onnxProto;
const FLOAT = 1;

export function onnxOf({ mean, components, ranges }: Reconstruction): Uint8Array {
  const size = mean.length;
  const count = components.length;
  const w = Array.from(
    { length: size * count },
    (_, i) => at(components, i % count, Math.floor(i / count)) / (ranges[i % count] as number),
  );
  const v = Array.from(
    { length: count * size },
    (_, i) => at(components, Math.floor(i / size), i % size) * (ranges[Math.floor(i / size)] as number),
  );
  const graph = {
    name: 'pca',
    input: [valueInfo('window', size)],
    output: [valueInfo('reconstruction', size)],
    initializer: [
      floats('mean', [size], Array.from(mean)),
      floats('W', [size, count], w),
      floats('V', [count, size], v),
      floats('low', [], [-1]),
      floats('high', [], [1]),
    ],
    node: [
      node('Sub', ['window', 'mean'], 'centred'),
      node('MatMul', ['centred', 'W'], 'scores'),
      node('Clip', ['scores', 'low', 'high'], 'held'),
      node('MatMul', ['held', 'V'], 'back'),
      node('Add', ['back', 'mean'], 'reconstruction'),
    ],
  };
  const model = { irVersion: 8, producerName: 'vedette', opsetImport: [{ domain: '', version: 13 }], graph };
  return onnx.ModelProto.encode(onnx.ModelProto.fromObject(model)).finish();
}

/**
 * The graph of a forecaster: `window` [1, samples x channels] ⇒ `forecast` [1, channels]. What lies far out is held first, as in the fit; a
 * channel's last point has no weight in its own forecast.
 */
export function forecastGraph({ input, weights }: Pick<Forecaster, 'input' | 'weights'>): Uint8Array {
  const width = input.channels.length;
  const size = input.window * width;
  const w = Array.from({ length: size * width }, (_, i) => weights[i % width]?.[Math.floor(i / width)] ?? 0);
  const graph = {
    name: 'forecast',
    input: [valueInfo('window', size)],
    output: [valueInfo('forecast', width)],
    initializer: [
      floats('W', [size, width], w),
      floats(
        'bias',
        [width],
        weights.map((one) => one[size] ?? 0),
      ),
      floats('low', [], [-FARTHEST]),
      floats('high', [], [FARTHEST]),
    ],
    node: [
      node('Clip', ['window', 'low', 'high'], 'held'),
      node('MatMul', ['held', 'W'], 'sum'),
      node('Add', ['sum', 'bias'], 'forecast'),
    ],
  };
  const model = { irVersion: 8, producerName: 'vedette', opsetImport: [{ domain: '', version: 13 }], graph };
  return onnx.ModelProto.encode(onnx.ModelProto.fromObject(model)).finish();
}

function at(components: readonly Float64Array[], component: number, index: number): number {
  return components[component]?.[index] ?? 0;
}

function valueInfo(name: string, size: number) {
  const dim = [{ dimValue: 1 }, { dimValue: size }];
  return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } };
}

function floats(name: string, dims: number[], values: readonly number[]) {
  return { name, dims, dataType: FLOAT, floatData: [...values] };
}

function node(opType: string, input: string[], output: string) {
  return { opType, name: output, input, output: [output] };
}
