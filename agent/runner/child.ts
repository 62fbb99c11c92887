/** Entry of a runner process. It lives as long as its channel to the supervisor. */
import { systemClock } from '../../shared/kit/clock.ts';
import { rssMb } from '../../shared/kit/memory.ts';
import type { FromRunner, ToRunner } from './messages.ts';
import { createRunner } from './runner.ts';

if (!process.send) throw new Error('runner/child.js is started by the supervisor, not by hand');

const MEMORY_EVERY_MS = 2000;

const send = (message: FromRunner) => {
  // The supervisor may be gone already.
  if (process.connected) process.send?.(message, () => undefined);
};
const runner = createRunner(send, systemClock);
systemClock.every(MEMORY_EVERY_MS, () => send({ type: 'memory', rssMb: rssMb() }));

/** What the streams still had to say is sent before the channel closes. */
const end = () => {
  void runner.stop().finally(() => {
    const exit = () => process.exit(0);
    // Messages keep their order: when this one has been sent, so has everything before it.
    if (process.connected) process.send?.({ type: 'memory', rssMb: rssMb() } satisfies FromRunner, exit);
    else exit();
  });
};

process.on('message', (message: ToRunner) => runner.handle(message));
process.once('disconnect', end);
process.once('SIGTERM', end);
