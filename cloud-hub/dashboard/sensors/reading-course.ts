import type { Reading } from '../../contract/reading.ts';
import type { CourseOf } from '../charts/course.ts';
import { ReadingSeries, type ReadingView } from './reading-series.ts';

const REDRAW_MS = 1000;

export interface Readings {
  readonly chart: ReadingView;
  /** The newest that the hub has received. */
  readonly latest: Reading | undefined;
}

/** The readings of a stream; the hub folds those that are kept into buckets as wide as the chart's. */
export const readingCourse: CourseOf<Readings> = (api, device, stream, range) => {
  const series = new ReadingSeries(range);
  let latest: Reading | undefined;
  const take = (reading: Reading) => {
    series.add(reading);
    if (!latest || Number(reading.id) > Number(latest.id)) latest = reading;
  };
  return {
    spanMs: range.spanMs,
    redrawMs: REDRAW_MS,
    async read(since, signal) {
      const [newest, course] = await Promise.all([
        api.readings({ device, stream, limit: 1 }, signal),
        api.readingCourse({ device, stream, since, bucketS: range.bucketMs / 1000 }, signal),
      ]);
      for (const bucket of course) series.addBucket(bucket);
      for (const reading of newest.items) take(reading);
    },
    receive(message) {
      if (message.type !== 'reading') return false;
      const { reading } = message;
      if (reading.device !== device || reading.stream !== stream) return false;
      const before = latest?.anomalous;
      take(reading);
      // A change of state is shown at once; the rest moves on with the seconds.
      return latest?.anomalous !== before;
    },
    view: (now) => ({ chart: series.view(now), latest }),
  };
};
