/** How long to wait before a camera is tried again. */
import { createBackoff } from '../../../../shared/kit/backoff.ts';
import type { ErrorCode } from '../../../../shared/kit/errors.ts';

export interface Retry {
  /** Milliseconds until the next try, after a failure of this kind. */
  next(code: ErrorCode): number;
  /** Frames have come: the next failure is a first one. */
  flowed(): void;
}

/** A camera that was away is to give results within two seconds of its return: it is asked about each second. */
const SOON = { firstMs: 400, maxMs: 1000 };
/** Cameras lock out who keeps sending a wrong password, and a missing codec is not cured by haste. */
const LATER = { firstMs: 5000, maxMs: 60_000 };
const HOPELESS: ReadonlySet<ErrorCode> = new Set(['source-auth', 'source-no-video']);

export function createRetry(random?: () => number): Retry {
  const soon = createBackoff(SOON.firstMs, SOON.maxMs, random);
  const later = createBackoff(LATER.firstMs, LATER.maxMs, random);
  return {
    next: (code) => (HOPELESS.has(code) ? later : soon).next(),
    flowed() {
      soon.reset();
      later.reset();
    },
  };
}
