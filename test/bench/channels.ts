/**
 * Machines with 2, 8, 32 and 64 channels: is it found that one of them breaks its relation to the others, in its own range? `train anomaly`
 * fits a model to healthy rows, and its package judges a healthy week and then the fault; beside it the online detector, which has seen all rows.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fitForecast } from '../../agent/train/forecast.ts';
import { writeForecastPackage } from '../../agent/train/package.ts';
import type { Series } from '../../agent/train/series.ts';
import { windowLengthOf } from '../../agent/train/window-length.ts';
import { isWindowInput } from '../../shared/contract/model-manifest.ts';
import { openEngine } from '../../shared/engine/engine.ts';
import { Detector } from '../../shared/engine/series/online/detector.ts';
import { createWindows } from '../../shared/engine/series/windows.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { FAULTS, type Machine, machineOf } from '../support/machines.ts';
import type { Bench } from './bench.ts';

const STEP_MS = 60_000;
const START = Date.UTC(2026, 0, 5);
const WEEK = 10_080;
/** Rows to train on, healthy rows after them, and rows with the fault. */
const ROWS = { train: WEEK / 2, healthy: WEEK, fault: 720 };
const FAULT_AT = START + (ROWS.train + ROWS.healthy) * STEP_MS;

/** What is said of one sample. */
interface Said {
  readonly atMs: number;
  readonly anomalous: boolean;
  readonly parts: readonly number[];
}

interface Tried {
  readonly falseAlarms: number;
  /** Samples from the fault to the event. */
  readonly after: number | undefined;
  readonly isNamed: boolean;
}

export const channels: Bench = {
  summary: 'machines with 2 to 64 channels: is it found that one does not move with the others any more?',
  options: {
    machines: { description: 'machines of each size; every fourth has the same fault', default: 8 },
    most: { description: 'channels of the largest', default: 64 },
  },
  async run(print, option) {
    for (const width of [2, 8, 32, 64].filter((one) => one <= option('most'))) {
      const [trained, online]: [Tried[], Tried[]] = [[], []];
      const windows: number[] = [];
      let fitS = 0;
      for (let seed = 1; seed <= option('machines'); seed++) {
        const fault = FAULTS[seed % FAULTS.length] ?? 'own way';
        const rows = ROWS.train + ROWS.healthy + ROWS.fault;
        const machine = machineOf({ width, seed, rows, faultAt: ROWS.train + ROWS.healthy, fault });
        const samples = machine.rows.map((values, i) => ({ atMs: START + i * STEP_MS, restart: i === 0, values }));
        const began = process.cpuUsage();
        const healthy = seriesOf(machine, samples.slice(0, ROWS.train));
        const { window } = windowLengthOf(healthy, SHAPE);
        windows.push(window);
        const fitted = fitForecast(healthy, { ...SHAPE, window, weeks: WEEKS });
        const { user, system } = process.cpuUsage(began);
        fitS += (user + system) / 1e6 / option('machines');
        trained.push(judged(await byPackage(fitted, samples.slice(ROWS.train)), machine));
        online.push(judged(byDetector(width, samples), machine));
      }
      const weeks = option('machines') * (ROWS.healthy / WEEK);
      report(
        `${width} channels, trained (windows of ${Math.min(...windows)} to ${Math.max(...windows)}, in ${fitS.toFixed(1)} s of a core)`,
        trained,
        weeks,
        print,
      );
      report(`${width} channels, online`, online, weeks + option('machines') * (ROWS.train / WEEK), print);
    }
  },
};

const SHAPE = { step: 1, detrend: false };
const WEEKS = 2;

function report(what: string, tried: readonly Tried[], weeks: number, print: (line: string) => void): void {
  const found = tried.flatMap(({ after }) => (after === undefined ? [] : [after])).toSorted((a, b) => a - b);
  const named = tried.filter(({ isNamed }) => isNamed);
  const falseAlarms = tried.reduce((sum, one) => sum + one.falseAlarms, 0);
  print(
    `${what}: found in ${found.length} of ${tried.length}, after ${found.join(', ')} samples; the channel named first in ${named.length}; ${falseAlarms} events in ${weeks} healthy weeks`,
  );
}

function seriesOf({ channels }: Machine, samples: Series['samples']): Series {
  return { channels, samples, refused: 0, complaint: undefined, rateHz: 1000 / STEP_MS };
}

/** As a stream does: through the package and the engine. */
async function byPackage(fitted: ReturnType<typeof fitForecast>, samples: Series['samples']): Promise<Said[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'channels-'));
  try {
    const dir = path.join(folder, 'm');
    writeForecastPackage(fitted, { dir, name: 'm', license: 'Apache-2.0' }, '<svg/>');
    const engine = await openEngine({ dir, variant: 'auto', threads: 1 }, systemClock);
    const { input } = engine.manifest;
    if (!isWindowInput(input)) throw new Error('a model of windows');
    const windows = createWindows(input);
    const inference = engine.attach();
    const said: Said[] = [];
    for (const sample of samples)
      for (const { tensor, atMs } of windows.push(sample)) {
        const { outcome } = await inference.run(tensor, undefined, atMs);
        if (outcome.task !== 'anomaly') throw new Error('an anomaly model');
        said.push({ atMs, anomalous: outcome.anomalous, parts: outcome.parts ?? [] });
      }
    await engine.close();
    return said;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function byDetector(width: number, samples: Series['samples']): Said[] {
  const detector = new Detector(width);
  return samples.map(({ atMs, values }) => ({ atMs, ...detector.next(atMs, values) }));
}

function judged(said: readonly Said[], { broken, channels }: Machine): Tried {
  const begins = said.filter(({ anomalous }, i) => anomalous && !said[i - 1]?.anomalous);
  const told = said.filter(({ anomalous, atMs }) => anomalous && atMs >= FAULT_AT);
  const sums = channels.map((_, c) => told.reduce((sum, { parts }) => sum + (parts[c] ?? 0), 0));
  const first = told[0];
  return {
    falseAlarms: begins.filter(({ atMs }) => atMs < FAULT_AT).length,
    after: first && (first.atMs - FAULT_AT) / STEP_MS,
    isNamed: first !== undefined && sums.indexOf(Math.max(...sums)) === broken,
  };
}
