/**
 * The decode threads of a process. A thread costs a third of a second of processor time before its first frame (it loads
 * FFmpeg's binding anew) and some twenty megabytes, so that streams share a few.
 *
 * Invariants:
 * 1. Until there are `most` threads each stream gets a new one; then the one with the fewest streams.
 * 2. A recording that is read as fast as it can be has a thread of its own.
 * 3. A thread ends with its last stream. One that dies fails each of its streams, one that hangs gets no new ones; the next
 *    stream gets a new thread.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { messageOf } from '../../../shared/kit/errors.ts';
import type { SourceOptions } from './source.ts';

/** To a decode thread: begin a stream, which says everything else over its port; or take no more of them. */
export type ThreadOrder = { readonly options: SourceOptions; readonly port: MessagePort } | 'end';

/** A stream's place in a thread. */
export interface Seat {
  readonly port: MessagePort;
  /** Resolves when the thread has let go of the stream: undefined in order, else why the thread ended. */
  readonly gone: Promise<string | undefined>;
  /** The thread does not answer: nobody else shall get it. */
  shun(): void;
}

export interface DecodeThreads {
  seat(options: SourceOptions): Seat;
}

interface Thread {
  readonly worker: Worker;
  /** Of each stream: how it leaves. */
  readonly streams: Set<() => void>;
  died?: string;
}

const startWorker = () => new Worker(new URL('../decode-thread.js', import.meta.url), { env: {} });

/**
 * @param most threads that streams share
 * @param begin starts one
 */
export function createDecodeThreads(most: number, begin: () => Worker = startWorker): DecodeThreads {
  /** Those that take streams. */
  const open = new Set<Thread>();

  const start = (): Thread => {
    const thread: Thread = { worker: begin(), streams: new Set() };
    thread.worker.on('error', (error) => {
      thread.died ??= `decode thread: ${messageOf(error)}`;
    });
    thread.worker.once('exit', (code) => {
      thread.died ??= `decode thread ended with code ${code}`;
      open.delete(thread);
      for (const leave of [...thread.streams]) leave();
    });
    return thread;
  };

  const choose = (options: SourceOptions): Thread => {
    if (options.source.pace === 'fast') return start();
    if (open.size < most) {
      const thread = start();
      open.add(thread);
      return thread;
    }
    return [...open].reduce((a, b) => (b.streams.size < a.streams.size ? b : a));
  };

  return {
    seat(options) {
      const thread = choose(options);
      const { worker } = thread;
      const { port1: port, port2 } = new MessageChannel();
      worker.postMessage({ options, port: port2 } satisfies ThreadOrder, [port2]);
      const gone = new Promise<string | undefined>((resolve) => {
        const leave = () => {
          resolve(thread.died);
          if (!thread.streams.delete(leave) || thread.streams.size > 0) return;
          open.delete(thread);
          worker.postMessage('end' satisfies ThreadOrder);
        };
        thread.streams.add(leave);
        // The stream's last words come before.
        port.once('close', leave);
      });
      return { port, gone, shun: () => void open.delete(thread) };
    },
  };
}
