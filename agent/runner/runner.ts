/**
 * The child side of the process boundary: runs the streams that it is assigned, each on its own, and shares one engine among
 * the streams of a model. A stream that fails is tried again with backoff; the others do not notice.
 *
 * Invariants:
 * 1. An assignment that is given again unchanged is not touched; a changed one ends, drained, before it begins anew.
 * 2. On standby a stream says at most `status`, `note` and `ready`; a source that only one process can have is opened when live.
 * 3. An engine lives as long as a stream uses it.
 */
import { isDeepStrictEqual } from 'node:util';
import { isOnline } from '../../shared/contract/config/stream.ts';
import { openEngine } from '../../shared/engine/engine.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { CodedError, messageOf } from '../../shared/kit/errors.ts';
import { rssMb } from '../../shared/kit/memory.ts';
import { createSealer, noSealer, type Sealer } from '../../shared/kit/seal.ts';
import { MEMORY, onlineDetector, removeLearned } from '../pipeline/sensor/online.ts';
import type { DecodeThreads } from '../pipeline/source/picture/threads.ts';
import type { WalkParts } from '../pipeline/walk-parts.ts';
import { createEngines } from './engines.ts';
import type { Assignment, FromRunner, ToRunner } from './messages.ts';
import { type Playing, playStream } from './play.ts';

export interface Runner {
  handle(message: ToRunner): void;
  stop(): Promise<void>;
}

interface Running {
  readonly assignment: Assignment;
  playing?: Playing;
  ended: boolean;
}

/** @param threads shared by its streams */
export function createRunner(send: (message: FromRunner) => void, clock: Clock, threads: DecodeThreads): Runner {
  const engines = createEngines((options) => openEngine(options, clock));
  const streams = new Map<string, Running>();
  let standby = false;
  let tuned: Extract<ToRunner, { type: 'thresholds' }>['thresholds'] = {};
  /** Assignments are carried out one after the other. */
  let work: Promise<void> = Promise.resolve();

  const begin = (assignment: Assignment) => {
    const running: Running = { assignment, ended: false };
    streams.set(assignment.stream, running);
    // A stream may not suit its model: that too is known only now.
    const { config, stateFile, stateKey } = assignment;
    const opened: Promise<WalkParts['engine']> = isOnline(config)
      ? Promise.resolve(onlineDetector(stateFile, sealerOf(stateKey)))
      : engines.of(assignment);
    void opened.then((engine) => play(running, engine)).catch((error) => refuse(running, error));
  };

  const play = (running: Running, engine: WalkParts['engine']) => {
    const { stream } = running.assignment;
    if (!running.ended)
      running.playing = playStream({
        ...running,
        engine,
        clock,
        threads,
        send,
        standby: () => standby,
        tuned: () => (Object.hasOwn(tuned, stream) ? tuned[stream] : undefined),
        sealer: sealerOf(running.assignment.stateKey),
      });
  };

  /** A model that cannot be loaded stays refused until the configuration changes. */
  const refuse = ({ assignment: { stream }, ended }: Running, error: unknown) => {
    if (ended) return;
    const code = error instanceof CodedError ? error.code : 'internal';
    const message = messageOf(error);
    send({ type: 'problem', at: clock.mono(), stream, code, message, count: 1 });
    send({ type: 'status', stream, status: { state: 'refused', error: message } });
    send({ type: 'done', stream, failure: { code, message }, rssMb: rssMb() });
  };

  const end = async (running: Running) => {
    running.ended = true;
    await running.playing?.close();
  };

  const assign = async (assignments: readonly Assignment[]) => {
    const stays = ({ assignment }: Running) => assignments.some((a) => isDeepStrictEqual(a, assignment));
    const leaving = [...streams].filter(([, running]) => !stays(running));
    await Promise.all(
      leaving.map(async ([stream, running]) => {
        await end(running);
        streams.delete(stream);
      }),
    );
    await engines.keep(assignments);
    for (const assignment of assignments) if (!streams.has(assignment.stream)) begin(assignment);
  };

  /** The file goes between two walks: whoever closes writes it. */
  const forget = async (stream: string) => {
    const running = streams.get(stream);
    const stateFile = running?.assignment.stateFile;
    if (!running || stateFile === undefined) return send({ type: 'forgot', stream });
    try {
      await end(running);
      removeLearned(stateFile);
      send({ type: 'forgot', stream });
    } catch (error) {
      send({ type: 'forgot', stream, failure: messageOf(error) });
    } finally {
      if (!running.playing?.isOver()) begin(running.assignment);
    }
  };

  return {
    handle(message) {
      switch (message.type) {
        case 'assign':
          standby = message.standby;
          work = work.then(() => assign(message.assignments));
          break;
        case 'thresholds':
          tuned = message.thresholds;
          break;
        case 'live':
          standby = false;
          for (const [stream, { playing }] of streams) playing?.live(message.after[stream] ?? Number.NEGATIVE_INFINITY);
          break;
        case 'forget':
          work = work.then(() => forget(message.stream));
          break;
        case 'follow':
          streams.get(message.stream)?.playing?.follow(message.until);
          break;
        case 'watch':
          streams.get(message.stream)?.playing?.watch(message.until, message.fps, message.width);
          break;
      }
    },
    async stop() {
      await Promise.all(
        [...streams].map(async ([stream, running]) => {
          await end(running);
          const lastAt = running.playing?.lastAt();
          send({ type: 'drained', stream, ...(lastAt === undefined ? {} : { lastAt }) });
        }),
      );
    },
  };
}

/** The supervisor has put all that is kept under this key. */
function sealerOf(stateKey: string | undefined): Sealer {
  return stateKey === undefined ? noSealer : createSealer(Buffer.from(stateKey, 'base64'), [], MEMORY);
}
