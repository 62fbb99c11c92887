import type { ReadonlySignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { useServices } from '../services.ts';
import { type CourseOf, type CourseState, createCourse } from './course.ts';
import type { TimeRange } from './time-range.ts';

/** The course of a stream, for as long as its component is shown. @param of always the same function */
export function useCourse<View>(
  of: CourseOf<View>,
  device: string,
  stream: string,
  range: TimeRange,
): ReadonlySignal<CourseState<View>> {
  const { api, feed, clock } = useServices();
  const course = useMemo(
    () => createCourse(of(api, device, stream, range), clock),
    [of, api, clock, device, stream, range],
  );
  useEffect(() => course.follow(feed), [course, feed]);
  return course.state;
}
