/** Events and problems, in the order of their rows, against the rules that look at them. */
import { selects } from '../rollout/cohort.ts';
import type { Found, Progress } from '../store/alert-sources.ts';
import type { HubStore } from '../store/store.ts';
import { matchOf } from './conditions/record.ts';
import { Frequency } from './frequency.ts';
import { type JudgeTools, moment } from './judge.ts';
import type { WatchedRules } from './watched-rules.ts';

/** A turn asks so many times whether a record counts for a rule, and takes at least so many records. */
const ASKED_PER_TURN = 200;
const LEAST_PER_TURN = 10;
const MOST_PER_TURN = 500;

type Source = Parameters<typeof matchOf>[1];

export class Moments {
  readonly #store: Pick<HubStore, 'alertSources' | 'devices'>;
  readonly #frequency = new Frequency();

  constructor(store: Pick<HubStore, 'alertSources' | 'devices'>) {
    this.#store = store;
  }

  /** Part of a transaction. @returns true: there may be more */
  look(tools: JudgeTools, rules: WatchedRules, now: number): boolean {
    if (rules.moments.length === 0) return false;
    const { alertSources } = this.#store;
    const most = Math.min(MOST_PER_TURN, Math.max(LEAST_PER_TURN, Math.floor(ASKED_PER_TURN / rules.moments.length)));
    const before = alertSources.progress() ?? alertSources.newest();
    const events = rules.wantsEvents ? alertSources.eventsAfter(before.event, most) : [];
    const problems = rules.wantsProblems ? alertSources.problemsAfter(before.problem, most) : [];
    for (const found of events) this.#one(tools, rules, found, now, found.id);
    for (const found of problems) this.#one(tools, rules, found, now);
    const newest = alertSources.newest();
    const after: Progress = {
      event: rules.wantsEvents ? (events.at(-1)?.id ?? before.event) : newest.event,
      problem: rules.wantsProblems ? (problems.at(-1)?.id ?? before.problem) : newest.problem,
    };
    if (after.event !== before.event || after.problem !== before.problem) alertSources.setProgress(after);
    return events.length === most || problems.length === most;
  }

  #one(
    tools: JudgeTools,
    rules: WatchedRules,
    { device, receivedAt, record }: Found<Source>,
    now: number,
    event?: number,
  ): void {
    for (const rule of rules.moments) {
      // A rule looks at what comes after it was written.
      if (receivedAt < rule.changedAt) continue;
      const match = matchOf(rule.condition, record, receivedAt);
      if (!match || !selects(rule.selector, { id: device, labels: this.#store.devices.labels(device) })) continue;
      const { count = 1, withinS = 0 } = rule.condition;
      const subject = tools.standings.subjectFor(rule.name, device, match.subject);
      const key = JSON.stringify([rule.name, rule.changedAt, device, subject]);
      const reached = this.#frequency.reached(key, receivedAt, count, withinS * 1000);
      if (reached !== undefined) moment(tools, rule, device, { ...match, subject, event, count: reached }, now);
    }
  }
}
