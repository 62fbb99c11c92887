import path from 'node:path';
import { openOutbox } from '../../agent/buffer/outbox.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { createLogger } from '../../shared/kit/log.ts';

/** The state of a stopped agent's outbox. */
export function outboxStateOf(folder: string) {
  const outbox = openOutbox({
    folder: path.join(folder, 'agent', 'data'),
    stamp: () => ({ config: 'test', boot: 'test', mono: 0, wall: 0, clock: 'unsynced' }),
    clock: systemClock,
    log: createLogger('test', 'silent'),
  });
  try {
    return { ...outbox.state(), base: outbox.base() };
  } finally {
    outbox.close();
  }
}
