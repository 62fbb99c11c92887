/** Pieces of sound of any length ⇒ consecutive windows. Pure. */
import type { AudioInput } from '../../../shared/contract/model-manifest.ts';
import type { SensorWindow } from '../../../shared/engine/series/windows.ts';

export interface SoundWindows {
  /** @returns the windows that became full, each to be used before the next is asked for */
  push(samples: Float32Array): Generator<SensorWindow>;
}

export function createSoundWindows({ sampleRate, window }: AudioInput): SoundWindows {
  const tensor = new Float32Array(window);
  let filled = 0;
  let emitted = 0;
  return {
    *push(samples) {
      for (let at = 0; at < samples.length; ) {
        const part = samples.subarray(at, at + window - filled);
        tensor.set(part, filled);
        at += part.length;
        filled += part.length;
        if (filled < window) return;
        filled = 0;
        emitted += window;
        yield { tensor, atMs: (emitted * 1000) / sampleRate, last: [], restart: false };
      }
    },
  };
}
