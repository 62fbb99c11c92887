/** The form of a new rule: its fields, and the request that they mean. The hub judges what was typed. */
import type { z } from 'zod';
import type { newAlertRule } from '../../contract/alert-rule.ts';

interface KindWords {
  readonly title: string;
  /** What its field asks for; absent: it has none. */
  readonly field?: string;
  readonly help?: string;
  /** It may have to last before it counts. */
  readonly lasts: boolean;
}

type RuleKind =
  | 'event'
  | 'offline'
  | 'stream'
  | 'picture'
  | 'drift'
  | 'absence'
  | 'rate'
  | 'problem'
  | 'loss'
  | 'certificate'
  | 'buffer'
  | 'disk'
  | 'clock'
  | 'version';

export const ruleKinds: Readonly<Record<RuleKind, KindWords>> = {
  event: { title: 'an event comes', field: 'Of the rule', help: "name of the device's rule; empty: any", lasts: false },
  offline: { title: 'a device is offline', lasts: true },
  stream: { title: 'a stream is stalled', lasts: true },
  picture: { title: 'a camera is frozen or covered', lasts: true },
  drift: {
    title: "a model's scores drift",
    field: 'By more than',
    help: 'from those of a week ago; 0.1 is little, 0.25 much',
    lasts: true,
  },
  absence: { title: 'nothing comes from a device', field: 'For seconds', help: 'no record of any kind', lasts: false },
  rate: {
    title: 'few objects come in an hour',
    field: 'Fewer than',
    help: 'tracks that begin, per stream',
    lasts: false,
  },
  problem: { title: 'a problem is reported', field: 'Code', help: 'such as source-stalled; empty: any', lasts: false },
  loss: { title: 'records were lost', lasts: false },
  certificate: { title: 'a certificate ends soon', field: 'Within days', lasts: false },
  buffer: { title: 'records pile up on a device', field: 'More than', help: 'records that wait', lasts: true },
  disk: { title: "a device's disk fills up", field: 'Less free than', help: 'MiB, of its data folder', lasts: true },
  clock: { title: "a device's clock is wrong", field: 'By more than', help: 'milliseconds', lasts: true },
  version: { title: 'a device runs an old version', field: 'Older than', help: 'such as 1.4.0', lasts: false },
};

export interface RuleFields {
  readonly name: string;
  readonly kind: RuleKind;
  readonly value: string;
  readonly forS: string;
  /** Of events: seconds to wait for the hub's second opinion at most; empty: none. */
  readonly verdictS: string;
  /** Empty: none. */
  readonly channel: string;
  /** Who is told too when nobody acknowledges for so long; empty: nobody. */
  readonly stepChannel: string;
  readonly stepMinutes: string;
}

export const defaultRule: RuleFields = {
  ...{ name: '', kind: 'event', value: '', forS: '60', verdictS: '', channel: '' },
  ...{ stepChannel: '', stepMinutes: '15' },
};

export function requestOf(fields: RuleFields): z.input<typeof newAlertRule> {
  const { kind, value, forS, verdictS, channel, stepChannel, stepMinutes } = fields;
  const waits = kind === 'event' && verdictS.trim() !== '';
  return {
    condition: { ...conditionOf(kind, value.trim()), ...(waits ? { verdictS: Number(verdictS) } : {}) },
    ...(ruleKinds[kind].lasts ? { forS: Number(forS) } : {}),
    ...(channel === '' ? {} : { channels: [channel] }),
    ...(stepChannel === '' ? {} : { steps: [{ afterS: Number(stepMinutes) * 60, channels: [stepChannel] }] }),
  };
}

const HOUR_S = 3600;

/** Nothing is no number: the hub says so. */
function numberOf(text: string): number {
  return Number(text === '' ? 'none' : text);
}

function conditionOf(kind: RuleFields['kind'], value: string): z.input<typeof newAlertRule>['condition'] {
  switch (kind) {
    case 'event':
      return { kind, ...(value === '' ? {} : { rule: value }) };
    case 'problem':
      return { kind, ...(value === '' ? {} : { code: value }) };
    case 'stream':
      return { kind, states: ['stalled'] };
    case 'picture':
      return { kind, faults: ['frozen', 'covered', 'dark'] };
    case 'certificate':
      return { kind, days: numberOf(value) };
    case 'absence':
      return { kind, afterS: numberOf(value) };
    case 'rate':
      return { kind, below: numberOf(value), withinS: HOUR_S };
    case 'drift':
    case 'buffer':
    case 'clock':
      return { kind, above: numberOf(value) };
    case 'disk':
      return { kind, below: numberOf(value) };
    case 'version':
      return { kind, version: value };
    case 'offline':
    case 'loss':
      return { kind };
  }
}
