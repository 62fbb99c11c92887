/** What a zod schema knows: each of its keys, and the kinds of value that may stand there. */
import type { z } from 'zod';

/** Kinds of YAML and JSON values. */
export const kinds = ['null', 'boolean', 'number', 'text', 'list', 'object'] as const;
export type Kind = (typeof kinds)[number];

/** By path (`streams.*.rules[].points`): what may stand there. Absent: anything may. */
export type Keys = ReadonlyMap<string, ReadonlySet<Kind>>;

export function kindOf(value: unknown): Kind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  return typeof value === 'string' ? 'text' : typeof value === 'object' ? 'object' : (typeof value as Kind);
}

/**
 * The keys below `root`. A union gives the keys of all its branches; what a transform takes is what its input takes.
 * @throws Error for a kind of schema that this does not know yet
 */
export function keysOf(schema: z.core.$ZodType, root = ''): Keys {
  const found = new Map<string, Set<Kind>>();
  const anything = new Set<string>();
  const add = (path: string, kind: Kind) => found.set(path, (found.get(path) ?? new Set()).add(kind));

  const walk = (node: z.core.$ZodType, path: string): void => {
    const { def } = (node as z.core.$ZodTypes)._zod;
    switch (def.type) {
      case 'object':
        add(path, 'object');
        for (const [key, inner] of Object.entries(def.shape)) walk(inner, path === '' ? key : `${path}.${key}`);
        return;
      case 'record':
        add(path, 'object');
        walk(def.valueType, path === '' ? '*' : `${path}.*`);
        return;
      case 'array':
        add(path, 'list');
        walk(def.element, `${path}[]`);
        return;
      case 'tuple':
        add(path, 'list');
        for (const item of def.items) walk(item, `${path}[]`);
        return;
      case 'union':
        for (const option of def.options) walk(option, path);
        return;
      case 'optional':
      case 'default':
      case 'prefault':
      case 'readonly':
      case 'nonoptional':
        walk(def.innerType, path);
        return;
      case 'pipe':
        // `preprocess`: what comes out is checked.
        walk((def.in as z.core.$ZodTypes)._zod.def.type === 'transform' ? def.out : def.in, path);
        return;
      case 'literal':
        for (const value of def.values) add(path, kindOf(value));
        return;
      case 'string':
      case 'enum':
        add(path, 'text');
        return;
      case 'number':
        add(path, 'number');
        return;
      case 'boolean':
        add(path, 'boolean');
        return;
      case 'unknown':
      case 'custom':
      case 'transform':
        anything.add(path);
        return;
      default:
        throw new Error(`${path}: schema-keys.ts does not know ${def.type} yet`);
    }
  };
  walk(schema, root);
  for (const path of anything) found.delete(path);
  return found;
}

export type Step = string | number;

/** Each place of a value: its steps, its path as keys are written, and what stands there. */
export function placesOf(value: unknown, keys: Keys, root = ''): { steps: readonly Step[]; path: string }[] {
  const places: { steps: readonly Step[]; path: string }[] = [];
  const walk = (found: unknown, steps: readonly Step[], path: string): void => {
    if (keys.has(path)) places.push({ steps, path });
    if (Array.isArray(found)) for (const [i, item] of found.entries()) walk(item, [...steps, i], `${path}[]`);
    else if (typeof found === 'object' && found !== null) {
      for (const [key, item] of Object.entries(found)) {
        const own = path === '' ? key : `${path}.${key}`;
        walk(item, [...steps, key], keys.has(own) ? own : path === '' ? '*' : `${path}.*`);
      }
    }
  };
  walk(value, [], root);
  return places;
}

/** A copy with something else at one place. */
export function replaced(value: unknown, steps: readonly Step[], by: unknown): unknown {
  const [first, ...rest] = steps;
  if (first === undefined) return by;
  if (Array.isArray(value)) return value.map((item, i) => (i === first ? replaced(item, rest, by) : item));
  const held = (value ?? {}) as Record<string, unknown>;
  return { ...held, [first]: replaced(held[first], rest, by) };
}

/** A path as a complaint writes it: `streams.door.rules[0].points`. */
export function writtenPath(steps: readonly Step[]): string {
  return steps.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text ? `${text}.${step}` : step),
    '',
  );
}
