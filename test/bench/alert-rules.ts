/** A hundred rules of alerts of every kind, as a site with much to watch has them. None fires on what the devices of the bench say. */
import type { z } from 'zod';
import type { newAlertRule } from '../../cloud-hub/contract/alert-rule.ts';

type Rule = z.input<typeof newAlertRule>;

const kinds: readonly ((n: number) => Rule['condition'])[] = [
  (n) => ({ kind: 'event', label: `none-${n}` }),
  () => ({ kind: 'offline' }),
  (n) => ({ kind: 'buffer', above: 10_000 + n, clear: 1000 }),
  (n) => ({ kind: 'clock', above: 60_000 + n }),
  () => ({ kind: 'stream', states: ['stalled', 'refused'] }),
  (n) => ({ kind: 'absence', afterS: 86_400 + n }),
  () => ({ kind: 'certificate', days: 14 }),
  () => ({ kind: 'version', version: '0.9.0' }),
  (n) => ({ kind: 'reading', channel: `none-${n}`, above: 1 }),
  () => ({ kind: 'loss' }),
];

/** By name. Half of them ask for a label, as rules of one site of many do. */
export function manyRules(count: number): Readonly<Record<string, Rule>> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, n) => {
      const condition = kinds[n % kinds.length]?.(n) ?? { kind: 'loss' as const };
      const selector = n % 2 === 0 ? {} : { labels: { site: 'berlin' } };
      return [`many-${n}`, { condition, selector, forS: 3600, channels: ['hook'] } satisfies Rule];
    }),
  );
}
