/** A zod schema as a table of its fields, and values that lie on the bounds which such a table states. */
import { z } from 'zod';

/** As much of JSON Schema (2020-12) as zod writes. */
export interface Node {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly default?: unknown;
  readonly items?: Node | false;
  readonly prefixItems?: readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Node | boolean;
  readonly propertyNames?: Node;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
}

export function nodeOf(schema: z.ZodType): Node {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Node;
}

/** A number that only says "whole numbers are exact". */
const isFree = (bound: number | undefined) => bound === undefined || Math.abs(bound) === Number.MAX_SAFE_INTEGER;

function range(node: Node): string {
  const low = node.exclusiveMinimum ?? node.minimum;
  const high = node.exclusiveMaximum ?? node.maximum;
  if (isFree(low) && isFree(high)) return '';
  const open = node.exclusiveMinimum === undefined ? '[' : '(';
  const close = node.exclusiveMaximum === undefined ? ']' : ')';
  return ` ${open}${isFree(low) ? '' : low}, ${isFree(high) ? '' : high}${close}`;
}

const span = (min: number | undefined, max: number | undefined) =>
  min === undefined && max === undefined ? '' : ` ${min ?? 0}..${max ?? ''}`;

function describe(node: Node): string {
  if ('const' in node) return `= ${JSON.stringify(node.const)}`;
  if (node.enum) return node.enum.map(String).join(' | ');
  if (node.anyOf ?? node.oneOf) return 'one of';
  if (node.type === 'string') {
    const form = node.format ? ` ${node.format}` : node.pattern ? ` /${node.pattern}/` : '';
    return `text${span(node.minLength, node.maxLength)}${form}`;
  }
  if (node.type === 'number' || node.type === 'integer') return `${node.type}${range(node)}`;
  if (node.type === 'array') {
    return node.prefixItems ? `tuple of ${node.prefixItems.length}` : `list${span(node.minItems, node.maxItems)}`;
  }
  if (node.type === 'object')
    return `object${span(undefined, node.maxProperties)}${node.additionalProperties === false ? ', no other keys' : ''}`;
  return node.type ?? 'anything';
}

const branchesOf = (node: Node) => node.anyOf ?? node.oneOf;

/** What lies in a node, by the rest of the path. */
function* inside(node: Node): Generator<[string, Node, boolean]> {
  for (const [key, inner] of Object.entries(node.properties ?? {}))
    yield [`.${key}`, inner, !(node.required ?? []).includes(key)];
  if (typeof node.additionalProperties === 'object' && node.propertyNames)
    yield ['.*', node.additionalProperties, false];
  if (node.items) yield ['[]', node.items, false];
  for (const [i, item] of (node.prefixItems ?? []).entries()) yield [`[${i}]`, item, false];
  for (const [i, branch] of (branchesOf(node) ?? []).entries()) yield [`|${i}`, branch, false];
}

/** Path of each field to what may stand there: `origin[].seq` → `integer (0, ]`. A `|1` is the second choice of a union. */
export function fieldsOf(root: Node): Record<string, string> {
  const fields: Record<string, string> = {};
  const walk = (node: Node, path: string, optional: boolean): void => {
    const fallback = node.default === undefined ? '' : `, default ${JSON.stringify(node.default)}`;
    fields[path] = `${describe(node)}${fallback}${optional && node.default === undefined ? ', optional' : ''}`;
    for (const [step, inner, isOptional] of inside(node)) walk(inner, `${path}${step}`, isOptional);
  };
  walk(root, '', false);
  return fields;
}

/**
 * The least value of a schema that has `value` at the path `target`; what is optional and not on the way there is left out.
 * @param texts a text for each pattern and format that occurs
 */
