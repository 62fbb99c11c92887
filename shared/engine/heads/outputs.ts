/** Finding a graph's outputs, comparing them with what the manifest says, and taking their values. */
import { CodedError } from '../../kit/errors.ts';
import type { OutputTensor } from '../infer/session.ts';
import { shapeText } from '../package/check.ts';
import type { TensorInfo } from '../package/graph.ts';
import type { HeadContext } from './head.ts';

/** Sizes of the axes that a head expects; undefined where every size will do. */
export type WantedShape = readonly (number | undefined)[];

/**
 * The output of a graph that has one.
 * @throws CodedError `model-invalid` for any other number, or a type that is no number
 */
export function onlyOutput(context: HeadContext, kind: string): TensorInfo {
  const [output, ...others] = context.outputs;
  if (output && others.length === 0) return numbersOf(output);
  throw new CodedError(
    'model-invalid',
    `head.kind says ${kind} (one output), the graph says ${context.outputs.length} outputs (${namesOf(context)})`,
  );
}

/**
 * @param field the manifest's field that names the output
 * @throws CodedError `model-invalid` naming the graph's outputs, or for a type that is no number
 */
export function outputNamed(context: HeadContext, name: string, field: string): TensorInfo {
  const found = context.outputs.find((o) => o.name === name);
  if (found) return numbersOf(found);
  throw new CodedError('model-invalid', `${field} says "${name}", the graph says the outputs ${namesOf(context)}`);
}

/** Free axes fit everything, and so does an output whose shape the graph does not state. */
export function fits(output: TensorInfo, wanted: WantedShape): boolean {
  if (output.shape.length === 0) return true;
  return (
    output.shape.length === wanted.length &&
    wanted.every((size, axis) => size === undefined || (output.shape[axis] ?? size) === size)
  );
}

/**
 * @param fields the manifest's fields that lead to `wanted`, with their verb: `labels says`
 * @throws CodedError `model-invalid` where the graph has another shape
 */
export function requireShape(output: TensorInfo, wanted: WantedShape, fields: string): void {
  if (fits(output, wanted)) return;
  const says = shapeText({ name: '', type: '', shape: wanted });
  throw new CodedError('model-invalid', `${fields} ${says}, the graph says ${shapeText(output)} in "${output.name}"`);
}

/** @throws CodedError `model-invalid` unless the package has exactly one label, as a head that finds one thing needs */
export function requireOneLabel(context: HeadContext, kind: string): void {
  if (context.labels === 1) return;
  throw new CodedError(
    'model-invalid',
    `labels says ${context.labels} labels, head.kind "${kind}" finds one thing: give one label, such as face`,
  );
}

/**
 * The values of an output.
 * @param count how many there must be; undefined where every number will do
 * @throws CodedError `model-failed` for another number
 */
export function valuesOf(
  outputs: readonly OutputTensor[],
  index: number,
  count: number | undefined,
  kind: string,
): Float32Array {
  const output = outputs[index];
  const values = output?.data ?? new Float32Array();
  if (!output || (count !== undefined && values.length !== count)) {
    throw new CodedError(
      'model-failed',
      `${kind}: ${values.length} values instead of ${count ?? 'any'} in output ${index} "${output?.name ?? ''}"`,
    );
  }
  return values;
}

/** The names of the graph's outputs, as people list them. */
export function namesOf(context: HeadContext): string {
  return context.outputs.map((o) => o.name).join(', ');
}

/** @throws CodedError `model-invalid` for an output of a type that is no number */
export function numbersOf(output: TensorInfo): TensorInfo {
  if (output.type !== 'other') return output;
  throw new CodedError(
    'model-invalid',
    `head.kind says numbers, the graph says text or another type in "${output.name}"; export it with float32 outputs`,
  );
}
