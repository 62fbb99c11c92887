/** Between our floats and the tensors of the Open Inference Protocol: little-endian bytes, or numbers in JSON. Pure. */

/** Those that detectors take and give. */
const datatypes = ['FP32', 'FP64', 'INT64', 'INT32', 'UINT8', 'INT8'] as const;
export type Datatype = (typeof datatypes)[number];

export const datatypeOf = (name: string): Datatype | undefined => datatypes.find((one) => one === name);

const bytesOf: Readonly<Record<Datatype, number>> = { FP32: 4, FP64: 8, INT64: 8, INT32: 4, UINT8: 1, INT8: 1 };

type Put = (view: DataView, at: number, value: number) => void;
type Take = (view: DataView, at: number) => number;

const put: Readonly<Record<Datatype, Put>> = {
  FP32: (view, at, value) => view.setFloat32(at, value, true),
  FP64: (view, at, value) => view.setFloat64(at, value, true),
  INT64: (view, at, value) => view.setBigInt64(at, BigInt(Math.round(value)), true),
  INT32: (view, at, value) => view.setInt32(at, Math.round(value), true),
  UINT8: (view, at, value) => view.setUint8(at, Math.round(value)),
  INT8: (view, at, value) => view.setInt8(at, Math.round(value)),
};

const take: Readonly<Record<Datatype, Take>> = {
  FP32: (view, at) => view.getFloat32(at, true),
  FP64: (view, at) => view.getFloat64(at, true),
  INT64: (view, at) => Number(view.getBigInt64(at, true)),
  INT32: (view, at) => view.getInt32(at, true),
  UINT8: (view, at) => view.getUint8(at),
  INT8: (view, at) => view.getInt8(at),
};

export function encodeTensor(type: Datatype, values: Float32Array | BigInt64Array): Buffer {
  const size = bytesOf[type];
  const bytes = Buffer.alloc(values.length * size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i < values.length; i++) put[type](view, i * size, Number(values[i]));
  return bytes;
}

/** @returns undefined: no whole number of elements */
export function decodeTensor(type: Datatype, bytes: Uint8Array): Float32Array | undefined {
  const size = bytesOf[type];
  if (bytes.length % size !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values = new Float32Array(bytes.length / size);
  for (let i = 0; i < values.length; i++) values[i] = take[type](view, i * size);
  return values;
}

/** Numbers in a list, or in lists of lists, row by row. @returns undefined: something else is in there */
export function floatsFrom(data: readonly unknown[] | undefined): Float32Array | undefined {
  const flat = data?.some(Array.isArray) ? data.flat(16) : data;
  if (!flat?.every((value) => typeof value === 'number')) return undefined;
  return Float32Array.from(flat);
}
