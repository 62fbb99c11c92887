/** One notification out of the pending alerts of a rule. Pure. */
import type { Notification } from '../contract/alert.ts';
import type { NewAlertRule } from '../contract/alert-rule.ts';
import type { StoredAlert } from '../store/alerts.ts';
import { isoTime } from '../store/rows.ts';

/** Alerts that a notification carries; the others are counted. */
const MOST_TOLD = 50;
/** Lines and names in the text. */
const MOST_LINES = 10;
const MOST_TEXT = 4000;

type Composed = Omit<Notification, 'id'>;

export interface Occasion {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Of escalation. */
  readonly step?: number;
  /** A link that acknowledges. */
  readonly acknowledge?: string | undefined;
}

export function compose(
  rule: NewAlertRule & { readonly name: string },
  alerts: readonly StoredAlert[],
  { at, step, acknowledge }: Occasion,
): Composed {
  const firing = alerts.filter((alert) => isBegin(alert));
  const resolved = alerts.length - firing.length;
  const devices = [...new Set(alerts.map(({ device }) => device))];
  const state = firing.length > 0 ? 'firing' : 'resolved';
  const lines = alerts
    .slice(0, MOST_LINES)
    .map((alert) => `${nameOf(alert)}: ${isBegin(alert) ? alert.text : 'is over'}${times(alert)}`);
  if (alerts.length > MOST_LINES) lines.push(`and ${alerts.length - MOST_LINES} more`);
  const [first] = alerts;
  const whom = devices.length === 1 && first ? nameOf(first) : `${devices.length} devices`;
  const values: Record<string, string> = {
    rule: rule.name,
    severity: rule.severity,
    state,
    device: devices.length === 1 ? (devices[0] ?? '') : `${devices.length} devices`,
    stream: first?.subject ?? '',
    devices: devices.slice(0, MOST_LINES).join(', ') + (devices.length > MOST_LINES ? ', …' : ''),
    count: String(alerts.reduce((sum, alert) => sum + alert.count, 0)),
    firing: String(firing.length),
    resolved: String(resolved),
    text: lines.join('\n'),
    time: isoTime(at),
    acknowledge: acknowledge ?? '',
  };
  const ending = step !== undefined ? ' (not acknowledged)' : state === 'resolved' ? ' (over)' : '';
  const title = rule.title === undefined ? `${rule.name}: ${whom}${ending}` : rule.title;
  return {
    at: isoTime(at),
    rule: rule.name,
    severity: rule.severity,
    state,
    title: filled(title, values)
      .replaceAll(/[\r\n]+/g, ' ')
      .slice(0, 200),
    text: filled(rule.text ?? '{text}', values).slice(0, MOST_TEXT),
    firing: firing.length,
    resolved,
    devices: devices.length,
    ...(step === undefined ? {} : { step }),
    ...(acknowledge === undefined || state === 'resolved' ? {} : { acknowledge }),
    alerts: alerts.slice(0, MOST_TOLD).map((alert) => ({
      device: alert.device,
      subject: alert.subject,
      state: isBegin(alert) ? 'firing' : 'resolved',
      since: isoTime(alert.since),
      text: alert.text,
      count: alert.count,
      ...(alert.event === undefined ? {} : { event: String(alert.event) }),
    })),
  };
}

/** It fires, or it is a moment that was over before anybody was notified. */
function isBegin({ resolvedAt, isNotified }: StoredAlert): boolean {
  return resolvedAt === undefined || !isNotified;
}

function nameOf({ device, subject }: StoredAlert): string {
  return subject === '' ? device : `${device}/${subject}`;
}

function times({ count }: StoredAlert): string {
  return count > 1 ? ` (${count} times)` : '';
}

/** Placeholders become values; a value is never looked into again, and an unknown placeholder stays as it is. */
export function filled(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{([a-z]{1,16})\}/g, (whole, key: string) =>
    Object.hasOwn(values, key) ? (values[key] ?? '') : whole,
  );
}
