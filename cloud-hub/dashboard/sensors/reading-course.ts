import type { LiveMessage } from '../../contract/live.ts';
import type { Reading } from '../../contract/reading.ts';
import type { CourseOf } from '../charts/course.ts';
import { ReadingSeries, type ReadingView } from './reading-series.ts';

const REDRAW_MS = 1000;

/** Another time that the readings are drawn beside: its season shows what of them is usual. */
export interface Comparison {
  readonly id: 'none' | 'day' | 'week';
  readonly title: string;
  readonly beforeMs: number;
}

export const comparisons: readonly [Comparison, Comparison, Comparison] = [
  { id: 'none', title: 'Alone', beforeMs: 0 },
  { id: 'day', title: 'Day before', beforeMs: 86_400_000 },
  { id: 'week', title: 'Week before', beforeMs: 7 * 86_400_000 },
];

export interface Readings {
  readonly chart: ReadingView;
  /** The values at the same times of the day or week before, by channel; empty where nothing is compared or kept. */
  readonly before: ReturnType<ReadingSeries['before']>;
  /** The newest that the hub has received. */
  readonly latest: Reading | undefined;
}

const [alone, day, week] = comparisons;

/** By comparison: the readings of a stream; the hub folds those that are kept into buckets as wide as the chart's. */
export const readingCourses: Readonly<Record<Comparison['id'], CourseOf<Readings>>> = {
  none: courseBeside(alone),
  day: courseBeside(day),
  week: courseBeside(week),
};

function courseBeside(comparison: Comparison): CourseOf<Readings> {
  return (api, device, stream, range) => course(comparison, api, device, stream, range);
}

function course({ beforeMs }: Comparison, ...[api, device, stream, range]: Parameters<CourseOf<Readings>>) {
  const series = new ReadingSeries(range);
  const past = new ReadingSeries(range);
  let latest: Reading | undefined;
  const take = (reading: Reading) => {
    series.add(reading);
    if (!latest || Number(reading.id) > Number(latest.id)) latest = reading;
  };
  return {
    spanMs: range.spanMs,
    redrawMs: REDRAW_MS,
    async read(since: string, signal: AbortSignal) {
      const bucketS = range.bucketMs / 1000;
      // Twice the span: the page stays open.
      const [from, to] = [Date.parse(since) - beforeMs, Date.parse(since) - beforeMs + 2 * range.spanMs];
      const [newest, now, before] = await Promise.all([
        api.readings({ device, stream, limit: 1 }, signal),
        api.readingCourse({ device, stream, since, bucketS }, signal),
        beforeMs > 0
          ? api.readingCourse({ device, stream, since: isoOf(from), until: isoOf(to), bucketS }, signal)
          : [],
      ]);
      for (const bucket of now) series.addBucket(bucket);
      for (const bucket of before) past.addBucket(bucket);
      for (const reading of newest.items) take(reading);
    },
    receive(message: LiveMessage) {
      if (message.type !== 'reading') return false;
      const { reading } = message;
      if (reading.device !== device || reading.stream !== stream) return false;
      const before = latest?.anomalous;
      take(reading);
      // A change of state is shown at once; the rest moves on with the seconds.
      return latest?.anomalous !== before;
    },
    view(now: number): Readings {
      const chart = series.view(now);
      return { chart, before: past.before(chart.times, beforeMs), latest };
    },
  };
}

const isoOf = (ms: number) => new Date(ms).toISOString();
