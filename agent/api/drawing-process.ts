/**
 * Draws in a process of its own, started with the first picture and ended when nobody has looked for a while: an agent at
 * which nobody looks does not pay for it, and a picture that breaks the drawing breaks nothing else.
 *
 * Invariants:
 * 1. Each request is answered once: by its picture, by the process's fault, or by the process's end.
 * 2. A process that does not answer in time is ended; the next picture starts another.
 */
import { mkdirSync } from 'node:fs';
import type { Annotate } from '../../shared/engine/drawing/annotate.ts';
import { type Child, createChild } from '../../shared/kit/child.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import type { Annotated, ToAnnotate } from './annotate-child.ts';

export interface DrawingProcessOptions {
  /** Built `agent/api/annotate-child.js`. */
  readonly entry: string | URL;
  /** An empty folder that it works in. */
  readonly workDir: string;
  readonly clock: Clock;
}

export interface DrawingProcess {
  readonly annotate: Annotate;
  stop(): Promise<void>;
}

const IDLE_MS = 30_000;
const WAIT_LIMIT_MS = 5000;

interface Pending {
  resolve(jpeg: Uint8Array): void;
  reject(error: Error): void;
}

export function createDrawingProcess({ entry, workDir, clock }: DrawingProcessOptions): DrawingProcess {
  const pending = new Map<number, Pending>();
  let child: Child<ToAnnotate> | undefined;
  let cancelEnd: Cancel | undefined;
  let last = 0;

  const failAll = (message: string) => {
    for (const { reject } of pending.values()) reject(new Error(message));
    pending.clear();
  };

  const stop = async () => {
    cancelEnd?.();
    const ending = child;
    child = undefined;
    failAll('the drawing process was ended');
    await ending?.stop();
  };

  const start = (): Child<ToAnnotate> => {
    mkdirSync(workDir, { recursive: true, mode: 0o700 });
    const started = createChild<ToAnnotate, Annotated>({
      entry,
      cwd: workDir,
      env: { MALLOC_ARENA_MAX: '2' },
      clock,
      onMessage(message) {
        const waiting = pending.get(message.id);
        pending.delete(message.id);
        if ('jpeg' in message) waiting?.resolve(message.jpeg);
        else waiting?.reject(new Error(message.fault));
        if (pending.size === 0) endAfter(IDLE_MS);
      },
      onExit({ code, signal }) {
        if (child !== started) return;
        child = undefined;
        failAll(`the drawing process ended ${signal ? `by ${signal}` : `with code ${code}`}`);
      },
    });
    started.start();
    return started;
  };

  const endAfter = (ms: number) => {
    cancelEnd?.();
    cancelEnd = clock.after(ms, () => void stop());
  };

  return {
    annotate: (jpeg, drawing) =>
      new Promise((resolve, reject) => {
        child ??= start();
        const id = ++last;
        pending.set(id, { resolve, reject });
        endAfter(WAIT_LIMIT_MS);
        child.send({ id, jpeg, drawing });
      }),
    stop,
  };
}
