/**
 * Cross-channel models: a machine with 2, 8 or 64 channels, each with one or more that move as it does. `train anomaly` fits a model to healthy rows;
 * then one channel leaves its partner and moves by itself, as widely and as quickly as before, so that each alone looks healthy.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fitForecast } from '../../agent/train/forecast.ts';
import { writeForecastPackage } from '../../agent/train/package.ts';
import type { Series } from '../../agent/train/series.ts';
import { isWindowInput } from '../../shared/contract/model-manifest.ts';
import { openEngine } from '../../shared/engine/engine.ts';
import { createWindows } from '../../shared/engine/series/windows.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { seeded } from '../support/random.ts';
import type { Bench } from './bench.ts';

const STEP_MS = 60_000;
const START = Date.UTC(2026, 0, 5);
/** Rows to train on, healthy rows after them, and rows with the fault. */
const ROWS = { train: 5000, healthy: 2000, fault: 600 };
const BROKEN = [0, 1] as const;
/** Channels that move together, beyond the first two. */
const GROUP = 4;
const REMEMBERS = 0.9;
const OWN_NOISE = 0.3;

export const channels: Bench = {
  summary:
    'trained models of machines with 2, 8 and 64 channels: is it found that two channels do not move together any more?',
  options: { machines: { description: 'machines of each size', default: 5 } },
  async run(print, option) {
    for (const width of [2, 8, 64]) {
      const results = [];
      for (let seed = 1; seed <= option('machines'); seed++) results.push(await tryMachine(width, seed));
      const found = results.filter(({ after }) => after !== undefined);
      const named = results.filter(({ isNamed }) => isNamed);
      const delays = found.map(({ after = 0 }) => after).toSorted((a, b) => a - b);
      const falseAlarms = results.reduce((sum, one) => sum + one.falseAlarms, 0);
      const seconds = results.reduce((sum, one) => sum + one.fitS, 0) / results.length;
      print(
        `${width} channels: found in ${found.length} of ${results.length}, after ${delays.join(', ')} samples; both channels named first in ${named.length}; ${falseAlarms} events in ${results.length} × ${ROWS.healthy} healthy rows; fitted in ${seconds.toFixed(1)} s of a core`,
      );
    }
  },
};

async function tryMachine(width: number, seed: number) {
  const rows = machine(width, seed);
  const began = process.cpuUsage();
  const names = Array.from({ length: width }, (_, c) => `c${c}`);
  const samples = rows.map((values, i) => ({ atMs: START + i * STEP_MS, restart: i === 0, values }));
  const series: Series = {
    channels: names,
    samples: samples.slice(0, ROWS.train),
    refused: 0,
    complaint: undefined,
    rateHz: 1000 / STEP_MS,
  };
  const fitted = fitForecast(series, { window: 8, step: 1, detrend: false, weeks: 2 });
  const { user, system } = process.cpuUsage(began);
  const folder = mkdtempSync(path.join(tmpdir(), 'channels-'));
  try {
    const dir = path.join(folder, 'm');
    writeForecastPackage(fitted, { dir, name: 'm', license: 'Apache-2.0' }, '<svg/>');
    return { ...(await judge(dir, samples.slice(ROWS.train))), fitS: (user + system) / 1e6 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function judge(dir: string, samples: Series['samples']) {
  const engine = await openEngine({ dir, variant: 'auto', threads: 1 }, systemClock);
  const { input } = engine.manifest;
  if (!isWindowInput(input)) throw new Error('a model of windows');
  const windows = createWindows(input);
  const inference = engine.attach();
  const faultAt = START + (ROWS.train + ROWS.healthy) * STEP_MS;
  let [falseAlarms, before, after] = [0, false, undefined as number | undefined];
  const sums = input.channels.map(() => 0);
  for (const sample of samples)
    for (const { tensor, atMs } of windows.push(sample)) {
      const { outcome } = await inference.run(tensor, undefined, atMs);
      if (outcome.task !== 'anomaly') throw new Error('an anomaly model');
      if (outcome.anomalous && !before && atMs < faultAt) falseAlarms++;
      if (outcome.anomalous && atMs >= faultAt) {
        after ??= (atMs - faultAt) / STEP_MS;
        for (const [c, part] of (outcome.parts ?? []).entries()) sums[c] = (sums[c] ?? 0) + part;
      }
      before = outcome.anomalous;
    }
  await engine.close();
  const first = sums
    .map((sum, c) => ({ sum, c }))
    .toSorted((a, b) => b.sum - a.sum)
    .slice(0, 2);
  const isNamed = after !== undefined && first.every(({ c }) => BROKEN.some((one) => one === c));
  return { falseAlarms, after, isNamed };
}

function machine(width: number, seed: number): number[][] {
  const random = seeded(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const groupOf = (c: number) => (c < 2 ? 0 : 1 + Math.floor((c - 2) / GROUP));
  const latent = Array.from({ length: groupOf(width - 1) + 2 }, normal);
  const own = latent.length - 1;
  return Array.from({ length: ROWS.train + ROWS.healthy + ROWS.fault }, (_, row) => {
    for (let g = 0; g < latent.length; g++)
      latent[g] = REMEMBERS * (latent[g] ?? 0) + Math.sqrt(1 - REMEMBERS ** 2) * normal();
    const isFault = row >= ROWS.train + ROWS.healthy;
    return Array.from({ length: width }, (_channel, c) => {
      const group = isFault && c === BROKEN[1] ? own : groupOf(c);
      return 50 + 10 * ((latent[group] ?? 0) + OWN_NOISE * normal());
    });
  });
}
