/** Words and colours of the audit and of sessions. Pure. */
import type { SignInWay } from '../../contract/identity.ts';

const ways: Readonly<Record<SignInWay, string>> = {
  token: 'by a token',
  code: 'by a one-time code',
  invitation: 'by an invitation',
  password: 'by password',
  'second-factor': 'by password and code',
  'recovery-code': 'by password and recovery code',
  provider: 'by the identity provider',
};

/** How a session was begun. */
export function wayText(way: SignInWay): string {
  return ways[way];
}

/** `role: viewer · attempts: 3`; empty without any detail. */
export function detailText(detail: Readonly<Record<string, unknown>>): string {
  const said = Object.entries(detail).map(([key, value]) => `${key}: ${wordsOf(value)}`);
  return said.join(' · ');
}

export function toneOf(action: string): '' | 'bad' | 'warn' {
  if (action.startsWith('refused')) return 'bad';
  return /\.(remove|revoke|delete|abort|end|alias-removed)$/.test(action) ? 'warn' : '';
}

function wordsOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
