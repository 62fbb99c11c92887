/** A scope as people write it: `site=berlin, floor=2`. Pure. */
import type { Scope } from '../../contract/identity.ts';

/** @throws Error that says what is wrong. Undefined: every device */
export function scopeOfText(text: string): Scope | undefined {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length === 0) return undefined;
  return Object.fromEntries(
    parts.map((part) => {
      const at = part.indexOf('=');
      if (at < 1 || at === part.length - 1) throw new Error(`"${part}" must be a label such as site=berlin.`);
      return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    }),
  );
}

export function scopeWords(scope: Scope | undefined): string {
  if (scope === undefined) return 'every device';
  return Object.entries(scope)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
}
