/** A configuration as it may be shown: its structure, without its secrets. Pure. */
import { HIDDEN, isSecretKey, shownAddress } from './redact.ts';

const ADDRESS = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is;

/** What is below a key of a secret is hidden, numbers too; addresses lose user, password and query. */
export function masked(value: unknown, key = ''): unknown {
  if (isSecretKey(key) && value !== null && value !== undefined) return HIDDEN;
  if (typeof value === 'string') {
    const [, scheme, rest] = ADDRESS.exec(value) ?? [];
    return scheme === undefined || rest === undefined ? value : shownAddress(scheme, rest);
  }
  if (Array.isArray(value)) return value.map((item: unknown) => masked(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, masked(item, name)]));
}

/** The secrets of a configuration: values of such keys, and user, password and query of addresses. */
export function secretsIn(value: unknown, key = ''): string[] {
  if (typeof value === 'string' || typeof value === 'number') {
    const text = String(value);
    if (isSecretKey(key)) return [text];
    const [, , rest = ''] = ADDRESS.exec(text) ?? [];
    return rest === '' ? [] : secretsOfAddress(rest);
  }
  if (Array.isArray(value)) return value.flatMap((item: unknown) => secretsIn(item, key));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => secretsIn(item, isSecretKey(key) ? key : name));
}

/** The values of keys that name a file (`passwordFile`). */
export function filesNamedIn(value: unknown, key = ''): string[] {
  if (typeof value === 'string') return /File$/.test(key) ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((item: unknown) => filesNamedIn(item, key));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => filesNamedIn(item, name));
}

function secretsOfAddress(rest: string): string[] {
  const [, authority = '', after = ''] = /^([^/?#]*)(.*)$/s.exec(rest) ?? [];
  const at = authority.lastIndexOf('@');
  const who = at === -1 ? [] : authority.slice(0, at).split(':');
  // Some cameras take `user=a_password=b_channel=1` in the path.
  const values = [...after.matchAll(/[A-Za-z.-]+=(.*?)(?=[?&#;/]|_[A-Za-z.-]+=|$)/g)].map((match) => match[1] ?? '');
  return [...who, ...values].flatMap((text) => [text, decoded(text)]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
