/** A small anomaly model of a wave, fitted the way a user would, and series for it. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fitAnomaly } from '../../agent/train/anomaly.ts';
import { writeAnomalyPackage } from '../../agent/train/package.ts';
import { readSeries } from '../../agent/train/series.ts';
import { systemClock } from '../../shared/kit/clock.ts';

/** A wave of ten rows with a little noise, one row a second; rows from `fault` on are off for twenty rows. */
export function waveRows(count: number, fault = Number.POSITIVE_INFINITY): string[] {
  return Array.from({ length: count }, (_, i) => {
    const off = i >= fault && i < fault + 20 ? 5 : 0;
    const noise = Math.sin(i * 12.9898) * 0.05;
    return `${new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString()},${(Math.sin((2 * Math.PI * i) / 10) + noise + off).toFixed(5)}`;
  });
}

export function writeCsv(folder: string, name: string, rows: readonly string[], header = 'timestamp,value'): string {
  const file = path.join(folder, name);
  writeFileSync(file, `${[header, ...rows].join('\n')}\n`);
  return file;
}

export const waveFit = { window: 16, step: 2, detrend: false, quantile: 0.995, margin: 2 };

export async function writeWaveModel(folder: string): Promise<string> {
  const file = writeCsv(folder, 'healthy.csv', waveRows(600));
  const series = await readSeries({ file, columns: ['value'], time: 'timestamp' }, systemClock);
  const dir = path.join(folder, 'wave');
  writeAnomalyPackage(fitAnomaly(series, waveFit), { dir, name: 'wave', license: 'Apache-2.0' });
  return dir;
}

/** A WAV file of 16-bit mono sound. */
export function wavOf(samples: Float32Array, rate: number): Buffer {
  const bytes = Buffer.alloc(44 + samples.length * 2);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + samples.length * 2, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt32LE(rate * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(samples.length * 2, 40);
  for (const [i, value] of samples.entries())
    bytes.writeInt16LE(Math.round(Math.max(-1, Math.min(1, value)) * 32_767), 44 + i * 2);
  return bytes;
}
