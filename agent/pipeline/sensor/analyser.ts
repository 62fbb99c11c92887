/** What looks at the windows of one stream: a model's engine, or an online detector (online.ts). */
import { isWindowInput } from '../../../shared/contract/model-manifest.ts';
import type { Engine, EngineResult } from '../../../shared/engine/engine.ts';
import type { SensorWindow } from '../../../shared/engine/series/windows.ts';

export interface Analyser {
  /** Names of the last values of a window; none of sound. */
  readonly channels: readonly string[];
  /** Where the stream names none. */
  readonly threshold: number;
  /** @throws CodedError `model-failed` */
  run(window: SensorWindow, threshold?: number): Promise<EngineResult>;
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
