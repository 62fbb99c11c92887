/** The walk's side of a decode thread. */
import { Worker } from 'node:worker_threads';
import { type Clock, systemClock } from '../../../shared/kit/clock.ts';
import { messageOf } from '../../../shared/kit/errors.ts';
import type {
  Failure,
  Source,
  SourceEvents,
  SourceMessage,
  SourceOptions,
  SourcePicture,
  SourceRequest,
} from './source.ts';

/** A thread that hangs in FFmpeg for longer is left to end by itself. */
const CLOSE_MS = 1000;

/** Starts a decode thread; `onEnd` is called exactly once unless `close` comes first. */
export function openSource(options: SourceOptions, events: SourceEvents, clock: Clock = systemClock): Source {
  const worker = new Worker(new URL('../decode-thread.js', import.meta.url), { workerData: { options }, env: {} });
  const requests = new Map<number, (picture: SourcePicture | undefined) => void>();
  const gone = new Promise<void>((resolve) => {
    worker.once('exit', () => resolve());
  });
  let lastRequest = 0;
  let open = true;

  const post = (request: SourceRequest, transfer: readonly ArrayBuffer[] = []) => {
    if (open) worker.postMessage(request, [...transfer]);
  };

  const shut = () => {
    open = false;
    for (const answer of requests.values()) answer(undefined);
    requests.clear();
  };

  const end = (failure?: Failure) => {
    if (!open) return;
    shut();
    events.onEnd(failure);
  };

  const hear = (message: SourceMessage) => {
    switch (message.type) {
      case 'opened':
        return events.onOpened(message.info);
      case 'frame':
        return events.onFrame(message);
      case 'trouble':
        return events.onTrouble(message.code, message.message, message.count);
      case 'waiting':
        events.onTrouble(message.code, message.message, 1);
        return events.onWaiting?.({ code: message.code, message: message.message }, message.waitMs);
      case 'note':
        return events.onNote?.(message.message);
      case 'picture':
        requests.get(message.request)?.(message.picture);
        requests.delete(message.request);
        return;
      case 'ended':
        return end();
      case 'failed':
        return end({ code: message.code, message: message.message });
    }
  };
  worker.on('message', (message: SourceMessage) => {
    if (open) hear(message);
  });
  worker.on('error', (error) => end({ code: 'internal', message: `decode thread: ${messageOf(error)}` }));
  worker.on('exit', (code) => end({ code: 'internal', message: `decode thread ended with code ${code}` }));

  return {
    release({ frame, tensor }, quietMs) {
      post({ type: 'release', frame, tensor, quietMs }, tensor.length > 0 ? [tensor.buffer] : []);
    },
    picture(frame, box, maxSide) {
      if (!open) return Promise.resolve(undefined);
      const request = ++lastRequest;
      return new Promise((resolve) => {
        requests.set(request, resolve);
        post({ type: 'picture', request, frame: frame.frame, box, maxSide });
      });
    },
    finish: () => post({ type: 'finish' }),
    async close() {
      post({ type: 'close' });
      shut();
      let cancel: (() => void) | undefined;
      const patience = new Promise<void>((resolve) => {
        cancel = clock.after(CLOSE_MS, resolve);
      });
      await Promise.race([gone, patience]);
      cancel?.();
    },
  };
}
