/**
 * Sound ⇒ log-mel features. Pure but for its own buffers. The mel scales are those of HTK (Young et al., The HTK Book, 5.4) and of
 * Slaney's Auditory Toolbox (1998), the triangular filters those of librosa.filters.mel, torchaudio, tf.signal.linear_to_mel_weight_matrix
 * and Kaldi; tests hold the features against values of PyTorch and torchaudio.
 */
import FFT from 'fft.js';
import { fftPoints, frameCount, type LogMel } from '../../contract/log-mel.ts';
import type { AudioInput } from '../../contract/model-manifest.ts';

/**
 * @param samples one window of sound, -1 to 1, as many as `input.window` says
 * @returns frames x bands values, as `layout` says; the next call writes over them
 */
export type Features = (samples: Float32Array) => Float32Array;

/** Undefined for a model that takes sound as it is. */
export function featuresOf({ logMel: options, window, sampleRate }: AudioInput): Features | undefined {
  return options && createLogMel(options, window, sampleRate);
}

function createLogMel(options: LogMel, window: number, sampleRate: number): Features {
  const { frame, hop, bands, center, layout, mean, std, topDb } = options;
  const points = fftPoints(options);
  const frames = frameCount(options, window);
  const transform = new FFT(points);
  const taper = taperOf(options.taper, frame);
  const filters = filtersOf(options, points, sampleRate);
  const logarithm = logarithmOf(options);
  const padded = new Float64Array(points);
  const spectrum = new Float64Array(2 * points);
  const bins = new Float64Array(points / 2 + 1);
  const out = new Float32Array(frames * bands);
  return (samples) => {
    if (samples.length !== window) throw new RangeError(`${samples.length} samples instead of ${window}`);
    for (let index = 0; index < frames; index++) {
      const from = index * hop - (center ? Math.floor(frame / 2) : 0);
      for (let i = 0; i < frame; i++) padded[i] = samples[mirrored(from + i, window)] as number;
      condition(padded, options, taper);
      transform.realTransform(spectrum, padded);
      for (let bin = 0; bin < bins.length; bin++) {
        const [re, im] = [spectrum[2 * bin] as number, spectrum[2 * bin + 1] as number];
        const power = re * re + im * im;
        bins[bin] = options.power === 2 ? power : Math.sqrt(power);
      }
      for (let band = 0; band < bands; band++) {
        const { first, weights } = filters[band] as Filter;
        let sum = 0;
        for (let i = 0; i < weights.length; i++) sum += (weights[i] as number) * (bins[first + i] as number);
        const at = layout === 'time-bands' ? index * bands + band : band * frames + index;
        out[at] = logarithm(sum);
      }
    }
    if (topDb !== undefined) lift(out, topDb);
    for (let i = 0; i < out.length; i++) out[i] = ((out[i] as number) - mean) / std;
    return out;
  };
}

/** As librosa.power_to_db with `top_db`. */
function lift(decibels: Float32Array, topDb: number): void {
  let loudest = Number.NEGATIVE_INFINITY;
  for (const value of decibels) loudest = Math.max(loudest, value);
  for (let i = 0; i < decibels.length; i++) decibels[i] = Math.max(decibels[i] as number, loudest - topDb);
}

/** Beyond its ends the sound is mirrored, the end itself not repeated (numpy's `reflect`). */
function mirrored(at: number, length: number): number {
  if (at >= 0 && at < length) return at;
  const period = Math.max(1, 2 * (length - 1));
  const within = ((at % period) + period) % period;
  return within < length ? within : period - within;
}

/** The frame in the first places of `padded`, in the order of Kaldi: mean, pre-emphasis, taper. */
function condition(padded: Float64Array, { frame, removeMean, preemphasis }: LogMel, taper: Float64Array): void {
  let mean = 0;
  if (removeMean) {
    for (let i = 0; i < frame; i++) mean += padded[i] as number;
    mean /= frame;
  }
  let before = (padded[0] as number) - mean;
  for (let i = 0; i < frame; i++) {
    const value = (padded[i] as number) - mean;
    padded[i] = (value - preemphasis * before) * (taper[i] as number);
    before = value;
  }
}

function taperOf(kind: LogMel['taper'], frame: number): Float64Array {
  const [a, b] = kind === 'hamming' ? [0.54, 0.46] : [0.5, 0.5];
  const isSymmetric = kind === 'hann-symmetric' || kind === 'povey';
  const turns = isSymmetric ? frame - 1 : frame;
  const exponent = kind === 'povey' ? 0.85 : 1;
  return Float64Array.from(
    { length: frame },
    (_, i) => Math.max(0, a - b * Math.cos((2 * Math.PI * i) / turns)) ** exponent,
  );
}

function logarithmOf({ log, power, offset, floor }: LogMel): (value: number) => number {
  const factor = log === 'db' ? 20 / power : 1;
  const raw = log === 'ln' ? Math.log : Math.log10;
  return (value) => factor * raw(Math.max(value + offset, floor));
}

interface Filter {
  /** Bin of the first weight. */
  readonly first: number;
  readonly weights: Float64Array;
}

function filtersOf(
  { bands, minHz, maxHz, scale, triangles, area }: LogMel,
  points: number,
  sampleRate: number,
): Filter[] {
  const { toMel, toHz } = scales[scale];
  const [low, high] = [toMel(minHz), toMel(maxHz ?? sampleRate / 2)];
  const edges = Array.from({ length: bands + 2 }, (_, i) => low + (i * (high - low)) / (bands + 1));
  const place = triangles === 'mel' ? toMel : (hz: number) => hz;
  const placed = triangles === 'mel' ? edges : edges.map(toHz);
  return Array.from({ length: bands }, (_, band) => {
    const [left, middle, right] = placed.slice(band, band + 3) as [number, number, number];
    const width = toHz(edges[band + 2] as number) - toHz(edges[band] as number);
    const weights = Array.from({ length: points / 2 + 1 }, (_weight, bin) => {
      const at = place((bin * sampleRate) / points);
      const weight = Math.max(0, Math.min((at - left) / (middle - left), (right - at) / (right - middle)));
      return area ? (2 * weight) / width : weight;
    });
    const first = Math.max(
      0,
      weights.findIndex((w) => w > 0),
    );
    return { first, weights: Float64Array.from(weights.slice(first, weights.findLastIndex((w) => w > 0) + 1)) };
  });
}

/** Slaney: straight up to 1000 Hz, 200/3 Hz a mel; above, 27 mel for each factor of 6.4. */
const SLANEY_HZ = 200 / 3;
const SLANEY_BREAK = 1000;
const SLANEY_STEP = Math.log(6.4) / 27;

const scales = {
  htk: {
    toMel: (hz: number) => 2595 * Math.log10(1 + hz / 700),
    toHz: (mel: number) => 700 * (10 ** (mel / 2595) - 1),
  },
  slaney: {
    toMel: (hz: number) =>
      hz < SLANEY_BREAK ? hz / SLANEY_HZ : SLANEY_BREAK / SLANEY_HZ + Math.log(hz / SLANEY_BREAK) / SLANEY_STEP,
    toHz: (mel: number) =>
      mel * SLANEY_HZ < SLANEY_BREAK
        ? mel * SLANEY_HZ
        : SLANEY_BREAK * Math.exp(SLANEY_STEP * (mel - SLANEY_BREAK / SLANEY_HZ)),
  },
} as const;
