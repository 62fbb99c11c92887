/** Entry of a runner process. It lives as long as its channel to the supervisor. */
import { availableParallelism } from 'node:os';
import { systemClock } from '../../shared/kit/clock.ts';
import { goFirst } from '../../shared/kit/go-first.ts';
import { rssMb } from '../../shared/kit/memory.ts';
import { leaveProcess } from '../pipeline/source/picture/leave.ts';
import { createDecodeThreads } from '../pipeline/source/picture/threads.ts';
import type { FromRunner } from './messages.ts';
import { createRunner } from './runner.ts';

if (!process.send) throw new Error('runner/child.js is started by the supervisor, not by hand');

const MEMORY_EVERY_MS = 2000;

// It is started again; the supervisor, which keeps the records, is not.
goFirst();

// The supervisor may be gone already: without a listener, a message to it would end this process in the middle of its work.
process.on('error', () => undefined);
const send: (message: FromRunner) => void = process.send.bind(process);
const threads = createDecodeThreads(availableParallelism());
const runner = createRunner(send, systemClock, threads);
systemClock.every(MEMORY_EVERY_MS, () => send({ type: 'memory', rssMb: rssMb() }));

/** What the streams still had to say is sent before the channel closes. */
const end = () => {
  void runner.stop().finally(() => {
    const exit = () => void leaveProcess(threads, systemClock);
    // Messages keep their order: when this one has been sent, so has everything before it.
    if (process.connected) process.send?.({ type: 'memory', rssMb: rssMb() } satisfies FromRunner, exit);
    else exit();
  });
};

process.on('message', runner.handle);
process.once('disconnect', end);
process.once('SIGTERM', end);
