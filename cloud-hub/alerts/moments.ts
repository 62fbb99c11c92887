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

export interface MomentTools extends JudgeTools {
  readonly store: Pick<HubStore, 'alerts' | 'alertSources' | 'devices'>;
}

export class Moments {
  readonly #frequency = new Frequency();

  /** Part of a transaction. @returns true: there may be more */
  async look(tools: MomentTools, rules: WatchedRules, now: number): Promise<boolean> {
    if (rules.moments.length === 0) return false;
    const { alertSources } = tools.store;
    const most = Math.min(MOST_PER_TURN, Math.max(LEAST_PER_TURN, Math.floor(ASKED_PER_TURN / rules.moments.length)));
    const before = (await alertSources.progress()) ?? (await alertSources.newest());
    const events = rules.wantsEvents ? await alertSources.eventsAfter(before.event, most) : [];
    const problems = rules.wantsProblems ? await alertSources.problemsAfter(before.problem, most) : [];
    for (const found of events) await this.#one(tools, rules, found, now, found.id);
    for (const found of problems) await this.#one(tools, rules, found, now);
    const newest = await alertSources.newest();
    const after: Progress = {
      event: rules.wantsEvents ? (events.at(-1)?.id ?? before.event) : newest.event,
      problem: rules.wantsProblems ? (problems.at(-1)?.id ?? before.problem) : newest.problem,
    };
    if (after.event !== before.event || after.problem !== before.problem) await alertSources.setProgress(after);
    return events.length === most || problems.length === most;
  }

  async #one(
    tools: MomentTools,
    rules: WatchedRules,
    { device, receivedAt, record }: Found<Source>,
    now: number,
    event?: number,
  ): Promise<void> {
    for (const rule of rules.moments) {
      // A rule looks at what comes after it was written.
      if (receivedAt < rule.changedAt) continue;
      const match = matchOf(rule.condition, record, receivedAt);
      if (!match || !selects(rule.selector, { id: device, labels: await tools.store.devices.labels(device) })) continue;
      const { count = 1, withinS = 0 } = rule.condition;
      const subject = tools.standings.subjectFor(rule.name, device, match.subject);
      const key = JSON.stringify([rule.name, rule.changedAt, device, subject]);
      const reached = this.#frequency.reached(key, receivedAt, count, withinS * 1000);
      if (reached !== undefined) await moment(tools, rule, device, { ...match, subject, event, count: reached }, now);
    }
  }
}
