/** What every page shares, kept current while somebody is signed in: the fleet, and its activity of the last hour. */
import type { Cancel, Clock } from '../../../shared/kit/clock.ts';
import { type Activity, createActivity } from '../fleet/activity.ts';
import { createRoster, type Roster } from '../fleet/roster.ts';
import type { Api } from './api.ts';
import type { Feed } from './feed.ts';

export interface SharedState {
  readonly roster: Roster;
  readonly activity: Activity;
  start(): void;
  stop(): void;
}

export function createSharedState(api: Api, feed: Feed, clock: Clock): SharedState {
  const roster = createRoster(api, clock);
  const activity = createActivity(api, clock);
  const cancels: Cancel[] = [];
  const load = () => {
    void roster.load();
    void activity.load();
  };
  return {
    roster,
    activity,
    start() {
      let isLoaded = false;
      cancels.push(
        feed.onMessage((message) => {
          if (message.type === 'device') roster.put(message.device);
          else if (message.type === 'event') activity.event(message.event);
          else if (message.type === 'problem') activity.problem(message.problem);
        }),
        // After the feed is open, so that nothing falls between what is read and what is heard; where it does not open
        // (WebSockets blocked on the way), the pages still show what the hub has.
        feed.onOpen(() => {
          isLoaded = true;
          load();
        }),
        feed.state.subscribe(({ kind }) => {
          if (kind !== 'waiting' || isLoaded) return;
          isLoaded = true;
          load();
        }),
      );
      feed.start();
    },
    stop() {
      for (const cancel of cancels.splice(0)) cancel();
      feed.stop();
      roster.clear();
      activity.stop();
    },
  };
}
