/** Between the floats that we count in and the element types of a graph's inputs and outputs. */

import { CodedError } from '../../kit/errors.ts';
import { fromHalf, toHalf } from './half.ts';
import { Tensor } from './onnxruntime.ts';

type Ints = 'uint8' | 'int8' | 'uint16' | 'int16' | 'int32' | 'uint32';

const whole: Readonly<Record<Ints, (floats: Float32Array) => Tensor['data']>> = {
  uint8: (floats) => new Uint8Array(floats),
  int8: (floats) => new Int8Array(floats),
  uint16: (floats) => new Uint16Array(floats),
  int16: (floats) => new Int16Array(floats),
  int32: (floats) => new Int32Array(floats),
  uint32: (floats) => new Uint32Array(floats),
};

/**
 * Floats as a tensor of the type that the graph takes. For integers they must be whole (`package/check.ts` sees to it): the
 * native conversion cuts, and is some twenty times as fast as a loop that rounds.
 * @throws CodedError `model-invalid` for a type that is no number
 */
export function tensorOf(floats: Float32Array, type: string, shape: readonly number[]): Tensor {
  if (type === 'float32') return new Tensor('float32', floats, shape);
  if (type === 'float16') return new Tensor('float16', toHalf(floats), shape);
  if (type === 'float64') return new Tensor('float64', new Float64Array(floats), shape);
  if (type === 'int64')
    return new Tensor(
      'int64',
      BigInt64Array.from(floats, (v) => BigInt(Math.trunc(v))),
      shape,
    );
  if (isInts(type)) return new Tensor(type, whole[type](floats) as Uint8Array, shape);
  throw new CodedError('model-invalid', `the model takes ${type}, which no number can be made into`);
}

/**
 * The values of an output as floats.
 * @throws CodedError `model-failed` for one that holds no numbers
 */
export function floatsOf(
  name: string,
  tensor: { readonly type: string; readonly data: unknown } | undefined,
): Float32Array {
  const data = tensor?.data;
  if (data instanceof Float32Array) return data;
  if (tensor?.type === 'float16' && data instanceof Uint16Array) return fromHalf(data);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    const floats = new Float32Array(data.length);
    for (let i = 0; i < data.length; i++) floats[i] = Number(data[i]);
    return floats;
  }
  if (ArrayBuffer.isView(data) && !(data instanceof DataView))
    return Float32Array.from(data as Iterable<number> & typeof data);
  throw new CodedError('model-failed', `output "${name}" holds no numbers`);
}

function isInts(type: string): type is Ints {
  return Object.hasOwn(whole, type);
}
