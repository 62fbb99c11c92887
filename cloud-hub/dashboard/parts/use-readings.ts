import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Reading } from '../../api/schemas/api.ts';
import { useServices } from '../services.ts';
import { ReadingSeries, type ReadingView } from '../state/reading-series.ts';
import type { TimeRange } from '../state/series.ts';

export interface ReadingsState {
  readonly view: ReadingView;
  readonly latest: Reading | undefined;
  readonly isLoading: boolean;
  readonly reason?: string;
}

const REDRAW_MS = 1000;

/** The readings of a stream over a range up to now: their course is read back, and then fed live. */
export function useReadings(device: string, stream: string, range: TimeRange): ReadonlySignal<ReadingsState> {
  const { api, feed, clock } = useServices();
  const state = useSignal<ReadingsState>({
    view: new ReadingSeries(range).view(clock.wall()),
    latest: undefined,
    isLoading: true,
  });

  useEffect(() => {
    const series = new ReadingSeries(range);
    let latest: Reading | undefined;
    let abort = new AbortController();
    let isLoading = true;
    let reason: string | undefined;
    const publish = () => {
      state.value = { view: series.view(clock.wall()), latest, isLoading, ...(reason ? { reason } : {}) };
    };
    const take = (reading: Reading) => {
      series.add(reading);
      if (!latest || Number(reading.id) > Number(latest.id)) latest = reading;
    };
    const load = async () => {
      abort.abort();
      abort = new AbortController();
      const { signal } = abort;
      isLoading = true;
      reason = undefined;
      try {
        const since = new Date(clock.wall() - range.spanMs).toISOString();
        const [newest, course] = await Promise.all([
          api.readings({ device, stream, limit: 1 }, signal),
          api.readingCourse({ device, stream, since, bucketS: range.bucketMs / 1000 }, signal),
        ]);
        for (const bucket of course) series.addBucket(bucket);
        for (const reading of newest.items) take(reading);
      } catch (error) {
        if (signal.aborted) return;
        reason = error instanceof Error ? error.message : String(error);
      }
      if (signal.aborted) return;
      isLoading = false;
      publish();
    };
    const cancels = [
      feed.onOpen(() => void load()),
      feed.onMessage((message) => {
        if (message.type !== 'reading') return;
        const { reading } = message;
        if (reading.device !== device || reading.stream !== stream) return;
        const before = latest?.anomalous;
        take(reading);
        // A change of state is shown at once; the rest moves on with the seconds.
        if (latest?.anomalous !== before) publish();
      }),
      clock.every(REDRAW_MS, publish),
    ];
    publish();
    void load();
    return () => {
      for (const cancel of cancels) cancel();
      abort.abort();
    };
  }, [api, feed, clock, state, device, stream, range]);

  return state;
}
