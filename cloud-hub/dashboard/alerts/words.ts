/** Words and tones of alerts. */
import type { Delivery } from '../../contract/alert.ts';
import type { AlertRule } from '../../contract/alert-rule.ts';

export function toneOf(severity: AlertRule['severity']): string {
  return { info: 'accent', warning: 'warn', critical: 'bad' }[severity];
}

export function deliveryTone(state: Delivery['state']): string {
  return { waiting: 'warn', delivered: 'good', failed: 'bad' }[state];
}

/** `event · label person · rule gate`: the kind of a condition and its fields. */
export function conditionText({ kind, ...fields }: AlertRule['condition']): string {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return [kind, ...given.map(([key, value]) => `${key} ${Array.isArray(value) ? value.join(', ') : value}`)].join(
    ' · ',
  );
}
