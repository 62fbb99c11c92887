/** The rules that are switched on, sorted by what they look at. */
import type { StoredRule } from '../store/alert-rules.ts';
import { isOfSeries, type RuleTiming, timingOf } from './timing.ts';

export interface WatchedRule extends StoredRule {
  readonly timing: RuleTiming;
}

export interface WatchedRules {
  readonly all: ReadonlyMap<string, WatchedRule>;
  /** Events, problems, losses; at once. */
  readonly moments: readonly WatchedRule[];
  /** Events, after their verdicts: by how many seconds the rules wait for them at most. */
  readonly waiting: ReadonlyMap<number, readonly WatchedRule[]>;
  /** Values of readings, and objects of summaries. */
  readonly series: readonly WatchedRule[];
  readonly wantsReadings: boolean;
  readonly wantsSummaries: boolean;
  /** The state of devices. */
  readonly states: readonly WatchedRule[];
  readonly wantsEvents: boolean;
  readonly wantsProblems: boolean;
  readonly wantsAbsence: boolean;
}

export function watchedRules(stored: readonly StoredRule[]): WatchedRules {
  const all = stored.filter(({ enabled }) => enabled).map((rule) => ({ ...rule, timing: timingOf(rule) }));
  const moments = all.filter(({ timing, condition }) => timing.isMoment && condition.verdictS === undefined);
  const waiting = new Map<number, WatchedRule[]>();
  for (const rule of all) {
    const { verdictS } = rule.condition;
    if (verdictS !== undefined) waiting.set(verdictS, [...(waiting.get(verdictS) ?? []), rule]);
  }
  const series = all.filter(({ condition }) => isOfSeries(condition.kind));
  return {
    all: new Map(all.map((rule) => [rule.name, rule])),
    moments,
    waiting,
    series,
    wantsReadings: series.some(({ condition }) => condition.kind !== 'rate'),
    wantsSummaries: series.some(({ condition }) => condition.kind === 'rate'),
    states: all.filter((rule) => !rule.timing.isMoment && !series.includes(rule)),
    wantsEvents: moments.some(({ condition }) => condition.kind === 'event'),
    wantsProblems: moments.some(({ condition }) => condition.kind !== 'event'),
    wantsAbsence: all.some(({ condition }) => condition.kind === 'absence'),
  };
}
