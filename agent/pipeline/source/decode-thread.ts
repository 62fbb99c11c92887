/** Entry of the decode thread. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../../shared/kit/clock.ts';
import { decodeLoop } from './decode-loop.ts';
import type { SourceMessage, SourceOptions, SourceRequest } from './source.ts';
import { createBell } from './thread-bell.ts';

/** What `openSource` starts this thread with: our own code on both sides, so that a cast is enough. */
const { options, bellMemory } = workerData as { options: SourceOptions; bellMemory: SharedArrayBuffer };
const port = parentPort;
if (!port) throw new Error('decode-thread.js is started by openSource, not by hand');

decodeLoop(
  options,
  {
    send: (message: SourceMessage, transfer) => port.postMessage(message, [...transfer]),
    receive: () => receiveMessageOnPort(port)?.message as SourceRequest | undefined,
    bell: createBell(bellMemory),
  },
  systemClock,
);
