/**
 * Events and problems, in the order of their rows, against the rules that look at them.
 *
 * Rules that wait equally long for verdicts (`verdictS`) look at events together, behind the others: an event that waits holds
 * those behind it up, and since all of them may wait equally long, none is looked at later than its own time. Up to where each
 * of these groups has looked is in the store, so that a hub that was killed while it waited goes on where it was.
 */
import { selects } from '../rollout/cohort.ts';
import type { Found, FoundEvent, Progress } from '../store/alert-sources.ts';
import type { HubStore } from '../store/store.ts';
import { matchOf } from './conditions/record.ts';
import { beforeVerdict, waitsUntil, withVerdict } from './conditions/verdict.ts';
import { Frequency } from './frequency.ts';
import { type JudgeTools, moment } from './judge.ts';
import type { WatchedRule, WatchedRules } from './watched-rules.ts';

/** A turn asks so many times whether a record counts for a rule, and takes at least so many records. */
const ASKED_PER_TURN = 200;
const LEAST_PER_TURN = 10;
const MOST_PER_TURN = 500;
/** An event that waits is looked at again after so long, or when a verdict has come. */
const AGAIN_MS = 1000;

type Source = Parameters<typeof matchOf>[1];

export interface MomentTools extends JudgeTools {
  readonly store: Pick<HubStore, 'alerts' | 'alertSources' | 'devices'>;
}

export class Moments {
  readonly #frequency = new Frequency();
  /** When a group is looked at again whose next event waits, milliseconds since 1970; by how long it waits. */
  readonly #again = new Map<number, number>();

  /** Part of a transaction. @returns true: there may be more */
  async look(tools: MomentTools, rules: WatchedRules, now: number): Promise<boolean> {
    const { alertSources } = tools.store;
    const asked = rules.moments.length + [...rules.waiting.values()].flat().length;
    if (asked === 0) return false;
    const most = Math.min(MOST_PER_TURN, Math.max(LEAST_PER_TURN, Math.floor(ASKED_PER_TURN / asked)));
    const newest = await alertSources.newest();
    const before = (await alertSources.progress()) ?? newest;
    const events = rules.wantsEvents ? await alertSources.eventsAfter(before.event, most) : [];
    const problems = rules.wantsProblems ? await alertSources.problemsAfter(before.problem, most) : [];
    for (const found of events) await this.#one(tools, rules.moments, found, now, found.id);
    for (const found of problems) await this.#one(tools, rules.moments, found, now);
    const after: Progress = {
      event: rules.wantsEvents ? (events.at(-1)?.id ?? before.event) : newest.event,
      problem: rules.wantsProblems ? (problems.at(-1)?.id ?? before.problem) : newest.problem,
    };
    if (after.event !== before.event || after.problem !== before.problem) await alertSources.setProgress(after);
    let isMore = events.length === most || problems.length === most;
    for (const [waitS, group] of rules.waiting)
      if (await this.#behind(tools, group, waitS, before, most, now)) isMore = true;
    return isMore;
  }

  /** A verdict was stored: what waits is looked at in the next turn. */
  amended(): void {
    this.#again.clear();
  }

  /** Does something wait whose time has come? */
  isDue(now: number): boolean {
    return [...this.#again.values()].some((at) => at <= now || at > now + AGAIN_MS);
  }

  /** Rules that wait for verdicts. @param first where a group begins that has never looked */
  async #behind(
    tools: MomentTools,
    group: readonly WatchedRule[],
    waitS: number,
    first: Progress,
    most: number,
    now: number,
  ): Promise<boolean> {
    const again = this.#again.get(waitS) ?? 0;
    if (again > now && again <= now + AGAIN_MS) return false;
    this.#again.delete(waitS);
    const { alertSources } = tools.store;
    const known = await alertSources.progress(waitS);
    const before = known ?? first;
    const events = await alertSources.eventsAfter(before.event, most);
    let last = before.event;
    for (const found of events) {
      if (await this.#waits(tools, group, found, waitS, now)) {
        this.#again.set(waitS, now + AGAIN_MS);
        break;
      }
      const record = withVerdict(found);
      if (record) await this.#one(tools, group, { ...found, record }, now, found.id);
      last = found.id;
    }
    if (!known || last !== before.event) await alertSources.setProgress({ ...before, event: last }, waitS);
    return events.length === most && !this.#again.has(waitS);
  }

  async #waits(
    tools: MomentTools,
    group: readonly WatchedRule[],
    found: FoundEvent,
    waitS: number,
    now: number,
  ): Promise<boolean> {
    for (const rule of group) {
      if (found.receivedAt < rule.changedAt) continue;
      const until = waitsUntil(beforeVerdict(rule.condition), found, waitS);
      // After a clock that was set back nothing waits longer than it may.
      if (until === undefined || now >= until || now < found.receivedAt) continue;
      if (await isSelected(tools, rule, found.device)) return true;
    }
    return false;
  }

  async #one(
    tools: MomentTools,
    rules: readonly WatchedRule[],
    { device, receivedAt, record }: Found<Source>,
    now: number,
    event?: number,
  ): Promise<void> {
    for (const rule of rules) {
      // A rule looks at what comes after it was written.
      if (receivedAt < rule.changedAt) continue;
      const match = matchOf(rule.condition, record, receivedAt);
      if (!match || !(await isSelected(tools, rule, device))) continue;
      const { count = 1, withinS = 0 } = rule.condition;
      const subject = tools.standings.subjectFor(rule.name, device, match.subject);
      const key = JSON.stringify([rule.name, rule.changedAt, device, subject]);
      const reached = this.#frequency.reached(key, receivedAt, count, withinS * 1000);
      if (reached !== undefined) await moment(tools, rule, device, { ...match, subject, event, count: reached }, now);
    }
  }
}

async function isSelected({ store }: MomentTools, { selector }: WatchedRule, device: string): Promise<boolean> {
  return selects(selector, { id: device, labels: await store.devices.labels(device) });
}
