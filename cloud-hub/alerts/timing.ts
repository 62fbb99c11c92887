/** The times of a rule, with the defaults of its kind. Pure. */
import type { AlertKind, NewAlertRule } from '../contract/alert-rule.ts';
import type { Timing } from './machine.ts';

export interface RuleTiming extends Timing {
  /** A notification waits so long for more. */
  readonly waitMs: number;
  readonly everyMs: number;
  readonly repeatMs: number;
  readonly notifyEnd: boolean;
  /** It fires at moments: it ends `keepMs` after the last of them. */
  readonly isMoment: boolean;
}

const MOMENT_KEEP_S = 300;
const OFFLINE_FOR_S = 60;
const STATE_WAIT_S = 10;

/** Does it look at values as they come? */
export function isOfSeries(kind: AlertKind): boolean {
  return kind === 'reading' || kind === 'change' || kind === 'rate';
}

export function timingOf(rule: NewAlertRule): RuleTiming {
  const { kind } = rule.condition;
  const isMoment = kind === 'event' || kind === 'problem' || kind === 'loss';
  const ms = (given: number | undefined, otherwise: number) => (given ?? otherwise) * 1000;
  return {
    isMoment,
    forMs: isMoment ? 0 : ms(rule.forS, kind === 'offline' ? OFFLINE_FOR_S : 0),
    keepMs: ms(rule.keepS, isMoment ? MOMENT_KEEP_S : 0),
    waitMs: ms(rule.waitS, isMoment || isOfSeries(kind) ? 0 : STATE_WAIT_S),
    everyMs: rule.everyS * 1000,
    repeatMs: rule.repeatS * 1000,
    notifyEnd: rule.notifyEnd ?? !isMoment,
  };
}
