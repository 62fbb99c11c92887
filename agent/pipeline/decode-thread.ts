/** Entry of a decode thread: where sources and gates meet. Streams share it; none of them ends another. */
import { type MessagePort, parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { systemClock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { createGate } from './gate/gate.ts';
import { decodeLoop } from './source/decode-loop.ts';
import type { SourceMessage, SourceOptions, SourceRequest } from './source/source.ts';
import type { ThreadOrder } from './source/threads.ts';

const orders = parentPort;
if (!orders) throw new Error('decode-thread.js is started by createDecodeThreads, not by hand');

// It lives until it takes no more streams and FFmpeg has let go of what was abandoned.
orders.on('message', (order: ThreadOrder) => {
  if (order === 'end') orders.close();
  else void begin(order.options, order.port);
});

/** Our own code on both sides, so that a cast is enough. */
async function begin(options: SourceOptions, port: MessagePort): Promise<void> {
  const send = (message: SourceMessage, transfer: readonly ArrayBuffer[] = []) =>
    port.postMessage(message, [...transfer]);
  const fail = (error: unknown) =>
    send({ type: 'failed', code: 'internal', message: `decode thread: ${messageOf(error)}` });
  const onRequest = (heard: (request: SourceRequest) => void) => {
    port.on('message', (request: SourceRequest) => {
      try {
        heard(request);
      } catch (error) {
        fail(error);
        heard({ type: 'close' });
      }
    });
  };
  const receive = () => receiveMessageOnPort(port)?.message as SourceRequest | undefined;
  try {
    await decodeLoop(options, { send, receive, onRequest }, systemClock, options.gate && createGate(options.gate));
  } catch (error) {
    fail(error);
  }
  port.close();
}
