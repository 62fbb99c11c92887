/** Pieces of sound of any length ⇒ windows, `step` samples from one to the next. Pure. */
import type { AudioInput } from '../../../shared/contract/model-manifest.ts';
import type { SensorWindow } from '../../../shared/engine/series/windows.ts';

export interface SoundWindows {
  /** @returns the windows that became full, each to be used before the next is asked for */
  push(samples: Float32Array): Generator<SensorWindow>;
}

export function createSoundWindows({ sampleRate, window, step = window }: AudioInput): SoundWindows {
  const tensor = new Float32Array(window);
  let filled = 0;
  let heard = 0;
  return {
    *push(samples) {
      for (let at = 0; at < samples.length; ) {
        // The window before was used; what of it belongs to this one too moves to the front.
        if (filled === window) {
          tensor.copyWithin(0, step);
          filled = window - step;
        }
        const part = samples.subarray(at, at + window - filled);
        tensor.set(part, filled);
        at += part.length;
        filled += part.length;
        heard += part.length;
        if (filled === window) yield { tensor, atMs: (heard * 1000) / sampleRate, last: [], restart: false };
      }
    },
  };
}
