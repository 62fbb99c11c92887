/** Problems become log lines, totals and `error` records. */
import type { RecordBody } from '../../shared/contract/messages/record.ts';
import { clipped } from '../../shared/contract/names.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { Outbox } from '../buffer/outbox.ts';
import { createProblems, type Problem } from './problems.ts';
import type { Tallies } from './tallies.ts';

/** A fault that repeats is written down at once, then at most so often. */
const PROBLEM_INTERVAL_MS = 60_000;

export function recordProblems(to: {
  readonly outbox: Pick<Outbox, 'append'>;
  readonly stamps: { stamp(): Pick<RecordBody, 'config' | 'boot' | 'mono' | 'wall' | 'clock'> };
  readonly tallies: Pick<Tallies, 'problem'>;
  readonly clock: Clock;
  readonly log: Logger;
}): { problem(found: Problem): void; flush(): void } {
  const { outbox, stamps, tallies, clock, log } = to;
  const problems = createProblems(PROBLEM_INTERVAL_MS, clock, ({ code, message, stream, count }) => {
    log.warn({ code, stream, count }, message);
    const text = clipped(message);
    void outbox.append({ kind: 'error', ...stamps.stamp(), ...(stream ? { stream } : {}), code, message: text, count });
  });
  return {
    problem(found) {
      tallies.problem(found, clock.wall());
      problems.add(found);
    },
    flush: () => problems.flush(),
  };
}
