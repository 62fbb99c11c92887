/** The walk's side of a stream's decoding. */
import { type Clock, systemClock } from '../../../../shared/kit/clock.ts';
import { inTime } from '../../../../shared/kit/deadline.ts';
import type {
  Failure,
  Source,
  SourceEvents,
  SourceMessage,
  SourceOptions,
  SourcePicture,
  SourceRequest,
} from './source.ts';
import { createDecodeThreads, type DecodeThreads } from './threads.ts';

/** A thread that hangs in FFmpeg for longer is left to end by itself, and gets no other stream. */
const CLOSE_MS = 1000;

/**
 * Starts a source in a decode thread; `onEnd` is called exactly once unless `close` comes first.
 * @param threads those that it may share; default: one of its own
 */
export function openSource(
  options: SourceOptions,
  events: SourceEvents,
  clock: Clock = systemClock,
  threads: Pick<DecodeThreads, 'seat'> = createDecodeThreads(1),
): Source {
  const { port, gone, shun } = threads.seat(options);
  const requests = new Map<number, (picture: SourcePicture | undefined) => void>();
  let lastRequest = 0;
  let open = true;

  const post = (request: SourceRequest, transfer: readonly ArrayBuffer[] = []) => {
    if (open) port.postMessage(request, [...transfer]);
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

  const receive = (message: SourceMessage) => {
    switch (message.type) {
      case 'opened':
        return events.onOpened(message.info);
      case 'frame':
        return events.onFrame(message);
      case 'resting':
        return events.onResting?.();
      case 'problem':
        return events.onProblem(message.code, message.message, message.count);
      case 'waiting':
        events.onProblem(message.code, message.message, 1);
        return events.onWaiting?.({ code: message.code, message: message.message }, message.waitMs);
      case 'looks':
        return events.onPictureFault?.(message.fault);
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
  port.on('message', (message: SourceMessage) => {
    if (open) receive(message);
  });
  const unexplained: Failure = { code: 'internal', message: 'decode thread ended without a word' };
  void gone.then((failure = unexplained) => end(failure));

  return {
    release({ frame, tensor }, quietMs) {
      post({ type: 'release', frame, tensor, quietMs }, tensor.length > 0 ? [tensor.buffer] : []);
    },
    picture(frame, box, maxSide, hide = [], quality) {
      if (!open) return Promise.resolve(undefined);
      const request = ++lastRequest;
      return new Promise((resolve) => {
        requests.set(request, resolve);
        post({ type: 'picture', request, frame: frame.frame, box, maxSide, hide, quality });
      });
    },
    finish: () => post({ type: 'finish' }),
    async close() {
      post({ type: 'close' });
      shut();
      await inTime(clock, CLOSE_MS, gone, shun);
    },
  };
}
