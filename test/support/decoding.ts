/** The decode loop in the test's own thread, with a walk that gives every frame back at once. */
import { onTestFinished } from 'vitest';
import { decodeLoop } from '../../agent/pipeline/source/picture/decode-loop.ts';
import type { SourceMessage, SourceRequest } from '../../agent/pipeline/source/picture/source.ts';
import type { Gate, PictureWatch } from '../../agent/pipeline/stage.ts';
import { type SourceConfig, sourceConfig } from '../../shared/contract/config/source.ts';
import { type Clock, systemClock } from '../../shared/kit/clock.ts';
import { tinyInput } from './inputs.ts';
import { until } from './until.ts';

type Of<T extends SourceMessage['type']> = Extract<SourceMessage, { type: T }>;
type Timed<T extends SourceMessage['type']> = Of<T> & { readonly at: number };

export interface Decoding {
  /** Everything of this type so far, with when it came (`Clock.mono`). */
  all<T extends SourceMessage['type']>(type: T): Timed<T>[];
  /** Waits for one that came after the moment `after`. */
  next<T extends SourceMessage['type']>(type: T, after?: number, timeoutMs?: number): Promise<Timed<T>>;
  /** Resolves with the failure, if it was one, when the loop has ended. */
  readonly ended: Promise<Of<'failed'> | undefined>;
  /** Asks for no more frames; those handed over are not given back before `release` is called. */
  finish(): void;
  /** Gives the frames back that were kept (`slow`). */
  release(): void;
  close(): Promise<void>;
}

export const now = () => systemClock.mono();

export function startDecoding(
  source: Partial<SourceConfig> & { url: string },
  options: { fps?: number; reconnect?: boolean; slow?: boolean; gate?: Gate; watch?: PictureWatch; clock?: Clock } = {},
): Decoding {
  const messages: (SourceMessage & { at: number })[] = [];
  let received: (request: SourceRequest) => void = () => undefined;
  const kept: SourceRequest[] = [];
  const { slow, gate, watch, clock = systemClock, ...rest } = options;
  const ended = decodeLoop(
    { source: sourceConfig.parse({ pace: 'fast', ...source }), input: tinyInput, inFlight: 3, ...rest },
    {
      send(message) {
        const empty = { tensor: new Float32Array() };
        messages.push({ ...message, ...(message.type === 'frame' ? empty : {}), at: now() });
        if (message.type !== 'frame') return;
        const { frame, tensor } = message;
        if (slow) kept.push({ type: 'release', frame, tensor, quietMs: 0 });
        else setImmediate(() => received({ type: 'release', frame, tensor, quietMs: 0 }));
      },
      receive: () => undefined,
      onRequest(listener) {
        received = listener;
      },
      blocking: () => undefined,
    },
    clock,
    { gate, watch },
  ).then(() => all('failed')[0]);
  const all = <T extends SourceMessage['type']>(type: T) => messages.filter((m) => m.type === type) as Timed<T>[];
  const close = async () => {
    received({ type: 'close' });
    await ended;
  };
  onTestFinished(close);
  return {
    all,
    next: (type, after = 0, timeoutMs = 30_000) =>
      until(() => all(type).find((m) => m.at > after), `a message "${type}"`, timeoutMs),
    ended,
    finish: () => received({ type: 'finish' }),
    release() {
      for (const request of kept.splice(0)) received(request);
    },
    close,
  };
}
