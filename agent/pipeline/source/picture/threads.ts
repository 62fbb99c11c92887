/**
 * The decode threads of a process. A thread costs a third of a second of processor time before its first frame (it loads
 * FFmpeg's binding anew) and some twenty megabytes, so that streams share a few.
 *
 * Invariants:
 * 1. Until there are `most` threads each stream gets a new one; then the one with the fewest streams.
 * 2. A recording that is read as fast as it can be has a thread of its own.
 * 3. A thread ends with its last stream. One that dies fails each of its streams, one that hangs gets no new ones; the next
 *    stream gets a new thread.
 * 4. A thread is never ended from outside: while a call of FFmpeg is under way in it, that would abort the process. Whoever
 *    ends the process waits for `ended` first.
 * 5. Files are read at once, so that a disk that does not answer (a dead network mount) holds the thread and all its streams.
 *    Such a thread is given up after `STUCK_MS`: its streams fail, and begin again in another. It ends when the disk answers.
 * 6. The source that held it is not opened again before its disk has answered; from then on it has a thread of its own. So a
 *    dead disk costs one thread, and other streams one interruption.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { type Cancel, type Clock, systemClock } from '../../../../shared/kit/clock.ts';
import { messageOf } from '../../../../shared/kit/errors.ts';
import { newPulse, type PulseReader, readPulse } from './pulse.ts';
import type { Failure, SourceOptions, SourceRequest } from './source.ts';

/** What a decode thread is given when it starts. */
export interface ThreadStart {
  readonly pulse: SharedArrayBuffer;
}

/** To a decode thread: begin a stream (all else goes over its port), or take no more streams. */
export type ThreadOrder =
  | { readonly options: SourceOptions; readonly port: MessagePort; readonly seat: number }
  | 'end';

/** A stream's place in a thread. */
export interface Seat {
  readonly port: MessagePort;
  /** Resolves when the thread has let go of the stream: undefined in order, else why the thread has not. */
  readonly gone: Promise<Failure | undefined>;
  /** The thread does not answer: nobody else shall get it. */
  shun(): void;
}

export interface DecodeThreads {
  seat(options: SourceOptions): Seat;
  /** Resolves when no thread is left: FFmpeg may take a while to return from what was abandoned. */
  ended(): Promise<void>;
}

interface Seated {
  readonly port: MessagePort;
  readonly url: string;
  leave(failure: Failure | undefined): void;
}

interface Thread {
  readonly worker: Worker;
  readonly pulse: PulseReader;
  readonly streams: Map<number, Seated>;
  /** Addresses that it hangs in. */
  readonly holds: string[];
}

const BEAT_MS = 1000;
const STUCK_MS = 10_000;

const startWorker = (workerData: ThreadStart) =>
  new Worker(new URL('../../decode-thread.js', import.meta.url), { env: {}, workerData });

/**
 * @param most threads that streams share
 * @param begin starts one
 */
export function createDecodeThreads(
  most: number,
  begin: (start: ThreadStart) => Worker = startWorker,
  clock: Clock = systemClock,
): DecodeThreads {
  /** Those that take streams. */
  const open = new Set<Thread>();
  const alive = new Set<Thread>();
  /** Those that have not been given up. */
  const watched = new Set<Thread>();
  /** Whoever waits until none is. */
  const waiting = new Set<() => void>();
  /** Addresses whose disk does not answer, while it does not. */
  const unanswered = new Set<string>();
  /** Addresses that have held a thread once. */
  const suspect = new Set<string>();
  let lastSeat = 0;
  let stopWatching: Cancel | undefined;

  const start = (): Thread => {
    const pulse = newPulse();
    const thread: Thread = { worker: begin({ pulse }), pulse: readPulse(pulse), streams: new Map(), holds: [] };
    let died: string | undefined;
    thread.worker.on('error', (error) => {
      died ??= `decode thread: ${messageOf(error)}`;
    });
    thread.worker.once('exit', (code) => {
      died ??= `decode thread ended with code ${code}`;
      open.delete(thread);
      for (const { leave } of [...thread.streams.values()]) leave({ code: 'internal', message: died });
      for (const url of thread.holds) unanswered.delete(url);
      watched.delete(thread);
      if (watched.size === 0) stopWatching = void stopWatching?.();
      alive.delete(thread);
      if (alive.size > 0) return;
      for (const resolve of waiting) resolve();
      waiting.clear();
    });
    alive.add(thread);
    watched.add(thread);
    stopWatching ??= clock.every(BEAT_MS, watch);
    return thread;
  };

  const watch = () => {
    for (const thread of watched) if (thread.pulse.missed() * BEAT_MS >= STUCK_MS) abandon(thread);
  };

  /** Invariant 5. */
  const abandon = (thread: Thread) => {
    open.delete(thread);
    watched.delete(thread);
    const culprit = thread.streams.get(thread.pulse.busyWith());
    if (culprit) {
      unanswered.add(culprit.url);
      suspect.add(culprit.url);
      thread.holds.push(culprit.url);
    }
    for (const seated of [...thread.streams.values()]) {
      const message =
        seated === culprit
          ? noAnswer(culprit.url)
          : `its decode thread hung for ${STUCK_MS / 1000} s in the file of another stream; it begins again in a new one`;
      // Heard when the call in which it hangs returns; with its last stream the thread ends.
      seated.port.postMessage({ type: 'close' } satisfies SourceRequest);
      seated.leave({ code: 'source-stalled', message });
    }
  };

  const choose = ({ source: { pace, url } }: SourceOptions): Thread => {
    if (pace === 'fast' || suspect.has(url)) return start();
    if (open.size < most) {
      const thread = start();
      open.add(thread);
      return thread;
    }
    return [...open].reduce((a, b) => (b.streams.size < a.streams.size ? b : a));
  };

  return {
    seat(options) {
      const { port1: port, port2 } = new MessageChannel();
      const { url } = options.source;
      if (unanswered.has(url)) {
        port2.close();
        const failure = { code: 'source-stalled', message: noAnswer(url) } as const;
        return { port, gone: Promise.resolve(failure), shun: () => undefined };
      }
      const thread = choose(options);
      const { worker } = thread;
      const seat = ++lastSeat;
      worker.postMessage({ options, port: port2, seat } satisfies ThreadOrder, [port2]);
      const gone = new Promise<Failure | undefined>((resolve) => {
        const leave = (failure: Failure | undefined) => {
          resolve(failure);
          if (!thread.streams.delete(seat) || thread.streams.size > 0) return;
          open.delete(thread);
          worker.postMessage('end' satisfies ThreadOrder);
        };
        thread.streams.set(seat, { port, url, leave });
        // The stream's last words come before.
        port.once('close', () => leave(undefined));
      });
      return { port, gone, shun: () => void open.delete(thread) };
    },
    ended: () => new Promise((resolve) => (alive.size === 0 ? resolve() : waiting.add(resolve))),
  };
}

/** Only files are waited for in this way: their address holds no password. */
function noAnswer(url: string): string {
  return `${url}: its disk does not answer; it is opened again when it does`;
}
