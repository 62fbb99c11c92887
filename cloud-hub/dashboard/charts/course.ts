/**
 * The course of one stream over a range of time up to now, for a chart: read back when it is opened and after each reconnect,
 * fed by the feed, and drawn again at intervals because "now" moves on.
 *
 * 1. One reading at a time: a newer one takes the place of the older, whose answer changes nothing.
 * 2. What a source is given twice it counts once, so that reading and feed may overlap.
 * 3. Nothing changes after the end.
 */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Cancel, Clock } from '../../../shared/kit/clock.ts';
import type { LiveMessage } from '../../contract/live.ts';
import type { Api } from '../hub/api.ts';
import type { Feed } from '../hub/feed.ts';
import type { TimeRange } from './time-range.ts';

/** Where a course comes from, and what it is folded into. */
export interface CourseSource<View> {
  readonly spanMs: number;
  readonly redrawMs: number;
  /** Reads what is kept from `since` (ISO 8601) on; `onPart`: what has come so far can be drawn. */
  read(since: string, signal: AbortSignal, onPart: () => void): Promise<void>;
  /** @returns whether what the message brought has to be drawn at once, not with the next interval */
  receive(message: LiveMessage): boolean;
  /** @param now milliseconds since 1970: the right edge */
  view(now: number): View;
}

/** Makes the source of a stream's course over a range. */
export type CourseOf<View> = (api: Api, device: string, stream: string, range: TimeRange) => CourseSource<View>;

export interface CourseState<View> {
  readonly view: View;
  readonly isLoading: boolean;
  /** Why the last reading failed. */
  readonly reason?: string;
}

export interface Course<View> {
  readonly state: ReadonlySignal<CourseState<View>>;
  /** Reads and listens until it is cancelled. */
  follow(feed: Pick<Feed, 'onMessage' | 'onOpen'>): Cancel;
}

export function createCourse<View>(source: CourseSource<View>, clock: Clock): Course<View> {
  const state = signal<CourseState<View>>({ view: source.view(clock.wall()), isLoading: true });
  let abort = new AbortController();
  let isLoading = true;
  let reason: string | undefined;

  const publish = () => {
    state.value = { view: source.view(clock.wall()), isLoading, ...(reason === undefined ? {} : { reason }) };
  };

  async function load(): Promise<void> {
    abort.abort();
    abort = new AbortController();
    const { signal: aborted } = abort;
    isLoading = true;
    reason = undefined;
    publish();
    try {
      const since = new Date(clock.wall() - source.spanMs).toISOString();
      await source.read(since, aborted, () => {
        if (!aborted.aborted) publish();
      });
    } catch (error) {
      if (!aborted.aborted) reason = error instanceof Error ? error.message : String(error);
    }
    if (aborted.aborted) return;
    isLoading = false;
    publish();
  }

  return {
    state,
    follow(feed) {
      const cancels = [
        feed.onOpen(() => void load()),
        feed.onMessage((message) => {
          if (source.receive(message)) publish();
        }),
        clock.every(source.redrawMs, publish),
      ];
      void load();
      return () => {
        for (const cancel of cancels) cancel();
        abort.abort();
      };
    },
  };
}
