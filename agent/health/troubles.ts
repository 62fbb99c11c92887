/** Keeps a fault that repeats each frame from becoming a record each frame. */
import type { Clock } from '../../shared/kit/clock.ts';
import type { ErrorCode } from '../../shared/kit/errors.ts';

export interface Trouble {
  readonly code: ErrorCode;
  readonly message: string;
  readonly stream?: string;
  readonly count: number;
}

export interface Troubles {
  /** The first of a code and stream is told at once, those after it together, once an interval. */
  add(trouble: Trouble): void;
  /** Tells what is held back. */
  flush(): void;
}

/** @param tell is given each trouble that is to be written down, with how often it happened since the last time */
export function createTroubles(intervalMs: number, clock: Clock, tell: (trouble: Trouble) => void): Troubles {
  const held = new Map<string, { since: number; pending: Trouble | undefined }>();

  const flushDue = (everything: boolean) => {
    for (const [key, entry] of held) {
      if (!everything && clock.mono() - entry.since < intervalMs) continue;
      if (entry.pending) {
        tell(entry.pending);
        entry.pending = undefined;
        entry.since = clock.mono();
      } else held.delete(key);
    }
  };

  return {
    add(trouble) {
      flushDue(false);
      const key = `${trouble.code} ${trouble.stream ?? ''}`;
      const entry = held.get(key);
      if (entry) entry.pending = { ...trouble, count: (entry.pending?.count ?? 0) + trouble.count };
      else {
        held.set(key, { since: clock.mono(), pending: undefined });
        tell(trouble);
      }
    },
    flush: () => flushDue(true),
  };
}
