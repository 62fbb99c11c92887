/** Values of constants, and constants of values. */
import { type Constant, FLOAT, INT8, INT32, INT64, UINT8 } from './net.ts';

/** The floats of a constant of type FLOAT; a copy. */
export function floatsOf({ bytes }: Constant): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(i * 4, true));
}

/** The whole numbers of a constant of type INT64 or INT32. */
export function integersOf({ bytes, type }: Constant): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return type === INT64
    ? Array.from({ length: bytes.length / 8 }, (_, i) => Number(view.getBigInt64(i * 8, true)))
    : Array.from({ length: bytes.length / 4 }, (_, i) => view.getInt32(i * 4, true));
}

export function floatConstant(dims: readonly number[], values: ArrayLike<number>): Constant {
  return constant(FLOAT, dims, values, 4, (view, at, v) => view.setFloat32(at, v, true));
}

/**
 * Values beyond 64 bits become the nearest that there is: the greatest number of ONNX, "to the end" of a Slice, is one more as
 * a number of ours, and would come back as the least.
 */
export function int64Constant(dims: readonly number[], values: ArrayLike<number>): Constant {
  return constant(INT64, dims, values, 8, (view, at, v) => view.setBigInt64(at, int64Of(v), true));
}

const MOST_INT64 = 2n ** 63n - 1n;

function int64Of(value: number): bigint {
  const whole = BigInt(value);
  return whole > MOST_INT64 ? MOST_INT64 : whole < -MOST_INT64 - 1n ? -MOST_INT64 - 1n : whole;
}

export function int32Constant(dims: readonly number[], values: ArrayLike<number>): Constant {
  return constant(INT32, dims, values, 4, (view, at, v) => view.setInt32(at, v, true));
}

export function int8Constant(dims: readonly number[], values: ArrayLike<number>): Constant {
  return constant(INT8, dims, values, 1, (view, at, v) => view.setInt8(at, v));
}

export function uint8Constant(dims: readonly number[], values: ArrayLike<number>): Constant {
  return constant(UINT8, dims, values, 1, (view, at, v) => view.setUint8(at, v));
}

function constant(
  type: number,
  dims: readonly number[],
  values: ArrayLike<number>,
  size: number,
  set: (view: DataView, at: number, value: number) => void,
): Constant {
  const bytes = new Uint8Array(values.length * size);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) set(view, i * size, values[i] as number);
  return { type, dims, bytes };
}
