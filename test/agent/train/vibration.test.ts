/** A vibration gets a model of longer windows that judges what it is wrong by: another frequency is one event. */
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fitForecast } from '../../../agent/train/forecast.ts';
import { writeForecastPackage } from '../../../agent/train/package.ts';
import type { Series } from '../../../agent/train/series.ts';
import { windowLengthOf } from '../../../agent/train/window-length.ts';
import { isWindowInput } from '../../../shared/contract/model-manifest.ts';
import { openEngine } from '../../../shared/engine/engine.ts';
import { createWindows } from '../../../shared/engine/series/windows.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { seeded } from '../../support/random.ts';
import { tempFolder } from '../../support/temp.ts';

const RATE = 50;
const START = Date.UTC(2026, 0, 5);
const CHANGE_S = 60;
const SHAPE = { step: 1, detrend: false };

/** 7 and 13 Hz with noise; after a minute 13 becomes another frequency, or all becomes weaker. */
function vibration(seed: number, seconds: number, otherHz = 13, gain = 1, channels = ['value']): Series {
  const random = seeded(seed);
  const samples = Array.from({ length: seconds * RATE }, (_, n) => {
    const t = n / RATE;
    const isChanged = t >= CHANGE_S && seconds < 100;
    const values = channels.map((_c, c) => {
      const second = Math.sin(2 * Math.PI * (isChanged ? otherHz : 13) * t + 2 * c);
      return (isChanged ? gain : 1) * (Math.sin(2 * Math.PI * 7 * t + c) + second) + 0.3 * (random() + random() - 1);
    });
    return { atMs: START + seed * 1e6 + n * (1000 / RATE), restart: n === 0, values };
  });
  return { channels, samples, rateHz: RATE, refused: 0, complaint: undefined };
}

const healthy = (channels?: string[]) => vibration(1, 200, 13, 1, channels);

async function trained(series: Series) {
  const dir = path.join(tempFolder(), 'm');
  const { window } = windowLengthOf(series, SHAPE);
  const model = fitForecast(series, { window, ...SHAPE, weeks: 2 });
  writeForecastPackage(model, { dir, name: 'm', license: 'Apache-2.0' }, '<svg/>');
  const engine = await openEngine({ dir, variant: 'auto', threads: 1 }, systemClock);
  onTestFinished(() => engine.close());
  return { engine, judges: model.judges, window };
}

/** Seconds in which events begin. */
async function told({ engine }: Awaited<ReturnType<typeof trained>>, { samples }: Series): Promise<number[]> {
  const { input } = engine.manifest;
  if (!isWindowInput(input)) throw new Error('a model of windows');
  const inference = engine.attach();
  const windows = createWindows(input);
  const found: number[] = [];
  let before = false;
  for (const sample of samples)
    for (const { tensor, atMs } of windows.push(sample)) {
      const { outcome } = await inference.run(tensor, undefined, atMs);
      if (outcome.task !== 'anomaly') throw new Error('an anomaly model');
      const sum = (outcome.parts ?? []).reduce((all, part) => all + part, 0);
      expect(outcome.parts).toHaveLength(input.channels.length);
      expect(Math.min(Math.abs(sum), Math.abs(sum - 1))).toBeLessThan(1e-9);
      if (outcome.anomalous && !before) found.push((atMs - (samples[0]?.atMs ?? 0)) / 1000);
      before = outcome.anomalous;
    }
  return found;
}

test('another frequency, as strong as before, is one event within a second; as usual is none', {
  timeout: 60_000,
}, async () => {
  const model = await trained(healthy());
  expect(model).toMatchObject({ judges: 'both', window: 64 });
  expect(await told(model, vibration(3, 80))).toEqual([]);
  for (const hz of [12, 12.7, 17, 3]) {
    const found = await told(model, vibration(3, 80, hz));
    expect(found, `${hz} Hz`).toHaveLength(1);
    expect(found[0]).toBeGreaterThanOrEqual(CHANGE_S);
    expect(found[0], `${hz} Hz`).toBeLessThan(CHANGE_S + 1);
  }
  expect(await told(model, vibration(3, 80, 13, 0.5))).toHaveLength(1);
});

test('of three axes too', { timeout: 60_000 }, async () => {
  const axes = ['x', 'y', 'z'];
  const model = await trained(healthy(axes));
  expect(model.judges).toBe('error');
  expect(model.window).toBeGreaterThan(8);
  expect(await told(model, vibration(3, 80, 13, 1, axes))).toEqual([]);
  for (const hz of [12, 14, 17]) {
    const [first, ...others] = await told(model, vibration(3, 80, hz, 1, axes));
    expect(others).toEqual([]);
    expect(first).toBeLessThan(CHANGE_S + 1);
  }
});

test('noise, slow waves and short data keep the shortest window, whose values are judged', () => {
  const of = (count: number, at: (i: number, random: () => number) => number): Series => {
    const random = seeded(2);
    const samples = Array.from({ length: count }, (_, i) => ({
      ...{ atMs: START + i * 60_000, restart: i === 0 },
      values: [at(i, random)],
    }));
    return { channels: ['value'], samples, rateHz: 1 / 60, refused: 0, complaint: undefined };
  };
  const some = [
    of(3000, (_, random) => 5 + random()),
    of(3000, (i, random) => 20 + 10 * Math.sin(i / 200) + random()),
    of(80, (_, random) => random()),
    of(3000, () => 7),
  ];
  for (const series of some) {
    const { window, tried } = windowLengthOf(series, SHAPE);
    expect(window).toBe(8);
    expect(tried.every(({ error }) => Number.isFinite(error))).toBe(true);
    expect(fitForecast(series, { window, ...SHAPE, weeks: 2 }).judges).toBe('value');
  }
});
