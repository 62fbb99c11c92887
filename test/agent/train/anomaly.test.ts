import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { type FitOptions, fitAnomaly } from '../../../agent/train/anomaly.ts';
import { writeAnomalyPackage } from '../../../agent/train/package.ts';
import { errorOf } from '../../../agent/train/reconstruction.ts';
import { readSeries, type Series } from '../../../agent/train/series.ts';
import { FAULT_ROWS, machineCsv } from '../../../fixtures/sensor/machine.ts';
import { isWindowInput } from '../../../shared/contract/model-manifest.ts';
import { openEngine } from '../../../shared/engine/engine.ts';
import { createWindows } from '../../../shared/engine/series/windows.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { seeded } from '../../support/random.ts';
import { waveFit, waveRows, writeCsv } from '../../support/sensor.ts';
import { tempFolder } from '../../support/temp.ts';

const fit: FitOptions = { window: 64, step: 4, detrend: false, quantile: 0.995, margin: 1.5 };
const read = (file: string, column: string) => readSeries({ file, columns: [column], time: 'timestamp' }, systemClock);

interface Judged {
  readonly atMs: number;
  readonly anomalous: boolean;
}

/** The written package, run as a stream runs it, over a whole series. */
async function judge(dir: string, series: Series): Promise<Judged[]> {
  const engine = await openEngine({ dir, variant: 'auto', threads: 1 }, systemClock);
  onTestFinished(() => engine.close());
  const { input } = engine.manifest;
  if (!isWindowInput(input)) throw new Error('a model of windows');
  const windows = createWindows(input);
  const inference = engine.attach();
  const judged: Judged[] = [];
  for (const sample of series.samples)
    for (const { tensor, atMs } of windows.push(sample)) {
      const { outcome } = await inference.run(tensor);
      if (outcome.task === 'anomaly') judged.push({ atMs, anomalous: outcome.anomalous });
    }
  return judged;
}

async function trained(healthy: Series, options: FitOptions = fit): Promise<string> {
  const dir = path.join(tempFolder(), 'model');
  writeAnomalyPackage(fitAnomaly(healthy, options), { dir, name: 'm', license: 'Apache-2.0' });
  return dir;
}

test('a machine: every fault is seen while it lasts, and false alarms are rare', { timeout: 60_000 }, async () => {
  const folder = tempFolder();
  const write = (name: string, text: string) => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const faults = [400, 1700, 3000];
  const healthy = await read(write('h.csv', machineCsv({ rows: 5760, faults: [], seed: 11 })), 'temperature');
  const live = await read(write('l.csv', machineCsv({ rows: 4320, faults, seed: 99 })), 'temperature');
  const judged = await judge(await trained(healthy), live);
  const start = live.samples[0]?.atMs ?? 0;
  const rowOf = (j: Judged) => (j.atMs - start) / 60_000;
  for (const fault of faults)
    expect(judged.some((j) => j.anomalous && rowOf(j) >= fault && rowOf(j) < fault + FAULT_ROWS)).toBe(true);
  // A window ends up to 64 rows after the fault that it contains.
  const calm = judged.filter((j) => faults.every((f) => rowOf(j) < f || rowOf(j) > f + FAULT_ROWS + 64));
  const rate = calm.filter((j) => j.anomalous).length / calm.length;
  console.log(
    `generated machine: ${faults.length} of ${faults.length} faults, false alarms ${(100 * rate).toFixed(2)} % of windows`,
  );
  expect(rate).toBeLessThan(0.02);
});

const assets = path.resolve(import.meta.dirname, '../../../../shared/assets/sensor');
const labelled = z.record(z.string(), z.array(z.tuple([z.string(), z.string()])));

test.skipIf(!existsSync(assets))(
  'a real machine (NAB): something inside each labelled window that it was not trained on',
  { timeout: 60_000 },
  async () => {
    const series = await read(path.join(assets, 'nab_machine_temperature_system_failure.csv'), 'value');
    const labels = labelled.parse(JSON.parse(readFileSync(path.join(assets, 'nab_combined_windows.json'), 'utf8')));
    const utc = (text: string) => Date.parse(`${text.slice(0, 19).replace(' ', 'T')}Z`);
    const failures = (labels['realKnownCause/machine_temperature_system_failure.csv'] ?? []).map(
      ([a, b]) => [utc(a), utc(b)] as const,
    );
    expect(failures).toHaveLength(4);
    // The first labelled failure lies within the first 15 % of the rows: what is before it is what is healthy for sure.
    const healthy = { ...series, samples: series.samples.filter((s) => s.atMs < (failures[0]?.[0] ?? 0)) };
    const until = healthy.samples.at(-1)?.atMs ?? 0;
    const judged = (await judge(await trained(healthy), series)).filter((j) => j.atMs > until);
    const inside = ({ atMs }: Judged) => failures.findIndex(([a, b]) => atMs >= a && atMs <= b);
    const seen = failures.map((_, i) => judged.filter((j) => j.anomalous && inside(j) === i).length);
    const calm = judged.filter((j) => inside(j) < 0);
    const rate = calm.filter((j) => j.anomalous).length / calm.length;
    const part = (100 * healthy.samples.length) / series.samples.length;
    console.log(
      `NAB, trained on the first ${part.toFixed(1)} %: anomalous windows in each failure ${seen.join(', ')}; false alarms ${(100 * rate).toFixed(2)} % of ${calm.length} windows`,
    );
    expect(seen.every((n) => n > 0)).toBe(true);
    expect(rate).toBeLessThan(0.05);
  },
);

