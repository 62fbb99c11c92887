/**
 * Log-mel features: what most models of sound take instead of samples. The options are those in which the makers of such models
 * differ; shared/engine/preprocess/log-mel.ts computes them, and shared/README.md gives those of well-known models.
 */
import { z } from 'zod';

export const logMel = z.strictObject({
  frame: z.number().int().min(16).max(16_384).describe('samples of one frame (win_length)'),
  hop: z.number().int().min(1).max(16_384).describe('samples from one frame to the next'),
  fft: z
    .number()
    .int()
    .min(16)
    .max(32_768)
    .refine((n) => Number.isInteger(Math.log2(n)), { error: 'must be a power of two, such as 512 or 1024' })
    .optional()
    .describe('points of the FFT; default: the next power of two from `frame`'),
  bands: z.number().int().min(1).max(512).describe('mel bands (n_mels)'),
  minHz: z.number().min(0).max(96_000).default(0).describe('lower edge of the lowest band'),
  maxHz: z
    .number()
    .positive()
    .max(96_000)
    .optional()
    .describe('upper edge of the highest band; default: half of sampleRate'),
  scale: z
    .enum(['htk', 'slaney'])
    .default('htk')
    .describe('htk: 2595 log10(1 + f/700); slaney: librosa without htk=True'),
  triangles: z
    .enum(['hz', 'mel'])
    .default('hz')
    .describe('where the sides of a band are straight: over Hz (librosa, torchaudio) or over mel (TensorFlow, Kaldi)'),
  area: z.boolean().default(false).describe('each band is divided by half its width in Hz (norm="slaney")'),
  taper: z
    .enum(['hann', 'hann-symmetric', 'hamming', 'povey'])
    .default('hann')
    .describe('window of a frame; povey: Kaldi, symmetric Hann to the power of 0.85'),
  center: z
    .boolean()
    .default(false)
    .describe('frames stand around multiples of `hop`; the ends are mirrored (center=True)'),
  removeMean: z.boolean().default(false).describe('the mean of each frame is taken out first (Kaldi)'),
  preemphasis: z.number().min(0).max(1).default(0).describe('of each frame: x[i] - preemphasis x[i-1] (Kaldi: 0.97)'),
  power: z
    .union([z.literal(1), z.literal(2)])
    .default(2)
    .describe('of magnitudes: 1 or 2'),
  log: z.enum(['ln', 'log10', 'db']).default('ln').describe('db: 10 log10 of a power, 20 log10 of a magnitude'),
  offset: z.number().min(0).max(1).default(0).describe('is added before the logarithm'),
  floor: z.number().positive().max(1).default(1e-10).describe('what is less counts as this before the logarithm'),
  topDb: z
    .number()
    .positive()
    .max(1000)
    .optional()
    .describe('with log: db; what is so many dB below the loudest value of the window counts as that (top_db)'),
  mean: z.number().default(0).describe('value = (logarithm - mean) / std'),
  std: z
    .number()
    .refine((v) => v !== 0, { error: 'must not be 0' })
    .default(1),
  layout: z.enum(['time-bands', 'bands-time']).default('time-bands').describe('frame by frame, or band by band'),
});
export type LogMel = z.infer<typeof logMel>;

/** Points of the FFT of one frame. */
export function fftPoints({ fft, frame }: Pick<LogMel, 'fft' | 'frame'>): number {
  return fft ?? 2 ** Math.ceil(Math.log2(frame));
}

/** Frames in so many samples; 0 where not even one fits. */
export function frameCount({ center, frame, hop }: Pick<LogMel, 'center' | 'frame' | 'hop'>, samples: number): number {
  const free = center ? samples : samples - frame;
  return free < 0 ? 0 : 1 + Math.floor(free / hop);
}

/** Of one window's features. More is no model of sound but a mistake in `hop`. */
const MAX_VALUES = 4 * 1024 * 1024;

/** What does not fit together. */
export function logMelFaults(
  options: LogMel,
  { window, sampleRate }: { readonly window: number; readonly sampleRate: number },
): { readonly path: keyof LogMel; readonly message: string }[] {
  const { frame, bands, minHz, maxHz = sampleRate / 2 } = options;
  const faults: { path: keyof LogMel; message: string }[] = [];
  const points = fftPoints(options);
  if (points < frame) faults.push({ path: 'fft', message: `must be at least the frame (${frame} samples)` });
  if (frame > window) faults.push({ path: 'frame', message: `must be at most the window (${window} samples)` });
  if (maxHz > sampleRate / 2)
    faults.push({ path: 'maxHz', message: `must be at most half of sampleRate (${sampleRate / 2} Hz)` });
  if (options.topDb !== undefined && options.log !== 'db')
    faults.push({ path: 'topDb', message: 'is in decibels: it needs `log: db`' });
  if (minHz >= maxHz) faults.push({ path: 'minHz', message: `must be less than maxHz (${maxHz} Hz)` });
  if (frameCount(options, window) * bands > MAX_VALUES)
    faults.push({ path: 'hop', message: `gives more than ${MAX_VALUES} values a window: is it meant in samples?` });
  return faults;
}
