/** What the claims of a person mean here. Pure. */
import { z } from 'zod';
import { nameFrom } from '../../../shared/contract/names.ts';
import { type Role, type Scope, scope as scopeSchema } from '../../contract/identity.ts';
import { hasRole } from '../roles.ts';
import type { OidcSettings } from './settings.ts';

/** Of an ID token whose signature, issuer, audience, times and nonce were checked. */
export type Claims = Readonly<Record<string, unknown>> & { readonly iss: string; readonly sub: string };

/** Why a person whom the provider knows does not come in. */
export type NotHere = 'no-role' | 'no-scope';

export interface Judged {
  /** Set at each sign-in; absent: this hub decides. */
  readonly role?: Role;
  /** The same; `undefined` in it: every device. */
  readonly seen?: { readonly scope: Scope | undefined };
  /** Is he let in without an invitation? */
  readonly isAdmitted: boolean;
}

type Rules = Pick<OidcSettings, 'role' | 'scope' | 'newPeople'>;

/** @param known what he may do here so far; undefined: he is not known */
export function judge(claims: Claims, { role, scope, newPeople }: Rules, known: Role | undefined): Judged | NotHere {
  const groups = role ? textsOf(claims[role.claim]) : [];
  const roles = role ? groups.flatMap((group) => (Object.hasOwn(role.values, group) ? [role.values[group]] : [])) : [];
  const given = roles.reduce<Role | undefined>(
    (best, one) => (one && !(best && hasRole(best, one)) ? one : best),
    undefined,
  );
  if (role && given === undefined) return 'no-role';
  const isAdmitted =
    newPeople.domains.includes(domainOf(claims)) || newPeople.values.some((one) => groups.includes(one));
  const decided = { ...(given === undefined ? {} : { role: given }), isAdmitted };
  if (!scope) return decided;
  // Nobody narrows an admin.
  if ((given ?? known) === 'admin') return { ...decided, seen: { scope: undefined } };
  const seen = scopeOf(textsOf(claims[scope.claim]), scope.label);
  return seen === undefined ? 'no-scope' : { ...decided, seen: { scope: seen } };
}

/** A name for somebody new: of his user name or address there, in the letters that names have here. */
export function nameOf(claims: Claims): string {
  const [text] = [claims.preferred_username, claims.email, claims.name].filter((one) => typeof one === 'string');
  const [first = ''] = (typeof text === 'string' ? text : '').split('@');
  // The ending of an address is not that of a file.
  return first === '' ? 'person' : nameFrom(first.replaceAll('.', '-'));
}

/** Of an address that the provider has verified; empty: there is none. */
function domainOf({ email, email_verified: isVerified }: Claims): string {
  if (typeof email !== 'string' || isVerified !== true) return '';
  return email.slice(email.lastIndexOf('@') + 1).toLowerCase();
}

const texts = z.union([z.string().transform((one) => [one]), z.array(z.string()).max(1000)]);

function textsOf(value: unknown): string[] {
  return texts.safeParse(value).data ?? [];
}

/** Undefined when the values are no scope: then he sees nothing, rather than everything. */
function scopeOf(values: readonly string[], label: string | undefined): Scope | undefined {
  const pairs = values.map((value): [string, string] => {
    if (label !== undefined) return [label, value];
    const at = value.indexOf('=');
    return [value.slice(0, Math.max(at, 0)), value.slice(at + 1)];
  });
  // A device has one value of a label: two values of it would be no device.
  if (new Set(pairs.map(([key]) => key)).size !== pairs.length) return undefined;
  return scopeSchema.safeParse(Object.fromEntries(pairs)).data;
}
