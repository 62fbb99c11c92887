/** The walk's side of a decode thread. */
import { Worker } from 'node:worker_threads';
import { messageOf } from '../../../shared/kit/errors.ts';
import type { Source, SourceEvents, SourceMessage, SourceOptions, SourcePicture, SourceRequest } from './source.ts';
import { createBell } from './thread-bell.ts';

/** Starts a decode thread; `onEnd` is called exactly once unless `close` comes first. */
export function openSource(options: SourceOptions, events: SourceEvents): Source {
  const bell = createBell();
  const worker = new Worker(new URL('./decode-thread.js', import.meta.url), {
    workerData: { options, bellMemory: bell.memory },
    env: {},
  });
  const requests = new Map<number, (picture: SourcePicture | undefined) => void>();
  let lastRequest = 0;
  let open = true;

  const post = (request: SourceRequest, transfer: readonly ArrayBuffer[] = []) => {
    if (!open) return;
    worker.postMessage(request, [...transfer]);
    bell.ring();
  };

  const end = (failure?: Parameters<SourceEvents['onEnd']>[0]) => {
    if (!open) return;
    open = false;
    for (const answer of requests.values()) answer(undefined);
    requests.clear();
    events.onEnd(failure);
  };

  worker.on('message', (message: SourceMessage) => {
    switch (message.type) {
      case 'opened':
        return events.onOpened(message.info);
      case 'frame':
        return events.onFrame(message);
      case 'trouble':
        return events.onTrouble(message.code, message.message, message.count);
      case 'picture':
        requests.get(message.request)?.(message.picture);
        requests.delete(message.request);
        return;
      case 'ended':
        return end();
      case 'failed':
        return end({ code: message.code, message: message.message });
    }
  });
  worker.on('error', (error) => end({ code: 'internal', message: `decode thread: ${messageOf(error)}` }));
  worker.on('exit', (code) => end({ code: 'internal', message: `decode thread ended with code ${code}` }));

  return {
    release: (frame) => post({ type: 'release', frame: frame.frame, tensor: frame.tensor }, [frame.tensor.buffer]),
    picture(frame, box, maxSide) {
      if (!open) return Promise.resolve(undefined);
      const request = ++lastRequest;
      return new Promise((resolve) => {
        requests.set(request, resolve);
        post({ type: 'picture', request, frame: frame.frame, box, maxSide });
      });
    },
    async close() {
      open = false;
      for (const answer of requests.values()) answer(undefined);
      requests.clear();
      await worker.terminate();
    },
  };
}
