/** Requests made out of the hub's own OpenAPI document, by chance: what a schema allows, and each way to break it. Pure. */
import { z } from 'zod';

const base = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  format: z.string().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  maxLength: z.number().optional(),
  maxItems: z.number().optional(),
  required: z.array(z.string()).optional(),
});
export type Schema = z.infer<typeof base> & {
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly items?: Schema | undefined;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly oneOf?: readonly Schema[] | undefined;
  readonly additionalProperties?: boolean | Schema | undefined;
};
export const schema: z.ZodType<Schema> = base.extend({
  get properties() {
    return z.record(z.string(), schema).optional();
  },
  get items() {
    return schema.optional();
  },
  get anyOf() {
    return z.array(schema).optional();
  },
  get oneOf() {
    return z.array(schema).optional();
  },
  get additionalProperties() {
    return z.union([z.boolean(), schema]).optional();
  },
});

const parameter = z.looseObject({ in: z.enum(['path', 'query', 'header', 'cookie']), name: z.string(), schema });
const operation = z.looseObject({
  parameters: z.array(parameter).default([]),
  requestBody: z
    .looseObject({ content: z.record(z.string(), z.looseObject({ schema: schema.optional() })) })
    .optional(),
});
export type Operation = z.infer<typeof operation>;
export const openApi = z.looseObject({ paths: z.record(z.string(), z.record(z.string(), operation)) });

export type Random = () => number;

/** What is put in a place that wants something else. */
const ODD: readonly ((random: Random) => unknown)[] = [
  () => '',
  () => null,
  () => true,
  () => -1,
  () => 0.1,
  () => 1e308,
  () => Number.MAX_SAFE_INTEGER,
  () => [],
  () => ({}),
  () => [[[[]]]],
  () => '../../etc/passwd',
  () => '\u0000',
  () => '\ud800',
  () => "' OR 1=1 --",
  () => '%s%n{{7*7}}#{7*7}',
  () => '__proto__',
  () => 'ä😀\u202e',
  () => 'x'.repeat(5000),
  () => ['x'.repeat(70_000)],
  () => ({ __proto__: { role: 'admin' }, constructor: { prototype: {} } }),
  (random) => Math.floor(random() * 1e15),
];

export const pick = <T>(random: Random, list: readonly T[]): T => {
  const one = list[Math.floor(random() * list.length)];
  if (one === undefined) throw new Error('nothing to pick from');
  return one;
};

export const odd = (random: Random): unknown => pick(random, ODD)(random);

/** A value that a schema allows, most of the time. @param known values that stand for something that is there */
export function valueFor(of: Schema, random: Random, known: readonly string[], depth = 0): unknown {
  if (random() < 0.08) return odd(random);
  const choices = of.anyOf ?? of.oneOf;
  if (choices && choices.length > 0) return valueFor(pick(random, choices), random, known, depth + 1);
  if (of.const !== undefined) return of.const;
  if (of.enum && of.enum.length > 0) return pick(random, of.enum);
  const type = Array.isArray(of.type) ? pick(random, of.type) : of.type;
  switch (type) {
    case 'string':
      if (of.format === 'date-time')
        return pick(random, ['2026-01-01T00:00:00Z', '2100-01-01T00:00:00Z', '2026-13-01']);
      return random() < 0.6
        ? pick(random, known)
        : 'x'.repeat(Math.min(of.maxLength ?? 8, 300) + pick(random, [-1, 0, 1]));
    case 'integer':
    case 'number': {
      const [low, high] = [of.minimum ?? -5, of.maximum ?? 1e6];
      return pick(random, [low, high, low - 1, high + 1, Math.round((low + high) / 2)]);
    }
    case 'boolean':
      return random() < 0.5;
    case 'array':
      return Array.from({ length: pick(random, [0, 1, 3]) }, () =>
        of.items && depth < 6 ? valueFor(of.items, random, known, depth + 1) : odd(random),
      );
    case 'object':
      return objectOf(of, random, known, depth);
    default:
      return odd(random);
  }
}

function objectOf(of: Schema, random: Random, known: readonly string[], depth: number): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  if (depth > 6) return found;
  for (const [key, value] of Object.entries(of.properties ?? {})) {
    const isNeeded = of.required?.includes(key) === true;
    if (random() < (isNeeded ? 0.95 : 0.35)) found[key] = valueFor(value, random, known, depth + 1);
  }
  if (typeof of.additionalProperties === 'object')
    found[pick(random, known)] = valueFor(of.additionalProperties, random, known, depth + 1);
  if (random() < 0.06) found[pick(random, ['unknown', '__proto__', 'constructor', ''])] = odd(random);
  return found;
}

/** The same with one value within it replaced. */
export function changed(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random() < 0.1) return odd(random);
  const entries = Object.entries(value);
  if (entries.length === 0) return odd(random);
  const [key] = pick(random, entries);
  if (Array.isArray(value)) return value.map((one, i) => (String(i) === key ? changed(one, random) : one));
  return Object.fromEntries(entries.map(([name, one]) => [name, name === key ? changed(one, random) : one]));
}
