/** Vetting of tensors, types and shapes. Pure. */
import type onnxProto from 'onnx-proto';
import { type Finding, whole } from './finding.ts';
import { limits } from './limits.ts';

type Tensor = onnxProto.onnx.ITensorProto;

/** By element type: bits of one element in raw data, and the list that holds them otherwise. */
const types: Readonly<
  Record<number, readonly [bits: number, list: 'floatData' | 'int32Data' | 'int64Data' | 'doubleData' | 'uint64Data']>
> = {
  1: [32, 'floatData'],
  2: [8, 'int32Data'],
  3: [8, 'int32Data'],
  4: [16, 'int32Data'],
  5: [16, 'int32Data'],
  6: [32, 'int32Data'],
  7: [64, 'int64Data'],
  9: [8, 'int32Data'],
  10: [16, 'int32Data'],
  11: [64, 'doubleData'],
  12: [32, 'uint64Data'],
  13: [64, 'uint64Data'],
  16: [16, 'int32Data'],
  17: [8, 'int32Data'],
  18: [8, 'int32Data'],
  19: [8, 'int32Data'],
  20: [8, 'int32Data'],
  21: [4, 'int32Data'],
  22: [4, 'int32Data'],
};
const STRING = 8;
const LISTS = ['floatData', 'int32Data', 'int64Data', 'doubleData', 'uint64Data'] as const;

export function* tensorFindings(tensor: Tensor, path: string): Generator<Finding> {
  const find = (why: string): Finding => ({ path, why });
  if (tensor.segment) return yield find('is cut into segments, which no runtime joins');
  const dims = (tensor.dims ?? []).map(whole);
  const why = dimsRefusal(dims);
  if (why) return yield find(why);
  const count = dims.reduce((a, b) => a * b, 1);
  const type = tensor.dataType ?? 0;
  const raw = tensor.rawData?.length ?? 0;
  const lists = LISTS.filter((list) => (tensor[list]?.length ?? 0) > 0);
  const texts = tensor.stringData?.length ?? 0;
  if (Number(raw > 0) + lists.length + Number(texts > 0) > 1) return yield find('holds its data twice, in two forms');
  if (type === STRING) {
    if (raw > 0 || lists.length > 0 || texts !== count) yield find(`has the shape [${dims}] for ${texts} texts`);
    return;
  }
  const known = types[type];
  if (!known) return yield find(`has elements of the unknown type ${type}`);
  const [bits, list] = known;
  if (texts > 0 || (lists[0] ?? list) !== list)
    return yield find(`holds elements of type ${type} in ${lists[0] ?? 'stringData'}`);
  const bytes = Math.ceil((count * bits) / 8);
  const packed = bits === 4 ? Math.ceil(count / 2) : count;
  if (raw > 0 ? raw !== bytes : (tensor[list]?.length ?? 0) !== packed) {
    const has =
      raw > 0 ? `${raw} bytes instead of ${bytes}` : `${tensor[list]?.length ?? 0} values instead of ${packed}`;
    yield find(`has the shape [${dims}] but ${has}`);
  }
}

/** What is wrong with sizes of axes. */
export function dimsRefusal(dims: readonly number[]): string | undefined {
  if (dims.length > limits.rank) return `has ${dims.length} axes; at most ${limits.rank}`;
  const negative = dims.find((d) => !(d >= 0));
  if (negative !== undefined) return `has an axis of the size ${negative}`;
  const count = dims.reduce((a, b) => a * b, 1);
  // A zero among the sizes hides how large the others are.
  const largest = dims.reduce((a, b) => Math.max(a, b), 0);
  if (count > limits.elements || largest > limits.elements)
    return `has the shape [${dims}], more than ${limits.elements} elements`;
  return undefined;
}

export function* typeFindings(type: onnxProto.onnx.ITypeProto | null | undefined, path: string): Generator<Finding> {
  if (type?.sparseTensorType) yield { path, why: 'is a sparse tensor, which is not supported' };
  const shape = type?.tensorType?.shape;
  if (shape) {
    // A free axis counts as one.
    const why = dimsRefusal(
      (shape.dim ?? []).map((d) => (d.dimValue === undefined || d.dimValue === null ? 1 : whole(d.dimValue))),
    );
    if (why) yield { path, why };
  }
}