export function valueWith(
  root: Node,
  target: string,
  value: unknown,
  texts: Readonly<Record<string, string>>,
): unknown {
  const build = (node: Node, path: string): unknown => {
    if (path === target) return value;
    const leads = (step: string) =>
      target === path + step ||
      (/^[.[|]/.test(target.slice((path + step).length) || '-') && target.startsWith(path + step));
    if ('const' in node) return node.const;
    if (node.enum) return node.enum[0];
    const branches = branchesOf(node);
    if (branches) {
      const index = branches.findIndex((_, i) => leads(`|${i}`));
      return build(branches[Math.max(0, index)] ?? {}, `${path}|${Math.max(0, index)}`);
    }
    if (node.type === 'object') {
      const entries = Object.entries(node.properties ?? {})
        .filter(([key]) => (node.required ?? []).includes(key) || leads(`.${key}`))
        .map(([key, inner]) => [key, build(inner, `${path}.${key}`)] as const);
      const more =
        leads('.*') && typeof node.additionalProperties === 'object'
          ? [['k', build(node.additionalProperties, `${path}.*`)] as const]
          : [];
      return Object.fromEntries([...entries, ...more]);
    }
    if (node.type === 'array') {
      if (node.prefixItems) return node.prefixItems.map((item, i) => build(item, `${path}[${i}]`));
      const { items } = node;
      if (!items) return [];
      return Array.from({ length: Math.max(node.minItems ?? 0, leads('[]') ? 1 : 0) }, () => build(items, `${path}[]`));
    }
    return leaf(node, texts);
  };
  return build(root, '');
}

function leaf(node: Node, texts: Readonly<Record<string, string>>): unknown {
  if (node.type === 'string') return texts[node.format ?? node.pattern ?? ''] ?? 'x'.repeat(node.minLength ?? 1);
  if (node.type === 'number' || node.type === 'integer') {
    return node.minimum ?? (node.exclusiveMinimum === undefined ? 0 : node.exclusiveMinimum + 1);
  }
  if (node.type === 'boolean') return false;
  return {};
}

/** An item of a list at a path, to fill it up with. */
export function itemOf(root: Node, path: string, texts: Readonly<Record<string, string>>): unknown {
  let found: unknown;
  const walk = (node: Node, at: string): void => {
    if (at === `${path}[]`) found = valueWith(node, '\0', undefined, texts);
    for (const [step, inner] of inside(node)) if (`${path}[]`.startsWith(at + step)) walk(inner, at + step);
  };
  walk(root, '');
  return found;
}

export interface Edge {
  readonly inside: readonly unknown[];
  readonly outside: readonly unknown[];
}

/** Values on and just beyond the bounds that a line of the table states; undefined where it states none. */
export function edgeOf(line: string, item: unknown): Edge | undefined {
  const number = /^(number|integer) ([[(])(-?[\d.e+]*), (-?[\d.e+]*)([\])])/.exec(line);
  if (number) {
    const [, kind, open, low = '', high = '', close] = number;
    const step = kind === 'integer' ? 1 : 1e-6;
    const edges = [
      ...(low === '' ? [] : [{ at: Number(low), out: -step, closed: open === '[' }]),
      ...(high === '' ? [] : [{ at: Number(high), out: step, closed: close === ']' }]),
    ];
    return {
      inside: edges.map(({ at, out, closed }) => (closed ? at : at - out)),
      outside: [
        ...edges.map(({ at, out, closed }) => (closed ? at + out * Math.max(1, Math.abs(at)) : at)),
        ...(kind === 'integer' ? [0.5] : []),
      ],
    };
  }
  const sized = /^(text|list) (\d+)\.\.(\d*)(?! ?[/a-z])/.exec(line);
  if (!sized) return undefined;
  const [, kind, min = '0', max = ''] = sized;
  const of = (length: number) => (kind === 'text' ? 'x'.repeat(length) : new Array(length).fill(item));
  return {
    inside: [of(Number(min)), ...(max === '' ? [] : [of(Number(max))])],
    outside: [...(Number(min) > 0 ? [of(Number(min) - 1)] : []), ...(max === '' ? [] : [of(Number(max) + 1)])],
  };
}
