/** The state of one alert: idle, pending, firing. Pure; times in milliseconds since 1970. */

/** Undefined, where one of these may stand, is idle. */
export type Standing =
  | { readonly phase: 'pending'; readonly since: number }
  /** `clearSince`: since when the condition does not hold any more. */
  | { readonly phase: 'firing'; readonly since: number; readonly clearSince?: number };

export interface Timing {
  /** The condition holds so long before the alert fires. */
  readonly forMs: number;
  /** It does not hold for so long before the alert ends. */
  readonly keepMs: number;
}

export interface Step {
  readonly standing: Standing | undefined;
  readonly change?: 'fired' | 'resolved';
  /** When time alone changes something, if the condition stays as it is. */
  readonly dueAt?: number;
}

/**
 * @param holds does the condition hold now?
 * @param since since when it is known to hold; default: now. Only an alert that was idle looks at it
 */
export function step(
  before: Standing | undefined,
  holds: boolean,
  now: number,
  { forMs, keepMs }: Timing,
  since = now,
): Step {
  if (before?.phase === 'firing') {
    if (holds) return { standing: { phase: 'firing', since: before.since } };
    const clearSince = before.clearSince ?? now;
    // A wall clock that was set back must not keep an alert for ever.
    const waited = Math.max(0, now - clearSince);
    if (waited >= keepMs) return { standing: undefined, change: 'resolved' };
    return { standing: { ...before, clearSince }, dueAt: clearSince + keepMs };
  }
  if (!holds) return { standing: undefined };
  const begun = Math.min(before?.since ?? since, now);
  if (now - begun >= forMs) return { standing: { phase: 'firing', since: begun }, change: 'fired' };
  return { standing: { phase: 'pending', since: begun }, dueAt: begun + forMs };
}
