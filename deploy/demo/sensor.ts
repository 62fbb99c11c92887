/** The demo's second stream: a machine's temperature, and an online detector that has watched it for four healthy days already. */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { readSeries } from '../../agent/train/series.ts';
import { ensureSensorSeries } from '../../fixtures/sensor/series.ts';
import { Detector } from '../../shared/engine/series/online/detector.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { writeDurably } from '../../shared/kit/durable-file.ts';

export interface DemoSensor {
  /** CSV file to replay. */
  readonly series: string;
}

const MODE = 0o600;

/** @param stateFile where the agent keeps what the detector of the stream has learned; what is there stays */
export async function ensureSensor(
  cacheDir: string,
  stateFile: string,
  clock: Clock,
  print: (line: string) => void,
): Promise<DemoSensor> {
  const { healthy, live } = ensureSensorSeries({ cacheDir, print });
  if (existsSync(stateFile)) return { series: live };
  const series = await readSeries({ file: healthy, columns: [], time: 'timestamp' }, clock);
  const detector = new Detector(series.channels.length);
  for (const { atMs, values } of series.samples) detector.next(atMs, values);
  mkdirSync(path.dirname(stateFile), { recursive: true });
  writeDurably(stateFile, JSON.stringify(detector.state()), MODE);
  print(`The machine's detector has seen ${series.samples.length} rows of healthy days.`);
  return { series: live };
}
