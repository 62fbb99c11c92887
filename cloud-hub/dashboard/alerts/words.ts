/** Words and tones of alerts. */
import type { Delivery } from '../../contract/alert.ts';
import type { Channel } from '../../contract/alert-channel.ts';
import type { AlertRule } from '../../contract/alert-rule.ts';
import { span } from '../ui/format.ts';

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

/** Where a channel sends to. */
export function whereTo({ kind, url, topic, host, to, users }: Channel): string {
  if (kind === 'push') return `subscribed browsers of ${users?.join(', ') ?? 'everybody'}`;
  return url === undefined ? `${host ?? ''} to ${to?.join(', ') ?? ''}` : [url, topic].filter(Boolean).join(' ');
}

/** What a rule does beside its condition: its steps and its hours; undefined: nothing. */
export function stepsText({ steps, hours }: Pick<AlertRule, 'steps' | 'hours'>): string | undefined {
  const told = steps.map(({ afterS, channels }) => `after ${span(afterS * 1000)} → ${channels.join(', ')}`);
  const parts = [
    ...(told.length > 0 ? [`not acknowledged: ${told.join('; ')}`] : []),
    ...(hours ? [`only ${hours.cron.join('; ')} (${hours.timezone})`] : []),
  ];
  return parts.length > 0 ? parts.join(' · ') : undefined;
}
