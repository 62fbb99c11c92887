/** Who sees which devices. Whoever has no scope sees all of them. */
import type { Scope } from '../contract/identity.ts';

export interface Scoped {
  readonly scope?: Scope | undefined;
}

/** Does a device with these labels belong to the scope? Pure. */
export function isInScope(scope: Scope, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(scope).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
}

/** @param labelsOf labels of a device; none for one that is not there */
export async function sees(
  { scope }: Scoped,
  device: string,
  labelsOf: (device: string) => Promise<Record<string, string>>,
): Promise<boolean> {
  return scope === undefined || isInScope(scope, await labelsOf(device));
}

/** `site=berlin, floor=2`. */
export function scopeText(scope: Scope): string {
  return Object.entries(scope)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
}
