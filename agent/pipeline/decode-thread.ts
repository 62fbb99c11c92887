/** Entry of the decode thread: where source and gate meet. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../shared/kit/clock.ts';
import { createGate } from './gate/gate.ts';
import { decodeLoop } from './source/decode-loop.ts';
import type { SourceMessage, SourceOptions, SourceRequest } from './source/source.ts';

/** What `openSource` starts this thread with: our own code on both sides, so that a cast is enough. */
const { options } = workerData as { options: SourceOptions };
const port = parentPort;
if (!port) throw new Error('decode-thread.js is started by openSource, not by hand');

// Not awaited: a module that waits at its top level hears no messages meanwhile.
void decodeLoop(
  options,
  {
    send: (message: SourceMessage, transfer) => port.postMessage(message, [...transfer]),
    receive: () => receiveMessageOnPort(port)?.message as SourceRequest | undefined,
    onRequest: (heard) => void port.on('message', heard),
  },
  systemClock,
  options.gate && createGate(options.gate),
  // Lets the thread end by itself, when FFmpeg has let go of what was abandoned.
).then(() => port.close());
