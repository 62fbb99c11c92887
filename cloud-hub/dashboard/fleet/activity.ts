/** Events and errors of the last hour, by device: read back a bounded number of pages, then counted from the feed. */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Cancel, Clock } from '../../../shared/kit/clock.ts';
import { HOUR_MS } from '../../../shared/kit/durations.ts';
import type { Event } from '../../contract/event.ts';
import type { Problem } from '../../contract/problem.ts';
import { timeOf } from '../events/event-time.ts';
import type { Api } from '../hub/api.ts';
import { HourTally } from './hour-tally.ts';

export interface Counts {
  readonly events: ReadonlyMap<string, number>;
  readonly problems: ReadonlyMap<string, number>;
  /** False when there was more in the last hour than was read back: the counts are at least so many. */
  readonly exact: boolean;
}

export interface Activity {
  readonly counts: ReadonlySignal<Counts>;
  load(): Promise<void>;
  event(event: Event): void;
  problem(problem: Problem): void;
  stop(): void;
}

const PUBLISH_MS = 1000;
const PAGE = 500;
const MAX_PAGES = 8;

export function createActivity(api: Pick<Api, 'events' | 'problems'>, clock: Clock): Activity {
  const none: Counts = { events: new Map(), problems: new Map(), exact: true };
  const counts = signal(none);
  const events = new HourTally();
  const problems = new HourTally();
  let exactFrom = 0;
  let generation = 0;
  let cancelTick: Cancel | undefined;
  let isChanged = false;

  function publish(): void {
    const now = clock.wall();
    isChanged = false;
    counts.value = { events: events.totals(now), problems: problems.totals(now), exact: now - HOUR_MS >= exactFrom };
  }

  /**
   * The hub lists by receipt, newest first, and what was not read was received before the last that was.
   * @returns the time from which the events are all there
   */
  async function readEvents(since: number, mine: number): Promise<number> {
    let cursor: string | undefined;
    let received = clock.wall();
    for (let n = 0; n < MAX_PAGES; n++) {
      const page = await api.events({ since: new Date(since).toISOString(), cursor, limit: PAGE });
      if (mine !== generation) return since;
      for (const event of page.items) {
        events.add(event.device, event.id, Date.parse(timeOf(event)));
        received = Date.parse(event.receivedAt);
      }
      cursor = page.items.length > 0 ? page.next : undefined;
      if (cursor === undefined) return since;
    }
    return received;
  }

  return {
    counts,
    async load() {
      const mine = ++generation;
      cancelTick ??= clock.every(PUBLISH_MS, () => {
        if (isChanged || clock.wall() % 60_000 < PUBLISH_MS) publish();
      });
      const since = clock.wall() - HOUR_MS;
      // A count that could not be read is not worth an error of its own: the feed goes on counting.
      const from = await readEvents(since, mine).catch(() => clock.wall());
      if (mine !== generation) return;
      exactFrom = from;
      const page = await api.problems({ limit: PAGE }).catch(() => ({ items: [] }));
      if (mine !== generation) return;
      for (const problem of page.items) problems.add(problem.device, problem.id, Date.parse(problem.at));
      publish();
    },
    event(event) {
      events.add(event.device, event.id, Date.parse(timeOf(event)));
      isChanged = true;
    },
    problem(problem) {
      problems.add(problem.device, problem.id, Date.parse(problem.at));
      isChanged = true;
    },
    stop() {
      generation++;
      cancelTick?.();
      cancelTick = undefined;
      events.clear();
      problems.clear();
      counts.value = none;
    },
  };
}