test('the threshold is that of windows that the fit has not seen: noise of the same kind is rarely an anomaly', async () => {
  const noise = (seed: number, rows: number): Series => {
    const next = seeded(seed);
    const samples = Array.from({ length: rows }, (_, n) => ({
      ...{ atMs: n * 1000, restart: false },
      values: [next() + next() + next()],
    }));
    return { channels: ['value'], rateHz: 1, samples, refused: 0, complaint: undefined };
  };
  // Few windows beside their length: what was seen is fitted far better than what comes.
  const options = { ...fit, window: 32, step: 4, quantile: 0.99, margin: 1 };
  const judged = await judge(await trained(noise(1, 400), options), noise(2, 4000));
  expect(judged.filter((j) => j.anomalous).length / judged.length).toBeLessThan(0.4);
});

test('a vibration that gets another frequency, as strong as before, is seen within its window', async () => {
  const RATE = 50;
  const CHANGE_S = 60;
  const vibration = (seed: number, seconds: number, otherHz: number): Series => {
    const next = seeded(seed);
    const samples = Array.from({ length: seconds * RATE }, (_, n) => {
      const t = n / RATE;
      const second = Math.sin(2 * Math.PI * (t < CHANGE_S ? 13 : otherHz) * t);
      return {
        ...{ atMs: n * (1000 / RATE), restart: false },
        values: [Math.sin(2 * Math.PI * 7 * t) + second + 0.3 * (next() + next() - 1)],
      };
    });
    return { channels: ['value'], rateHz: RATE, samples, refused: 0, complaint: undefined };
  };
  const dir = await trained(vibration(1, 200, 13));
  const rateOf = (judged: readonly Judged[]) => judged.filter((j) => j.anomalous).length / judged.length;
  expect(rateOf(await judge(dir, vibration(2, 120, 13)))).toBeLessThan(0.02);
  for (const otherHz of [12, 14, 17, 3]) {
    const judged = await judge(dir, vibration(3, 120, otherHz));
    const windowMs = (fit.window * 1000) / RATE;
    const after = judged.filter((j) => j.atMs >= CHANGE_S * 1000 + windowMs);
    expect(rateOf(judged.filter((j) => j.atMs < CHANGE_S * 1000))).toBeLessThan(0.02);
    expect(rateOf(after), `${otherHz} Hz`).toBeGreaterThan(0.95);
  }
});

test('the graph computes what the fit computed', async () => {
  const healthy = await read(writeCsv(tempFolder(), 'a.csv', waveRows(600)), 'value');
  const fitted = fitAnomaly(healthy, waveFit);
  const dir = await trained(healthy, waveFit);
  const engine = await openEngine({ dir, variant: 'auto', threads: 1 }, systemClock);
  onTestFinished(() => engine.close());
  const inference = engine.attach();
  for (let k = 0; k < 50; k++) {
    const window = Float32Array.from({ length: 16 }, (_, i) => 3 * Math.sin(k * i) + k / 10);
    const { outcome } = await inference.run(window);
    const wanted = errorOf(fitted.reconstruction, window);
    expect(outcome.task === 'anomaly' && Math.abs(outcome.score - wanted)).toBeLessThan(1e-4 * (1 + wanted));
  }
});

test('what cannot be trained on is told', async () => {
  const folder = tempFolder();
  const file = writeCsv(folder, 'a.csv', waveRows(100));
  const two = writeCsv(
    folder,
    'b.csv',
    waveRows(40).map((r) => `${r},1`),
    'timestamp,value,load',
  );
  const series = await read(file, 'value');
  expect(() => fitAnomaly(series, { ...waveFit, window: 64 })).toThrow(
    /100 rows make 19 windows of 64 samples; at least 50/,
  );
  expect(() => fitAnomaly(series, { ...waveFit, window: 5000 })).toThrow(/at most 2048/);
  const columns = { time: 'timestamp', columns: [] };
  await expect(readSeries({ file: two, ...columns }, systemClock)).rejects.toThrow(
    /columns timestamp, value, load; name what to train on/,
  );
  await expect(readSeries({ file: two, columns: [], time: 't' }, systemClock)).rejects.toThrow(
    /no column "t"; name the one with the time with --time \(it has: timestamp, value, load\)/,
  );
  await expect(readSeries({ file: '/nowhere.csv', ...columns }, systemClock)).rejects.toThrow(/cannot read/);
  await expect(readSeries({ file: writeCsv(folder, 'c.csv', waveRows(5)), ...columns }, systemClock)).rejects.toThrow(
    /5 usable rows/,
  );
});

test('a series that never moves can be learned: any movement is an anomaly', async () => {
  const rows = waveRows(300).map((r) => `${r.split(',')[0]},7`);
  const flat = await read(writeCsv(tempFolder(), 'a.csv', rows), 'value');
  const dir = await trained(flat, waveFit);
  expect((await judge(dir, flat)).some((j) => j.anomalous)).toBe(false);
  const moved = { ...flat, samples: flat.samples.map((s, i) => (i === 200 ? { ...s, values: [8] } : s)) };
  expect((await judge(dir, moved)).filter((j) => j.anomalous).length).toBeGreaterThan(0);
});

test('a package is never overwritten, and no draft stays behind', async () => {
  const folder = tempFolder();
  const dir = path.join(folder, 'm');
  const fitted = fitAnomaly(await read(writeCsv(folder, 'a.csv', waveRows(300)), 'value'), waveFit);
  writeAnomalyPackage(fitted, { dir, name: 'm', license: 'MIT' });
  const before = readFileSync(path.join(dir, 'model.yaml'), 'utf8');
  expect(() => writeAnomalyPackage(fitted, { dir, name: 'other', license: 'MIT' })).toThrow(/exists already/);
  expect(readFileSync(path.join(dir, 'model.yaml'), 'utf8')).toBe(before);
  expect(readdirSync(folder).toSorted()).toEqual(['a.csv', 'm']);
});
