/** Vetting of single nodes and their attributes. Pure. */
import type onnxProto from 'onnx-proto';
import { type Finding, shown, whole } from './finding.ts';
import { limits } from './limits.ts';
import { refusedOperator } from './operators.ts';

type Node = onnxProto.onnx.INodeProto;
type Attribute = onnxProto.onnx.IAttributeProto;

/** By AttributeType: the field that holds the value. */
const holders: Readonly<Record<number, keyof Attribute>> = {
  1: 'f',
  2: 'i',
  3: 's',
  4: 't',
  5: 'g',
  6: 'floats',
  7: 'ints',
  8: 'strings',
  9: 'tensors',
  10: 'graphs',
  11: 'sparseTensor',
  12: 'sparseTensors',
  13: 'tp',
  14: 'typeProtos',
};
const VALUES = Object.values(holders);
const WINDOWS = new Set(['kernel_shape', 'strides', 'dilations', 'pads', 'output_padding']);
/** Inputs that say how large the output becomes. */
const SIZES: Readonly<Record<string, number>> = { ConstantOfShape: 0, Expand: 1, Tile: 1, Resize: 3 };
const FACTORS: Readonly<Record<string, number>> = { Resize: 2, Upsample: 1 };

/** @param constant the values of a tensor that is written in the file, where it is small */
export function* nodeFindings(
  node: Node,
  path: string,
  constant: (name: string) => readonly number[] | undefined,
): Generator<Finding> {
  const find = (why: string): Finding => ({ path, why });
  const op = node.opType ?? '';
  if (op === '') yield find('names no operator');
  const refused = refusedOperator(node.domain ?? '', op);
  if (refused) yield find(shown(refused));
  for (const key of ['input', 'output'] as const) {
    const count = node[key]?.length ?? 0;
    if (count > limits.ports) yield find(`has ${count} ${key}s; at most ${limits.ports}`);
  }
  const attributes = node.attribute ?? [];
  if (attributes.length > limits.attributes)
    yield find(`has ${attributes.length} attributes; at most ${limits.attributes}`);
  const names = new Set<string>();
  for (const [i, attribute] of attributes.entries()) {
    const at = `${path}.attribute[${i}]`;
    if (names.has(attribute.name ?? '')) yield { path: at, why: `sets "${shown(attribute.name)}" twice` };
    names.add(attribute.name ?? '');
    yield* attributeFindings(attribute, at);
  }
  const input = (index: number | undefined) => (index === undefined ? undefined : constant(node.input?.[index] ?? ''));
  const size = (input(SIZES[op]) ?? []).reduce((a, b) => a * Math.max(1, b), 1);
  if (size > limits.elements) yield find(`makes a tensor of ${size} elements; at most ${limits.elements}`);
  const factor = (input(FACTORS[op]) ?? []).reduce((a, b) => a * Math.max(1, b), 1);
  if (factor > limits.window) yield find(`makes its input ${factor} times larger`);
  if (op === 'Loop') yield* loopFindings(node, path, input(0)?.[0], input(1)?.[0]);
}

function* attributeFindings(attribute: Attribute, path: string): Generator<Finding> {
  const find = (why: string): Finding => ({ path, why });
  const filled = VALUES.filter((key) => isFilled(attribute, key));
  if (attribute.refAttrName) yield find('refers to an attribute of a function, outside of one');
  if (attribute.sparseTensor || (attribute.sparseTensors?.length ?? 0) > 0)
    yield find('is a sparse tensor, which is not supported; export with dense ones');
  const holder = holders[attribute.type ?? 0];
  if (!holder) yield find(`"${shown(attribute.name)}" has the unknown type ${attribute.type ?? 0}`);
  const stray = filled.find((key) => key !== holder);
  if (stray) yield find(`"${shown(attribute.name)}" is of the type of ${holder} but holds ${stray}`);
  if (WINDOWS.has(attribute.name ?? '')) {
    const wide = (attribute.ints ?? []).map(whole).find((n) => Math.abs(n) > limits.window);
    if (wide !== undefined) yield find(`${attribute.name} says ${wide}; at most ${limits.window}`);
  }
}

/** Is a value there? Numbers and texts have a default that means nothing. */
function isFilled(attribute: Attribute, key: keyof Attribute): boolean {
  // Only what was in the file is a property of the decoded object itself.
  if (!Object.hasOwn(attribute, key)) return false;
  const value = attribute[key];
  return Array.isArray(value) ? value.length > 0 : value !== null && value !== undefined;
}

function* loopFindings(
  node: Node,
  path: string,
  trips: number | undefined,
  goesOn: number | undefined,
): Generator<Finding> {
  if (trips !== undefined && trips > limits.trips)
    yield { path, why: `repeats ${trips} times; at most ${limits.trips}` };
  const endless = !node.input?.[0] && (!node.input?.[1] || goesOn === 1);
  if (endless) yield { path, why: 'has no number of repetitions: it may never end' };
}
