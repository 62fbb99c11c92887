/** Entry of a decode thread: where sources and gates meet. Streams share it; none of them ends another. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { createPictureWatch } from './camera/picture-faults.ts';
import { createGate } from './gate/gate.ts';
import { decodeLoop } from './source/picture/decode-loop.ts';
import type { DecodePort } from './source/picture/handover.ts';
import { pulseOf } from './source/picture/pulse.ts';
import type { SourceRequest } from './source/picture/source.ts';
import type { ThreadOrder, ThreadStart } from './source/picture/threads.ts';

const orders = parentPort;
if (!orders) throw new Error('decode-thread.js is started by createDecodeThreads, not by hand');

const BEAT_MS = 500;
const pulse = pulseOf((workerData as ThreadStart).pulse);
pulse.beat();
systemClock.every(BEAT_MS, pulse.beat);

// It lives until it takes no more streams and FFmpeg has let go of what was abandoned.
orders.on('message', (order: ThreadOrder) => {
  if (order === 'end') orders.close();
  else void begin(order);
});

/** Our own code on both sides, so that a cast is enough. */
async function begin({ options, port, seat }: Exclude<ThreadOrder, 'end'>): Promise<void> {
  const send: DecodePort['send'] = port.postMessage.bind(port);
  const fail = (error: unknown) =>
    send({ type: 'failed', code: 'internal', message: `decode thread: ${messageOf(error)}` }, []);
  const onRequest = (listener: (request: SourceRequest) => void) => {
    port.on('message', (request: SourceRequest) => {
      try {
        listener(request);
      } catch (error) {
        fail(error);
        listener({ type: 'close' });
      }
    });
  };
  const receive = () => receiveMessageOnPort(port)?.message as SourceRequest | undefined;
  try {
    const blocking = () => pulse.busyWith(seat);
    await decodeLoop(options, { send, receive, onRequest, blocking }, systemClock, {
      gate: options.gate && createGate(options.gate),
      watch: createPictureWatch(),
    });
  } catch (error) {
    fail(error);
  }
  port.close();
}
