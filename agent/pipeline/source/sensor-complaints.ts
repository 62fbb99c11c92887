/** Counts what is wrong with rows, so that a file full of nonsense does not become a message a row. */
import type { ErrorCode } from '../../../shared/kit/errors.ts';

export interface Complaints {
  add(code: ErrorCode, message: string): void;
  /** Tells what was counted since; to be called from time to time and at the end. */
  flush(): void;
}

/** @param tell is called at once for the first complaint of a code, with the latest message and how many there were for those after it */
export function createComplaints(tell: (code: ErrorCode, message: string, count: number) => void): Complaints {
  const held = new Map<ErrorCode, { message: string; count: number }>();
  return {
    add(code, message) {
      const known = held.get(code);
      if (!known) {
        held.set(code, { message, count: 0 });
        tell(code, message, 1);
        return;
      }
      known.message = message;
      known.count++;
    },
    flush() {
      for (const [code, entry] of held) {
        if (entry.count === 0) continue;
        tell(code, entry.message, entry.count);
        entry.count = 0;
      }
    },
  };
}
