/** Whoever guesses is told to wait. */
import { ProblemError } from '../../shared/http/problems.ts';
import type { SignInFailure } from '../identity/users.ts';

/** @param what that is not valid */
export function tooManyFailures(what: string, waitMs: number): ProblemError {
  const seconds = Math.ceil(waitMs / 1000);
  const detail = `${what} is not valid, as many before it: try again in ${seconds} s`;
  return new ProblemError(429, detail, { 'retry-after': String(seconds) });
}

/** The first proof was right, the code of the second factor was not there or not right. */
export function refusedFactor({ waitMs, secondFactor }: SignInFailure): ProblemError {
  if (waitMs > 0) return tooManyFailures('the code', waitMs);
  const isMissing = secondFactor === 'missing';
  const detail = isMissing
    ? 'give the code of your authenticator app too, or a recovery code'
    : 'the code is not right: each works once, and the clock of your phone must be exact';
  const message = isMissing ? 'is needed: there is a second factor' : 'is not right';
  return new ProblemError(401, detail, { 'www-authenticate': 'Bearer realm="vedette"' }, [
    { path: 'body.code', message },
  ]);
}
