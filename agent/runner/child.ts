/** Entry of a runner process. It lives as long as its channel to the supervisor. */
import { systemClock } from '../../shared/kit/clock.ts';
import type { FromRunner, ToRunner } from './messages.ts';
import { createRunner } from './runner.ts';

if (!process.send) throw new Error('runner/child.js is started by the supervisor, not by hand');

// The supervisor decides when to end; a terminal sends Ctrl-C to the whole group.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

const runner = createRunner((message: FromRunner) => {
  // The supervisor may be gone already.
  if (process.connected) process.send?.(message, () => undefined);
}, systemClock);

process.on('message', (message: ToRunner) => runner.handle(message));
process.on('disconnect', () => {
  void runner.stop().finally(() => process.exit(0));
});
