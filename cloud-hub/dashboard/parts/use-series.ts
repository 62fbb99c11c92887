import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useServices } from '../services.ts';
import type { Api } from '../state/api.ts';
import { Series, type SeriesView, type TimeRange } from '../state/series.ts';

export interface SeriesState {
  readonly view: SeriesView;
  readonly isLoading: boolean;
  readonly reason?: string;
}

const PAGE = 500;
/** A day of the default ten-second summaries is 8,640. */
const MAX_PAGES = 24;
const REDRAW_MS = 2000;

/** The summaries of a stream over a range up to now, read back by pages and then fed live. */
export function useSeries(device: string, stream: string, range: TimeRange): ReadonlySignal<SeriesState> {
  const { api, feed, clock } = useServices();
  const state = useSignal<SeriesState>({ view: new Series(range).view(clock.wall()), isLoading: true });

  useEffect(() => {
    const series = new Series(range);
    let abort = new AbortController();
    let isLoading = true;
    let reason: string | undefined;
    const publish = () => {
      state.value = { view: series.view(clock.wall()), isLoading, ...(reason ? { reason } : {}) };
    };
    const load = async () => {
      abort.abort();
      abort = new AbortController();
      const { signal } = abort;
      isLoading = true;
      reason = undefined;
      publish();
      try {
        const since = new Date(clock.wall() - range.spanMs).toISOString();
        await readBack(api, { device, stream, since }, series, signal, publish);
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
        if (message.type !== 'summary') return;
        const { summary } = message;
        if (summary.device === device && summary.stream === stream) series.add(summary);
      }),
      clock.every(REDRAW_MS, publish),
    ];
    void load();
    return () => {
      for (const cancel of cancels) cancel();
      abort.abort();
    };
  }, [api, feed, clock, state, device, stream, range]);

  return state;
}

interface Wanted {
  readonly device: string;
  readonly stream: string;
  readonly since: string;
}

async function readBack(api: Api, wanted: Wanted, series: Series, signal: AbortSignal, onPage: () => void) {
  let cursor: string | undefined;
  for (let n = 0; n < MAX_PAGES; n++) {
    const page = await api.summaries({ ...wanted, cursor, limit: PAGE }, signal);
    for (const summary of page.items) series.add(summary);
    onPage();
    cursor = page.items.length > 0 ? page.next : undefined;
    if (cursor === undefined) return;
  }
}
