/** What is wrong with the rows of a series, reported without flooding: each code for itself, at most once per second. */
import type { Clock } from '../../../../shared/kit/clock.ts';
import type { ErrorCode } from '../../../../shared/kit/errors.ts';
import { createNowAndThen } from '../../../../shared/kit/now-and-then.ts';

export interface Faults {
  add(code: ErrorCode, message: string): void;
  /** Reports what is held back; to be called at the end. */
  flush(): void;
}

const REPORT_MS = 1000;

/** @param report is given the latest message of a code, and how many there were since it was called last for it */
export function createFaults(clock: Clock, report: (code: ErrorCode, message: string, count: number) => void): Faults {
  const each = createNowAndThen<{ code: ErrorCode; message: string }>(clock, REPORT_MS, ({ code, message }, count) =>
    report(code, message, count),
  );
  return { add: (code, message) => each.add(code, { code, message }), flush: each.flush };
}

/** Of what is no fault it is told how much there was by 1, 10, 100 and so on. */
export function isRound(count: number): boolean {
  return /^10*$/.test(String(count));
}
