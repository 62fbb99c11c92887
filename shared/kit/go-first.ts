/** Which process the system ends where memory runs out. */
import { writeFileSync } from 'node:fs';

/** This one before others: what it does can be done again (proc(5), `oom_score_adj`). */
export function goFirst(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Not Linux, or not allowed.
  }
}
