/** What the options of log-mel features say of each other and of the window; each alone is in fields.test.ts. */
import { expect, test } from 'vitest';
import { fftPoints, frameCount, logMel } from '../../../shared/contract/log-mel.ts';
import { audioInput } from '../../../shared/contract/model-manifest.ts';

const options = { frame: 400, hop: 160, bands: 64 };
const complaints = (more: object, input: object = {}) =>
  audioInput
    .safeParse({ sampleRate: 16_000, window: 15_600, logMel: { ...options, ...more }, ...input })
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

test.each([
  [{ fft: 500 }, {}, 'logMel.fft: must be a power of two, such as 512 or 1024'],
  [{ fft: 256 }, {}, 'logMel.fft: must be at least the frame (400 samples)'],
  [{ frame: 400 }, { window: 399 }, 'logMel.frame: must be at most the window (399 samples)'],
  [{ maxHz: 8001 }, {}, 'logMel.maxHz: must be at most half of sampleRate (8000 Hz)'],
  [{ minHz: 8000 }, {}, 'logMel.minHz: must be less than maxHz (8000 Hz)'],
  [{ minHz: 500, maxHz: 500 }, {}, 'logMel.minHz: must be less than maxHz (500 Hz)'],
  [{ hop: 1, bands: 512 }, {}, 'logMel.hop: gives more than 4194304 values a window: is it meant in samples?'],
  [{ std: 0 }, {}, 'logMel.std: must not be 0'],
  [{}, { step: 15_601 }, 'step: must be at most the window (15600): sound between would be missed'],
])('%j with %j', (more, input, wanted) => {
  expect(complaints(more, input)).toEqual([wanted]);
});

test('bounds that just hold', () => {
  expect(complaints({ fft: 512, maxHz: 8000, minHz: 7999 }, { step: 15_600 })).toEqual([]);
  expect(complaints({}, { window: 400, step: 400 })).toEqual([]);
});

test.each([
  [{}, 15_600, 512, 96],
  [{}, 400, 512, 1],
  [{}, 399, 512, 0],
  [{ center: true }, 15_999, 512, 100],
  [{ center: true }, 16_000, 512, 101],
  [{ frame: 512 }, 15_600, 512, 95],
  [{ frame: 513 }, 15_600, 1024, 95],
])('%j in %d samples', (more, samples, points, frames) => {
  const parsed = logMel.parse({ ...options, ...more });
  expect(fftPoints(parsed)).toBe(points);
  expect(frameCount(parsed, samples)).toBe(frames);
});
