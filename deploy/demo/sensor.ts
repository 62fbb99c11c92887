/** The demo's second stream: a machine's temperature, and a model of it that is fitted at the first start. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fitAnomaly } from '../../agent/train/anomaly.ts';
import { writeAnomalyPackage } from '../../agent/train/package.ts';
import { readSeries } from '../../agent/train/series.ts';
import { ensureSensorSeries } from '../../fixtures/sensor/series.ts';
import type { Clock } from '../../shared/kit/clock.ts';

export interface DemoSensor {
  /** CSV file to replay. */
  readonly series: string;
  /** Folder of the model package. */
  readonly model: string;
}

const FIT = { window: 64, step: 4, detrend: false, quantile: 0.995, margin: 1.5 };

export async function ensureSensor(cacheDir: string, clock: Clock, say: (line: string) => void): Promise<DemoSensor> {
  const { healthy, live } = ensureSensorSeries({ cacheDir, say });
  // The series is named after its content, and so is what was learned from it.
  const model = healthy.replace(/\.csv$/, '.model');
  if (!existsSync(path.join(model, 'model.yaml'))) {
    const started = clock.mono();
    const series = await readSeries({ file: healthy, columns: [], time: 'timestamp' }, clock);
    const fitted = fitAnomaly(series, FIT);
    writeAnomalyPackage(fitted, { dir: model, name: 'machine-temperature', license: 'Apache-2.0' });
    const seconds = ((clock.mono() - started) / 1000).toFixed(1);
    say(`Fitted an anomaly model to ${series.samples.length} rows of healthy data in ${seconds} s.`);
  }
  return { series: live, model };
}
