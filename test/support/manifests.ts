/** Manifests of Kubernetes, read from YAML. */
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

const head = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: z.looseObject({ name: z.string() }) });
export type Manifest = z.infer<typeof head>;

/** The documents of a YAML text. */
export const manifestsOf = (text: string): Manifest[] =>
  parseAllDocuments(text).flatMap((document) => {
    const value: unknown = document.toJS();
    return value === null ? [] : [head.parse(value)];
  });

/** What is at a path of a manifest: keys, and `name` of items in lists. */
export function at(value: unknown, ...keys: readonly (string | number)[]): unknown {
  return keys.reduce<unknown>((found, key) => {
    if (Array.isArray(found) && typeof key === 'string')
      return (found as { name?: string }[]).find(({ name }) => name === key);
    return typeof found === 'object' && found !== null ? (found as Record<string | number, unknown>)[key] : undefined;
  }, value);
}

export const one = (manifests: readonly Manifest[], kind: string, name: string): Manifest => {
  const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  if (!found)
    throw new Error(`no ${kind} ${name} among ${manifests.map((m) => `${m.kind} ${m.metadata.name}`).join(', ')}`);
  return found;
};
export const pod = (manifest: Manifest) => at(manifest, 'spec', 'template', 'spec');
