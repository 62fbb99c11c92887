/**
 * The process that looks at pictures of strangers (`runner-child.ts`), one at a time. It is started when it is needed, ended when the
 * model changes, and killed when a picture takes too long or too much memory; the next picture starts it again.
 */
import { mkdirSync } from 'node:fs';
import type { Detection } from '../../shared/contract/messages/preview.ts';
import { type Child, createChild } from '../../shared/kit/child.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { rssMbOf } from '../../shared/kit/memory.ts';
import type { ChosenModel } from './model.ts';
import type { Served } from './served.ts';

export interface LookOrder {
  readonly dir: string;
  readonly jpeg: Uint8Array;
  /** The serving engine to ask. */
  readonly served?: Served | undefined;
}

export type LookAnswer =
  | {
      readonly type: 'seen';
      readonly model: string;
      readonly labels: readonly string[];
      readonly detections: readonly Detection[];
      readonly ms: number;
      /** Tells near-duplicates (likeness.ts). */
      readonly hash: string;
    }
  /** The picture, or the model, cannot be used; the process goes on. */
  | { readonly type: 'failed'; readonly why: 'picture' | 'model'; readonly message: string }
  /** The serving engine does not answer, or not as it should. */
  | {
      readonly type: 'failed';
      readonly why: 'engine' | 'busy';
      readonly message: string;
      readonly waitS: number;
    };

export interface Looker {
  /** @returns `failed` also when the process dies of it or takes too long */
  look(model: ChosenModel, jpeg: Uint8Array): Promise<LookAnswer>;
  stop(): Promise<void>;
}

export interface LookerOptions {
  /** Built `runner-child.js`. */
  readonly entry: string | URL;
  readonly workDir: string;
  readonly clock: Clock;
  /** Most time of a picture, and of the first one, for which the model is loaded. */
  readonly waitLimitMs?: number;
  readonly loadMs?: number;
  readonly maxMb?: number;
}

const WAIT_LIMIT_MS = 20_000;
const LOAD_MS = 90_000;
const MAX_MB = 2048;
const WATCH_MS = 200;

export function createLooker(options: LookerOptions): Looker {
  const { clock, waitLimitMs = WAIT_LIMIT_MS, loadMs = LOAD_MS, maxMb = MAX_MB } = options;
  let running: { readonly child: Child<LookOrder>; readonly dir: string; used: boolean } | undefined;
  let answer: ((found: LookAnswer) => void) | undefined;

  const end = async () => {
    const ending = running;
    running = undefined;
    await ending?.child.stop();
  };

  const start = (dir: string) => {
    mkdirSync(options.workDir, { recursive: true, mode: 0o700 });
    const child: Child<LookOrder> = createChild<LookOrder, LookAnswer>({
      entry: options.entry,
      cwd: options.workDir,
      env: { MALLOC_ARENA_MAX: '2' },
      output: 'ignore',
      clock,
      onMessage: (found) => answer?.(found),
      onExit({ code, signal }) {
        if (running?.child === child) running = undefined;
        answer?.({
          type: 'failed',
          why: 'picture',
          message: `the process ended (${signal ?? code}) while it looked at it`,
        });
      },
    });
    child.start();
    running = { child, dir, used: false };
    return running;
  };

  return {
    async look({ dir, served }, jpeg) {
      if (running && running.dir !== dir) await end();
      const current = running ?? start(dir);
      const most = current.used ? waitLimitMs : loadMs;
      const { child } = current;
      const found = await new Promise<LookAnswer>((resolve) => {
        const give = (what: LookAnswer) => {
          cancelTime();
          cancelWatch();
          answer = undefined;
          resolve(what);
        };
        const tooMuch = (message: string) => {
          give({ type: 'failed', why: 'picture', message });
          void end();
        };
        const cancelTime = clock.after(most, () => tooMuch(`it took longer than ${most / 1000} s to look at it`));
        const cancelWatch = clock.every(WATCH_MS, () => {
          if (child.pid !== undefined && (rssMbOf(child.pid) ?? 0) > maxMb)
            tooMuch(`it took more than ${maxMb} MB to look at it`);
        });
        answer = give;
        if (!child.send({ dir, jpeg, served }))
          give({ type: 'failed', why: 'model', message: 'the process could not be started' });
      });
      current.used = true;
      return found;
    },
    stop: end,
  };
}
