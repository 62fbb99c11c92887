/** Carries the decisions of the machine into the store: inside one transaction, which the engine opens. */
import type { HubStore } from '../store/store.ts';
import type { Finding } from './conditions/finding.ts';
import { type Step, step } from './machine.ts';
import type { Entry, Standings } from './standings.ts';
import type { WatchedRule } from './watched-rules.ts';

export interface JudgeTools {
  readonly store: Pick<HubStore, 'alerts'>;
  readonly standings: Standings;
  /** A device has to be looked at again then. */
  readonly later: (device: string, at: number) => void;
}

/** A condition was looked at. */
export async function judge(
  tools: JudgeTools,
  rule: WatchedRule,
  device: string,
  finding: Finding,
  now: number,
): Promise<void> {
  const { standings, later } = tools;
  const { subject, holds, text } = finding;
  const before = standings.get(rule.name, device, subject);
  const next = step(before?.standing, holds, now, rule.timing, finding.since);
  await settle(tools, rule, device, { subject, text: holds ? text : (before?.text ?? text), holds }, next, before, now);
  for (const at of [next.dueAt, finding.nextAt]) if (at !== undefined) later(device, at);
}

/** Something happened that a rule on moments counts. @param count how many */
export async function moment(
  tools: JudgeTools,
  rule: WatchedRule,
  device: string,
  what: {
    readonly subject: string;
    readonly text: string;
    readonly event?: number | undefined;
    readonly count: number;
  },
  now: number,
): Promise<void> {
  const { store, standings, later } = tools;
  const { subject, text, event, count } = what;
  const before = standings.get(rule.name, device, subject);
  later(device, now + rule.timing.keepMs);
  if (before?.row !== undefined) {
    await store.alerts.again(before.row, { at: now, text, count, event, notify: true });
    standings.set(rule.name, device, subject, { ...before, lastAt: now, text });
    return;
  }
  const row = await store.alerts.fire({
    ...{ rule: rule.name, device, subject, severity: rule.severity, text, count, event },
    ...{ since: now, firedAt: now, changedAt: now },
  });
  const standing = { phase: 'firing', since: now } as const;
  standings.set(rule.name, device, subject, { standing, row, holds: true, lastAt: now, text });
}

async function settle(
  { store, standings }: JudgeTools,
  rule: WatchedRule,
  device: string,
  { subject, text, holds }: Pick<Finding, 'subject' | 'text' | 'holds'>,
  { standing, change }: Step,
  before: Entry | undefined,
  now: number,
): Promise<void> {
  let row = before?.row;
  if (change === 'fired')
    row = await store.alerts.fire({
      ...{ rule: rule.name, device, subject, severity: rule.severity, text, count: 1, event: undefined },
      ...{ since: standing?.since ?? now, firedAt: now, changedAt: now },
    });
  if (change === 'resolved' && row !== undefined) await end(store, rule, row, now);
  const lastAt = holds ? now : (before?.lastAt ?? now);
  standings.set(rule.name, device, subject, standing && { standing, row, holds, lastAt, text });
}

/** An alert is over. A moment that nobody was notified of yet is still notified. */
export async function end(
  store: Pick<HubStore, 'alerts'>,
  { timing }: Pick<WatchedRule, 'timing'>,
  row: number,
  now: number,
) {
  await store.alerts.resolve(row, now, { notify: timing.notifyEnd, keep: timing.isMoment });
}
