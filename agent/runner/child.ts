/** Entry of a runner process. It lives as long as its channel to the supervisor. */
import { systemClock } from '../../shared/kit/clock.ts';
import type { FromRunner, ToRunner } from './messages.ts';
import { createRunner } from './runner.ts';

if (!process.send) throw new Error('runner/child.js is started by the supervisor, not by hand');

const runner = createRunner((message: FromRunner) => {
  // The supervisor may be gone already.
  if (process.connected) process.send?.(message, () => undefined);
}, systemClock);

/** What the streams still had to say is sent before the channel closes. */
const end = () => {
  void runner.stop().finally(() => {
    if (process.connected) process.disconnect();
    process.exit(0);
  });
};

process.on('message', (message: ToRunner) => runner.handle(message));
process.once('disconnect', end);
process.once('SIGTERM', end);
