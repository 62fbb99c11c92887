import type { CourseOf } from '../charts/course.ts';
import { SummarySeries, type SummaryView } from './summary-series.ts';

const PAGE = 500;
/** A day of the default ten-second summaries is 8,640. */
const MAX_PAGES = 24;
const REDRAW_MS = 2000;

/** The summaries of a stream, read back by pages, newest first. */
export const summaryCourse: CourseOf<SummaryView> = (api, device, stream, range) => {
  const series = new SummarySeries(range);
  return {
    spanMs: range.spanMs,
    redrawMs: REDRAW_MS,
    async read(since, signal, onPart) {
      let cursor: string | undefined;
      for (let n = 0; n < MAX_PAGES; n++) {
        const page = await api.summaries({ device, stream, since, cursor, limit: PAGE }, signal);
        for (const summary of page.items) series.add(summary);
        onPart();
        cursor = page.items.length > 0 ? page.next : undefined;
        if (cursor === undefined) return;
      }
    },
    receive(message) {
      if (message.type !== 'summary') return false;
      const { summary } = message;
      if (summary.device === device && summary.stream === stream) series.add(summary);
      return false;
    },
    view: (now) => series.view(now),
  };
};
