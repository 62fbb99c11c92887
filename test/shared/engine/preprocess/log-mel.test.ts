/** Features of sound against those of PyTorch and torchaudio (log-mel.reference.py), and what must hold whatever the options. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { frameCount, logMel } from '../../../../shared/contract/log-mel.ts';
import { audioInput } from '../../../../shared/contract/model-manifest.ts';
import { featuresOf } from '../../../../shared/engine/preprocess/log-mel.ts';

const references = z
  .array(
    z.object({
      name: z.string(),
      input: audioInput,
      shape: z.tuple([z.number(), z.number()]),
      mean: z.number(),
      values: z.record(z.string(), z.number()),
    }),
  )
  .parse(JSON.parse(readFileSync(new URL('log-mel.reference.json', import.meta.url), 'utf8')));

/** As in log-mel.reference.py. */
function signal(samples: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length: samples }, (_, i) => {
    state = Number((BigInt(state) * 1103515245n + 12345n) % 2n ** 31n);
    return ((state / 2 ** 30 - 1) * (1 + (Math.floor(i / 256) % 8))) / 16;
  });
}

function featuresFor(input: unknown) {
  const features = featuresOf(audioInput.parse(input));
  if (!features) throw new Error('without features');
  return features;
}

test.each(references)('$name', ({ input, shape: [rows, columns], mean, values }) => {
  const found = featuresFor(input)(signal(input.window));
  expect(found.length).toBe(rows * columns);
  for (const [at, value] of Object.entries(values)) expect(found[Number(at)], `value ${at}`).toBeCloseTo(value, 3);
  expect(found.reduce((a, b) => a + b, 0) / found.length).toBeCloseTo(mean, 4);
});

const options = fc.record({
  frame: fc.integer({ min: 16, max: 64 }),
  hop: fc.integer({ min: 1, max: 80 }),
  bands: fc.integer({ min: 1, max: 24 }),
  scale: fc.constantFrom('htk', 'slaney'),
  triangles: fc.constantFrom('hz', 'mel'),
  area: fc.boolean(),
  taper: fc.constantFrom('hann', 'hann-symmetric', 'hamming', 'povey'),
  center: fc.boolean(),
  removeMean: fc.boolean(),
  power: fc.constantFrom(1, 2),
  log: fc.constantFrom('ln', 'log10', 'db'),
});
const window = 64;
const sound = fc.float32Array({ minLength: window, maxLength: window, min: -1, max: 1, noNaN: true });

test('every sound has finite features, as many as the manifest says; one layout is the other, transposed', () => {
  fc.assert(
    fc.property(options, sound, (chosen, samples) => {
      const input = { sampleRate: 8000, window, logMel: chosen };
      const rows = [...featuresFor(input)(samples)];
      const columns = [...featuresFor({ ...input, logMel: { ...chosen, layout: 'bands-time' } })(samples)];
      const frames = frameCount(logMel.parse(chosen), window);
      expect(rows).toHaveLength(frames * chosen.bands);
      expect(rows.every(Number.isFinite)).toBe(true);
      expect(rows).toEqual(rows.map((_, at) => columns[(at % chosen.bands) * frames + Math.floor(at / chosen.bands)]));
    }),
  );
});

test.each([
  // A factor of two is 6.02 dB, of powers and of magnitudes; of logarithms it counts as often as the power says.
  ['db', 1, -200, 20 * Math.log10(2)],
  ['db', 2, -100, 20 * Math.log10(2)],
  ['ln', 1, Math.log(1e-10), Math.log(2)],
  ['ln', 2, Math.log(1e-10), 2 * Math.log(2)],
  ['log10', 1, -10, Math.log10(2)],
  ['log10', 2, -10, 2 * Math.log10(2)],
] as const)(
  'in %s of magnitudes to the power of %d silence is the floor, and twice as loud is a step',
  (log, power, floor, step) => {
    const logMel = { frame: 400, hop: 160, bands: 8, log, power };
    const features = featuresFor({ sampleRate: 16000, window: 1600, logMel });
    expect(new Set(features(new Float32Array(1600)))).toEqual(new Set([Math.fround(floor)]));
    const soft = [...features(signal(1600))];
    const loud = [...features(signal(1600).map((x) => 2 * x))];
    for (const [at, value] of soft.entries()) expect((loud[at] ?? 0) - value).toBeCloseTo(step, 3);
  },
);

test('a sound of another length is refused', () => {
  const features = featuresFor({ sampleRate: 8000, window, logMel: { frame: 32, hop: 16, bands: 4 } });
  expect(() => features(new Float32Array(63))).toThrow('63 samples instead of 64');
});

test.each([
  [20, 1, 0],
  [80, 4, -30],
])('with topDb %d nothing is further below the loudest value of the window', (topDb, std, mean) => {
  const input = { sampleRate: 16_000, window: 16_000 };
  const settings = { frame: 1024, hop: 512, bands: 128, scale: 'slaney', area: true, center: true, log: 'db' };
  const sound = signal(16_000).map((value, i) => (i < 4000 ? value : value / 1e6));
  const plain = Float32Array.from(featuresFor({ ...input, logMel: settings })(sound));
  const loudest = Math.max(...plain);
  const found = featuresFor({ ...input, logMel: { ...settings, topDb, std, mean } })(sound);
  expect(Math.min(...plain)).toBeLessThan(loudest - topDb);
  for (const [i, value] of found.entries())
    expect(value).toBeCloseTo((Math.max(plain[i] as number, loudest - topDb) - mean) / std, 4);
});

test('topDb without decibels is refused', () => {
  const logMelOf = { frame: 400, hop: 160, bands: 40, topDb: 80 };
  const wrong = audioInput.safeParse({ sampleRate: 16_000, window: 16_000, logMel: logMelOf });
  expect(wrong.error?.issues).toMatchObject([
    { path: ['logMel', 'topDb'], message: 'is in decibels: it needs `log: db`' },
  ]);
});
