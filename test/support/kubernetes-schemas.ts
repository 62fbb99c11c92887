/** Manifests against the schemas of Kubernetes and of those that extend it. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chartTools } from './helm.ts';
import type { Manifest } from './manifests.ts';

const packages = [
  'kubernetes-models',
  '@kubernetes-models/prometheus-operator',
  '@kubernetes-models/istio',
  '@kubernetes-models/traefik',
];

/**
 * Complaints about a manifest: what its schema refuses, and fields that its schema does not know. The compiled schemas let unknown
 * fields pass, but they read every field that they know, and a proxy sees which.
 */
export async function complaintsOf(manifest: Manifest): Promise<string[]> {
  const { apiVersion, kind, metadata } = manifest;
  const validate = await validatorOf(apiVersion, kind);
  const complaints: string[] = [];
  const unread = new Set<string>();
  try {
    validate.call(watched(manifest, '', unread));
  } catch (error) {
    complaints.push(String(error));
  }
  for (const field of unread) complaints.push(`unknown field ${field}`);
  return complaints.map((complaint) => `${kind} ${metadata.name}: ${complaint}`);
}

async function validatorOf(apiVersion: string, kind: string): Promise<() => void> {
  for (const name of packages) {
    const file = path.join(chartTools?.modules ?? '', name, apiVersion, `${kind}.js`);
    if (!existsSync(file)) continue;
    const loaded = (await import(pathToFileURL(file).href)) as Record<string, { prototype: { validate(): void } }>;
    const model = loaded[kind];
    if (model) return model.prototype.validate;
  }
  throw new Error(`no schema for ${apiVersion} ${kind}`);
}

/** The value, whose fields leave `unread` as they are read. */
function watched(value: unknown, at: string, unread: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const isList = Array.isArray(value);
  const known = new Map<PropertyKey, unknown>();
  for (const [key, item] of Object.entries(value)) {
    if (!isList) unread.add(`${at}/${key}`);
    known.set(key, watched(item, `${at}/${key}`, unread));
  }
  return new Proxy(value, {
    get(target, key, receiver) {
      unread.delete(`${at}/${String(key)}`);
      return known.has(key) ? known.get(key) : Reflect.get(target, key, receiver);
    },
  });
}
