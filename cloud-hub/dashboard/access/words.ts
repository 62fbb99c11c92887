/** Words and colours of the audit. Pure. */

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
