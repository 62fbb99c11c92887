/** What a walk is made of, and what it can be asked to do. */
import type { TunedThresholds } from '../../shared/contract/messages/desired.ts';
import type { Engine } from '../../shared/engine/engine.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import type { SelectorMemory } from './choose/memory.ts';
import type { Online } from './sensor/online.ts';
import type { Source, SourceEvents, SourceOptions } from './source/picture/source.ts';

export interface WalkParts {
  /** What answers. */
  readonly engine: Engine | Online;
  /** Of a stream of pictures. */
  readonly openSource: (options: SourceOptions, events: SourceEvents) => Source;
  readonly clock: Clock;
  /** What the hub says of the stream's thresholds now; absent: nothing. */
  readonly tuned?: () => TunedThresholds | undefined;
  /** What selectors of samples remember over restarts; absent: nothing. */
  readonly memory?: SelectorMemory;
  /** Analyse everything and report nothing until `live` (standby.ts). */
  readonly standby?: boolean;
}

/** The parts of a walk whose stream has a model. */
export interface ModelWalkParts extends WalkParts {
  readonly engine: Engine;
}

export function hasModel(parts: WalkParts): parts is ModelWalkParts {
  return !('online' in parts.engine);
}

export interface Walk {
  /**
   * Sends previews of at most `fps` a second and this width, until the moment `until` of the monotonic clock. Does nothing
   * where there is no picture.
   */
  watch(until: number, fps: number, width: number): void;
  /** Writes out the summary of the interval so far. */
  flush(): void;
  /** Ends the standby: reports the frames whose decoding began after this moment of `Clock.mono`. */
  live(after: number): void;
  /** When the decoding of the last frame began; undefined before the first. */
  lastAt(): number | undefined;
  close(): Promise<void>;
}
