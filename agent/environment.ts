/** `${NAME}` in `agent.yaml`: the value of an environment variable. Pure. */
import type { Complaint } from '../shared/kit/schema.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface FilledIn {
  /** The same value, with every `${NAME}` of its texts replaced; `$${NAME}` stands for `${NAME}` itself. */
  readonly value: unknown;
  /** Names that are not set, each with the path of the text that uses it. */
  readonly unset: readonly (Complaint & { readonly keys: readonly string[] })[];
}

const VARIABLE = /(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

export function fillIn(value: unknown, environment: Environment): FilledIn {
  const unset: (Complaint & { keys: readonly string[] })[] = [];
  const text = (written: string, keys: readonly string[]) =>
    written.replaceAll(VARIABLE, (all, escaped: string, name: string) => {
      if (escaped) return all.slice(1);
      const found = environment[name];
      if (found === undefined)
        unset.push({ keys, path: keys.join('.'), message: `names an environment variable that is not set: ${name}` });
      return found ?? all;
    });
  const walk = (part: unknown, keys: readonly string[]): unknown => {
    if (typeof part === 'string') return text(part, keys);
    if (Array.isArray(part)) return part.map((item: unknown, index) => walk(item, [...keys, String(index)]));
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, walk(item, [...keys, key])]));
  };
  return { value: walk(value, []), unset };
}
