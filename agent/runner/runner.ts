/**
 * The child side of the process boundary: runs the streams that it is assigned, each on its own, and shares one engine among
 * the streams of a model. A stream that fails is tried again with backoff; the others do not notice.
 */
import { type Engine, openEngine } from '../../shared/engine/engine.ts';
import { type Backoff, createBackoff } from '../../shared/kit/backoff.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { CodedError, type ErrorCode, messageOf } from '../../shared/kit/errors.ts';
import { rssMb } from '../../shared/kit/memory.ts';
import { openSource } from '../pipeline/source/open.ts';
import type { Walk } from '../pipeline/stream.ts';
import { startWalk } from '../pipeline/walk.ts';
import { createFollower, type Follower, lighten } from './follow.ts';
import type { Assignment, FromRunner, StreamStatus, ToRunner } from './messages.ts';

export interface Runner {
  handle(message: ToRunner): void;
  stop(): Promise<void>;
}

interface Running {
  readonly follower: Follower;
  walk?: Walk;
  cancelRetry?: Cancel;
}

const RETRY_FIRST_MS = 400;
const RETRY_MAX_MS = 30_000;

export function createRunner(send: (message: FromRunner) => void, clock: Clock): Runner {
  const engines = new Map<string, Promise<Engine>>();
  const streams = new Map<string, Running>();
  let stopping = false;

  const engineOf = ({ modelDir, variant, batch, runtime }: Assignment): Promise<Engine> => {
    const key = JSON.stringify([modelDir, variant, runtime]);
    const known = engines.get(key) ?? openEngine({ dir: modelDir, variant, batch, ...runtime }, clock);
    engines.set(key, known);
    return known;
  };

  const trouble = (stream: string, code: ErrorCode, message: string, count = 1) =>
    send({ type: 'trouble', at: clock.mono(), stream, code, message, count });

  const begin = (assignment: Assignment) => {
    const backoff = createBackoff(RETRY_FIRST_MS, RETRY_MAX_MS);
    const running: Running = { follower: createFollower(clock) };
    streams.set(assignment.stream, running);
    // A stream may not suit its model: that too is known only now.
    void engineOf(assignment)
      .then((engine) => play(assignment, engine, running, backoff))
      .catch((error) => refuse(assignment.stream, error));
  };

  /** A model that cannot be loaded stays refused until the configuration changes. */
  const refuse = (stream: string, error: unknown) => {
    const code = error instanceof CodedError ? error.code : 'internal';
    const message = messageOf(error);
    trouble(stream, code, message);
    send({ type: 'status', stream, status: { state: 'refused', error: message } });
    send({ type: 'done', stream, failure: { code, message }, rssMb: rssMb() });
  };

  const play = (assignment: Assignment, engine: Engine, running: Running, backoff: Backoff) => {
    if (stopping) return;
    const { stream, config, once } = assignment;
    const status = (rest: StreamStatus) => send({ type: 'status', stream, status: { model: engine.model, ...rest } });
    status({ state: 'starting' });
    if (engine.note !== undefined) send({ type: 'note', stream, message: engine.note });
    running.walk = startWalk(
      stream,
      config,
      { engine, clock, openSource: (options, events) => openSource({ ...options, reconnect: !once }, events, clock) },
      {
        onOpened(info) {
          backoff.reset();
          status({
            state: 'running',
            ...(info ? { width: info.width, height: info.height, decoder: info.decoder } : {}),
          });
        },
        onWaiting({ message }, waitMs) {
          status({ state: 'waiting', error: `${message}; next try in ${Math.ceil(waitMs / 1000)} s` });
        },
        onNote: (message) => send({ type: 'note', stream, message }),
        onResult(result) {
          // Not when it opens: a source may open well and give nothing.
          backoff.reset();
          if (once) send({ type: 'result', stream, result });
          else if (running.follower.due()) send({ type: 'latest', stream, result: lighten(result) });
        },
        onRecord: (body) => send({ type: 'record', at: clock.mono(), model: engine.model, body }),
        onPreview: (header, jpeg) => send({ type: 'preview', header, jpeg }),
        onTrouble: (code, message, count) => trouble(stream, code, message, count),
        onEnd(failure) {
          delete running.walk;
          if (failure) trouble(stream, failure.code, failure.message);
          if (once || !failure) {
            status({ state: 'ended' });
            send({ type: 'done', stream, rssMb: rssMb(), ...(failure ? { failure } : {}) });
            return;
          }
          const waitMs = backoff.next();
          status({ state: 'waiting', error: `${failure.message}; next try in ${Math.ceil(waitMs / 1000)} s` });
          running.cancelRetry = clock.after(waitMs, () => play(assignment, engine, running, backoff));
        },
      },
    );
  };

  return {
    handle(message) {
      if (message.type === 'assign') for (const assignment of message.assignments) begin(assignment);
      else if (message.type === 'follow') streams.get(message.stream)?.follower.follow(message.until);
      else streams.get(message.stream)?.walk?.watch(message.until, message.fps, message.width);
    },
    async stop() {
      stopping = true;
      for (const running of streams.values()) running.cancelRetry?.();
      await Promise.all([...streams.values()].map((running) => running.walk?.close()));
    },
  };
}
