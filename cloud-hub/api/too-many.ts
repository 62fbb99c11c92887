/** Whoever guesses is told to wait. */
import { ProblemError } from '../../shared/http/problems.ts';

/** @param what that is not valid */
export function tooManyFailures(what: string, waitMs: number): ProblemError {
  const seconds = Math.ceil(waitMs / 1000);
  const detail = `${what} is not valid, as many before it: try again in ${seconds} s`;
  return new ProblemError(429, detail, { 'retry-after': String(seconds) });
}
