/** Keeps a fault that repeats each frame from becoming a record each frame. */
import type { Clock } from '../../shared/kit/clock.ts';
import type { ErrorCode } from '../../shared/kit/errors.ts';
import { createNowAndThen } from '../../shared/kit/now-and-then.ts';

export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly stream?: string;
  readonly count: number;
}

export interface Problems {
  /** The first of a code and stream is reported at once; those after it together, once per interval. */
  add(problem: Problem): void;
  /** Reports what is held back. */
  flush(): void;
}

/** @param report is given each problem that is to be written down, with how often it happened since the last time */
export function createProblems(intervalMs: number, clock: Clock, report: (problem: Problem) => void): Problems {
  const each = createNowAndThen<Problem>(clock, intervalMs, (latest, count) => report({ ...latest, count }));
  return {
    add: (problem) => each.add(`${problem.code} ${problem.stream ?? ''}`, problem, problem.count),
    flush: each.flush,
  };
}
