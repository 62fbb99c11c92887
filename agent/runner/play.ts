/** One stream of a runner: its walk, begun again with backoff when it fails, until it is closed. */

import { createBackoff } from '../../shared/kit/backoff.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import type { ErrorCode } from '../../shared/kit/errors.ts';
import { rssMb } from '../../shared/kit/memory.ts';
import type { Sealer } from '../../shared/kit/seal.ts';
import { fileMemory, type SelectorMemory } from '../pipeline/choose/memory.ts';
import { openSource } from '../pipeline/source/picture/open.ts';
import type { DecodeThreads } from '../pipeline/source/picture/threads.ts';
import { isShareable } from '../pipeline/source/shared-view.ts';
import { waitLimitMs } from '../pipeline/wait-limit.ts';
import { startWalk } from '../pipeline/walk.ts';
import type { Walk, WalkParts } from '../pipeline/walk-parts.ts';
import { createBegins } from './begins.ts';
import { createFollower, lighten } from './follow.ts';
import type { Assignment, FromRunner, StreamStatus } from './messages.ts';
import { createSigns } from './signs.ts';

export interface PlayOptions {
  readonly assignment: Assignment;
  readonly engine: WalkParts['engine'];
  readonly clock: Clock;
  /** Shared by the streams of the runner. */
  readonly threads: DecodeThreads;
  send(message: FromRunner): void;
  /** Is the runner on standby? Asked when a walk begins. */
  standby(): boolean;
  readonly tuned: NonNullable<WalkParts['tuned']>;
  /** How files of what is learned are kept. */
  readonly sealer: Sealer;
}

export interface Playing {
  follow(until: number): void;
  watch(until: number, fps: number, width: number): void;
  live(after: number): void;
  lastAt(): number | undefined;
  /** Its source was read to its end, and is not tried again. */
  isOver(): boolean;
  close(): Promise<void>;
}

const RETRY_FIRST_MS = 400;
const RETRY_MAX_MS = 30_000;

/** @throws CodedError `config-invalid` for a stream that does not suit its model */
export function playStream({ assignment, engine, clock, threads, send, standby, tuned, sealer }: PlayOptions): Playing {
  const { stream, config, once } = assignment;
  const backoff = createBackoff(RETRY_FIRST_MS, RETRY_MAX_MS);
  const follower = createFollower(clock);
  const begins = createBegins();
  let walk: Walk | undefined;
  let cancelRetry: Cancel | undefined;
  let lastAt: number | undefined;
  let isReady = false;
  let closed = false;
  let over = false;

  const status = (rest: StreamStatus) => send({ type: 'status', stream, status: { model: engine.model, ...rest } });
  const problem = (code: ErrorCode, message: string, count = 1) =>
    send({ type: 'problem', at: clock.mono(), stream, code, message, count });
  const sign = createSigns(clock, (answered) => send({ type: 'sign', stream, answered }));
  const ready = () => {
    if (!isReady) send({ type: 'ready', stream });
    isReady = true;
  };
  const { stateFile } = assignment;
  /** Of an online detector the file is its own. Whoever is on standby only reads: the other one is still writing. */
  const memory = stateFile === undefined || 'online' in engine ? undefined : memoryOf(stateFile);
  function memoryOf(file: string): SelectorMemory {
    const kept = fileMemory(file, sealer, (message) => send({ type: 'note', stream, message }));
    return { read: kept.read, write: (state) => (standby() ? undefined : kept.write(state)) };
  }
  /** Why there is no picture now, and that it is tried again. */
  const waiting = (message: string, waitMs: number) => {
    status({ state: 'waiting', error: `${message}; next try in ${Math.ceil(waitMs / 1000)} s` });
    ready();
  };

  const begin = () => {
    if (closed) return;
    walk = startWalk(
      stream,
      config,
      {
        engine,
        clock,
        openSource: (options, events) => openSource({ ...options, reconnect: !once }, events, clock, threads),
        standby: standby(),
        tuned,
        ...(memory ? { memory } : {}),
      },
      {
        onOpened(info) {
          status({
            state: 'running',
            waitLimitMs: waitLimitMs(config, 'online' in engine ? undefined : engine.manifest.input),
            ...(info ? { width: info.width, height: info.height, decoder: info.decoder } : {}),
          });
          ready();
        },
        onWaiting: ({ message }, waitMs) => waiting(message, waitMs),
        onPictureFault: (fault) => send({ type: 'looks', stream, fault }),
        onNote: (message) => send({ type: 'note', stream, message }),
        onResult(result) {
          begins.note(result.frame, result.startedAt);
          // Not when it opens: a source may open well and give nothing.
          backoff.reset();
          if (once) return send({ type: 'result', stream, result });
          sign(true);
          if (follower.due()) send({ type: 'latest', stream, result: lighten(result) });
        },
        onSign(answered) {
          sign(answered);
        },
        onRecord: (body) => send({ type: 'record', at: clock.mono(), ...begins.of(body), model: engine.model, body }),
        onPreview: (header, jpeg) => send({ type: 'preview', header, jpeg }),
        onSample: (body, jpeg, worth) =>
          send({ type: 'sample', at: clock.mono(), model: engine.model, body, jpeg, worth }),
        onProblem: problem,
        onEnd(failure) {
          lastAt = walk?.lastAt() ?? lastAt;
          walk = undefined;
          if (failure) problem(failure.code, failure.message);
          if (once || !failure) {
            over = true;
            status({ state: 'ended' });
            ready();
            send({ type: 'done', stream, rssMb: rssMb(), ...(failure ? { failure } : {}) });
            return;
          }
          const waitMs = backoff.next();
          waiting(failure.message, waitMs);
          cancelRetry = clock.after(waitMs, begin);
        },
      },
    );
  };

  status({ state: 'starting' });
  if (engine.note !== undefined) send({ type: 'note', stream, message: engine.note });
  const exclusive = standby() && !isShareable(config);
  if (exclusive) ready();
  else begin();

  return {
    follow: follower.follow,
    watch: (until, fps, width) => walk?.watch(until, fps, width),
    live(after) {
      if (exclusive && !walk) begin();
      else walk?.live(after);
    },
    lastAt: () => walk?.lastAt() ?? lastAt,
    isOver: () => over,
    async close() {
      closed = true;
      cancelRetry?.();
      await walk?.close();
    },
  };
}
