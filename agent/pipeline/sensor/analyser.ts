/** What looks at the windows of one stream: a model's engine, or an online detector (online.ts). */
import { isWindowInput } from '../../../shared/contract/model-manifest.ts';
import type { Engine, EngineResult } from '../../../shared/engine/engine.ts';
import type { Outcome } from '../../../shared/engine/outcome.ts';
import type { SensorWindow } from '../../../shared/engine/series/windows.ts';

/** A window that was looked at before this start. */
export interface Past {
  readonly atMs: number;
  readonly last: readonly number[];
  readonly outcome: Outcome;
}

export interface Analyser {
  /** Names of the last values of a window; none of sound. */
  readonly channels: readonly string[];
  /** Where the stream names none. */
  readonly threshold: number;
  /** @throws CodedError `model-failed` */
  run(window: SensorWindow, threshold?: number): Promise<EngineResult>;
  /** What the last run had seen and not closed with: rules look at it once more before the first window, and report none of it. */
  past?(threshold?: number): Iterable<Past>;
  /** Whether a rule is in the middle of something: a start after a kill then has to see its beginning again. */
  hold?(isBusy: boolean): void;
  /** The series was interrupted. */
  reset(): void;
  /** The stream ends. */
  close(): void;
}

export function analyseByModel(engine: Engine): Analyser {
  const { input, threshold } = engine.manifest;
  const inference = engine.attach();
  return {
    channels: isWindowInput(input) ? input.channels : [],
    threshold,
    run: ({ tensor, atMs }, asked) => inference.run(tensor, asked, atMs),
    reset: inference.reset,
    close: () => undefined,
  };
}
