/**
 * The process that looks at pictures of strangers with one model (`runner-child.ts`), several at once where the model gains by it. It is
 * started when it is needed, ended when the model changes or nobody has asked for a while, and killed when a picture takes too long or
 * too much memory; the next picture starts it again. Pictures that were together when it died are looked at again, each alone, so that
 * only the one that kills it is refused.
 */
import { mkdirSync } from 'node:fs';
import type { Detection } from '../../shared/contract/messages/preview.ts';
import { inBackground } from '../../shared/kit/background.ts';
import { type Child, createChild } from '../../shared/kit/child.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { rssMbOf } from '../../shared/kit/memory.ts';
import type { Batching } from './batching.ts';
import type { ChosenModel } from './model.ts';
import type { Served } from './serving.ts';

export interface LookOrder {
  readonly dir: string;
  readonly jpegs: readonly Uint8Array[];
  /** Most pictures of one run, if the model gains by it. */
  readonly batch: number;
  /** The serving engine to ask. */
  readonly served?: Served | undefined;
}

/** An answer per picture, in their order. */
export interface Looked {
  readonly answers: readonly LookAnswer[];
  /** Absent: the model was not opened. */
  readonly batching?: Batching;
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
  look(model: ChosenModel, jpegs: readonly Uint8Array[]): Promise<readonly LookAnswer[]>;
  /** How many pictures of the model that was asked last are looked at together; undefined: it was not loaded yet. */
  readonly batching: Batching | undefined;
  stop(): Promise<void>;
}

export interface LookerOptions {
  /** Built `runner-child.js`. */
  readonly entry: string | URL;
  readonly workDir: string;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'error'>;
  /** Most pictures at once. */
  readonly batch?: number;
  /** Most time of a picture, and of the first ones, for which the model is loaded. */
  readonly waitLimitMs?: number;
  readonly loadMs?: number;
  readonly maxMb?: number;
}

const WAIT_LIMIT_MS = 20_000;
const LOAD_MS = 90_000;
const MAX_MB = 2048;
const WATCH_MS = 200;
/** A model that nobody asks gives its memory back. */
const IDLE_MS = 600_000;

interface Running {
  readonly child: Child<LookOrder>;
  readonly dir: string;
  used: boolean;
}

export function createLooker(options: LookerOptions): Looker {
  const { clock, batch = 1, waitLimitMs = WAIT_LIMIT_MS, loadMs = LOAD_MS, maxMb = MAX_MB } = options;
  let running: Running | undefined;
  let batching: Batching | undefined;
  let cancelIdle: Cancel = () => undefined;
  let answer: ((found: Looked | { readonly died: string }) => void) | undefined;

  const end = async () => {
    const ending = running;
    running = undefined;
    await ending?.child.stop();
  };

  const endSoon = () => inBackground(options.log, 'the process of a model could not be ended', end);

  const start = (dir: string): Running => {
    mkdirSync(options.workDir, { recursive: true, mode: 0o700 });
    const child: Child<LookOrder> = createChild<LookOrder, Looked>({
      entry: options.entry,
      cwd: options.workDir,
      env: { MALLOC_ARENA_MAX: '2' },
      output: 'ignore',
      clock,
      onMessage: (found) => answer?.(found),
      onExit({ code, signal }) {
        if (running?.child === child) running = undefined;
        answer?.({ died: `the process ended (${signal ?? code}) while it looked at it` });
      },
    });
    child.start();
    running = { child, dir, used: false };
    return running;
  };

  const ask = async ({ dir, served }: ChosenModel, jpegs: readonly Uint8Array[]) => {
    if (running && running.dir !== dir) await end();
    const current = running ?? start(dir);
    const most = current.used ? waitLimitMs * jpegs.length : loadMs;
    const { child } = current;
    const found = await new Promise<Looked | { readonly died: string }>((resolve) => {
      const give = (what: Looked | { readonly died: string }) => {
        cancelTime();
        cancelWatch();
        answer = undefined;
        resolve(what);
      };
      const tooMuch = (died: string) => {
        give({ died });
        endSoon();
      };
      const cancelTime = clock.after(most, () => tooMuch(`it took longer than ${most / 1000} s to look at it`));
      const cancelWatch = clock.every(WATCH_MS, () => {
        if (child.pid !== undefined && (rssMbOf(child.pid) ?? 0) > maxMb)
          tooMuch(`it took more than ${maxMb} MB to look at it`);
      });
      answer = give;
      if (!child.send({ dir, jpegs, batch, served })) give({ died: 'the process could not be started' });
    });
    current.used = true;
    return found;
  };

  const look = async (model: ChosenModel, jpegs: readonly Uint8Array[]): Promise<readonly LookAnswer[]> => {
    const found = await ask(model, jpegs);
    if ('answers' in found) {
      batching = found.batching;
      return found.answers;
    }
    if (jpegs.length === 1) return [{ type: 'failed', why: 'picture', message: found.died }];
    const answers: LookAnswer[] = [];
    for (const jpeg of jpegs) answers.push(...(await look(model, [jpeg])));
    return answers;
  };

  return {
    async look(model, jpegs) {
      cancelIdle();
      const answers = await look(model, jpegs);
      cancelIdle = clock.after(IDLE_MS, endSoon);
      return answers;
    },
    get batching() {
      return batching;
    },
    async stop() {
      cancelIdle();
      await end();
    },
  };
}
