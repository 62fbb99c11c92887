import { readdirSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { weeksBetween } from '../../../agent/train/false-alarms.ts';
import { fitForecast } from '../../../agent/train/forecast.ts';
import { writeForecastPackage } from '../../../agent/train/package.ts';
import { ridgeOfEach } from '../../../agent/train/ridge.ts';
import type { Series } from '../../../agent/train/series.ts';
import { isWindowInput } from '../../../shared/contract/model-manifest.ts';
import { openEngine } from '../../../shared/engine/engine.ts';
import { packageFiles } from '../../../shared/engine/package/files.ts';
import { readPackage } from '../../../shared/engine/package/package.ts';
import { createWindows } from '../../../shared/engine/series/windows.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { seeded } from '../../support/random.ts';
import { tempFolder } from '../../support/temp.ts';

const START = Date.UTC(2026, 0, 5);
const options = { window: 8, step: 1, detrend: false, weeks: 2 };

/** A wave and its double, a sample a minute, with noise. */
function machine(rows: number, change: (row: number, values: number[]) => void = () => undefined, from = 0): Series {
  const random = seeded(from + 1);
  const samples = Array.from({ length: rows }, (_, i) => {
    const wave = Math.sin((from + i) / 9);
    const values = [60 + 5 * wave + 0.3 * random(), 3 + wave + 0.1 * random()];
    change(from + i, values);
    return { atMs: START + (from + i) * 60_000, values, restart: false };
  });
  return { channels: ['temperature', 'load'], samples, refused: 0, complaint: undefined, rateHz: 1 / 60 };
}

async function judge(dir: string, { samples }: Series) {
  const engine = await openEngine({ dir, variant: 'auto', threads: 1 }, systemClock);
  onTestFinished(() => engine.close());
  const { input } = engine.manifest;
  if (!isWindowInput(input)) throw new Error('a model of windows');
  const windows = createWindows(input);
  const inference = engine.attach();
  const judged: { row: number; score: number; anomalous: boolean; parts: readonly number[]; band: number[] }[] = [];
  for (const sample of samples)
    for (const { tensor, atMs } of windows.push(sample)) {
      const { outcome } = await inference.run(tensor, undefined, atMs);
      if (outcome.task !== 'anomaly') throw new Error('an anomaly model');
      const { score, anomalous, parts = [], expected } = outcome;
      judged.push({ row: (atMs - START) / 60_000, score, anomalous, parts, band: [...(expected?.[0] ?? [])] });
    }
  return judged;
}

test('what it has learned it knows at once: a channel that leaves the other is one event, and names itself', async () => {
  const dir = path.join(tempFolder(), 'm');
  const fitted = fitForecast(machine(4000), options);
  expect(fitted.explained).toBeGreaterThan(0.9);
  writeForecastPackage(fitted, { dir, name: 'm', license: 'Apache-2.0' }, '<svg/>');
  expect(readdirSync(dir).toSorted()).toEqual(['fp32.onnx', 'learned.json', 'model.yaml', 'report.svg']);
  // A picture for people travels with nobody; what the head needs does.
  expect(await packageFiles(dir, (await readPackage(dir)).manifest)).toEqual([
    'fp32.onnx',
    'learned.json',
    'model.yaml',
  ]);
  // In the first hour: the load alone jumps, by less than it moves in a wave.
  const live = machine(
    300,
    (row, values) => {
      if (row >= 4060 && row < 4070) values[1] = (values[1] ?? 0) + 1.5;
    },
    4000,
  );
  const judged = await judge(dir, live);
  const begins = judged.filter(({ anomalous }, i) => anomalous && !judged[i - 1]?.anomalous);
  expect(begins.map(({ row }) => row)).toEqual([4060]);
  expect(begins[0]?.parts[1]).toBeGreaterThan(0.7);
  const usual = judged.filter(({ row }) => row < 4060);
  const inside = usual.filter(({ row, band: [low = 0, high = 0] }) => {
    const value = live.samples[row - 4000]?.values[0] ?? Number.NaN;
    return value >= low && value <= high;
  });
  expect(inside.length / usual.length).toBeGreaterThan(0.9);
  expect(usual[0]?.band[1]).toBeLessThan((usual[0]?.band[0] ?? 0) + 3);
});

test('outliers in the training data change neither the scale nor the forecast much', () => {
  const plain = fitForecast(machine(2000), options);
  const dirty = fitForecast(
    machine(2000, (row, values) => {
      if (row % 97 === 50) values[0] = 1e6;
    }),
    options,
  );
  expect(dirty.input.mean[0]).toBeCloseTo(plain.input.mean[0] ?? 0, 0);
  expect((dirty.input.std[0] ?? 0) / (plain.input.std[0] ?? 1)).toBeCloseTo(1, 0);
  const off = plain.weights[0]?.map((weight, i) => Math.abs(weight - (dirty.weights[0]?.[i] ?? 0))) ?? [];
  expect(Math.max(...off)).toBeLessThan(0.3);
});

test('too little data is told with what to do', () => {
  expect(() => fitForecast(machine(40), options)).toThrow(/40 rows make 33 windows of 8 samples; at least 50/);
  expect(() => fitForecast(machine(100), { ...options, window: 1 })).toThrow(/--window must be at least 2/);
  expect(() => fitForecast(machine(100), { ...options, window: 1025 })).toThrow(/at most 2048/);
});

test('channels that moved together and do not any more leave a wider error in both, though each moves as before', () => {
  const random = seeded(5);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const [shared, alone] = [0, 0].map(() => {
    let level = 0;
    return Array.from({ length: 3000 }, () => (level = 0.9 * level + normal()));
  });
  const plant = (second: readonly number[] = []): Series => ({
    channels: ['a', 'b'],
    samples: (shared ?? []).map((value, i) => ({
      atMs: START + i * 60_000,
      restart: i === 0,
      values: [value + 0.3 * normal(), (second[i] ?? 0) + 0.3 * normal()],
    })),
    refused: 0,
    complaint: undefined,
    rateHz: 1 / 60,
  });
  const { weights, input } = fitForecast(plant(shared), options);
  const errorsOf = (series: Series) => {
    const cutter = createWindows(input);
    const tensors = series.samples.flatMap((one) => Array.from(cutter.push(one), ({ tensor }) => [...tensor]));
    return weights.map((weight, c) => {
      const errors = tensors.map((tensor) => {
        const said = tensor.reduce((sum, value, i) => sum + value * (weight[i] ?? 0), weight[tensor.length] ?? 0);
        return (tensor[tensor.length - 2 + c] ?? 0) - said;
      });
      return Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
    });
  };
  const [together, apart] = [errorsOf(plant(shared)), errorsOf(plant(alone))];
  for (const c of [0, 1]) expect((apart[c] ?? 0) / (together[c] ?? 1)).toBeGreaterThan(2);
});

test('ridge regression finds the weights that made the targets, and its residuals are orthogonal to the rows', () => {
  const weight = fc.integer({ min: -5, max: 5 });
  fc.assert(
    fc.property(fc.array(weight, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 1e6 }), (wanted, seed) => {
      const random = seeded(seed);
      const rows = Array.from({ length: 60 }, () => Float64Array.from(wanted, () => random() - 0.5));
      const target = rows.map((row) => row.reduce((sum, value, i) => sum + value * (wanted[i] ?? 0), 0));
      const [found] = ridgeOfEach(
        rows.map((row, r) => Float64Array.from([...row, target[r] ?? 0])),
        1,
        1e-9,
      );
      expect([...(found ?? [])].map((value) => Math.round(value * 1e3) / 1e3 + 0)).toEqual([...wanted, 0]);
    }),
  );
});

test.each([
  ['1/week', 1],
  ['2/week', 0.5],
  [' 1 / day ', 1 / 7],
  ['1/month', 4.348],
  ['0.5/year', 104.357],
  ['0/week', undefined],
  ['week', undefined],
  ['1/hour', undefined],
])('--false-alarms %s', (text, wanted) => {
  const weeks = weeksBetween(text);
  expect(weeks === undefined ? undefined : Math.round(weeks * 1000) / 1000).toBe(
    wanted === undefined ? undefined : Math.round(wanted * 1000) / 1000,
  );
});

test('of one channel the detector learns the values as they are, far ones too; of several what the forecast is wrong by', () => {
  const both = machine(600);
  const one: Series = {
    ...both,
    channels: ['load'],
    samples: both.samples.map((sample, i) => ({ ...sample, values: [i === 400 ? 900 : (sample.values[1] ?? 0)] })),
  };
  const fitted = fitForecast(one, options);
  expect(fitted.judges).toBe('value');
  // In parts of the scale, far beyond what the fit takes in.
  expect(fitted.learned.channels[0]?.features.range?.[1]).toBeGreaterThan(100);
  expect(fitForecast(both, options).judges).toBe('error');
});
