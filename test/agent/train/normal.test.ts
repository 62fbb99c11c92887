/** Anomalies that people have called normal are learned when a model is trained. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { fitForecast } from '../../../agent/train/forecast.ts';
import { readNormal } from '../../../agent/train/normal.ts';
import { Detector } from '../../../shared/engine/series/online/detector.ts';
import { seeded } from '../../support/random.ts';
import { tempFolder } from '../../support/temp.ts';

const START = Date.UTC(2026, 0, 1);
const STEP_MS = 300_000;
const ODD = 1500;
const options = { window: 8, step: 1, detrend: false, weeks: 2 };

function series() {
  const random = seeded(4);
  const samples = Array.from({ length: 2500 }, (_, i) => ({
    atMs: START + i * STEP_MS,
    restart: false,
    values: [20 + random() + (i >= ODD && i < ODD + 5 ? 30 : 0)],
  }));
  return { channels: ['value'], samples, refused: 0, complaint: undefined, rateHz: 1000 / STEP_MS };
}

test('what was called normal in the training data is learned; what lies before or after it, or was as usual, is not', () => {
  const at = (i: number) => START + i * STEP_MS;
  const model = fitForecast(series(), { ...options, normal: [at(-50), at(800), at(ODD), at(9000)] });
  expect(model.judged.some(({ anomalous, atMs }) => anomalous && Math.abs(atMs - at(ODD)) < 20 * STEP_MS)).toBe(true);
  expect(model.normal).toEqual({ inData: 2, learned: 1 });
  const without = fitForecast(series(), options);
  expect(without.normal).toEqual({ inData: 0, learned: 0 });
  const [taught, plain] = [model, without].map(({ learned }) => new Detector(1, learned).state().channels[0]?.known);
  expect([taught?.known.length, plain?.known.length]).toEqual([1, 0]);
});

test('the file of the data folder, and the list of the hub', () => {
  const file = path.join(tempFolder(), 'normal.json');
  const write = (content: unknown) => writeFileSync(file, JSON.stringify(content));
  write({
    format: 1,
    said: [
      { event: '2', wall: 200 },
      { event: '1', wall: 100 },
    ],
  });
  expect(readNormal(file)).toEqual([100, 200]);
  const one = (stream: string, ms: number) => ({ event: '1', stream, at: new Date(ms).toISOString() });
  write({ items: [one('pump', 1000), one('fan', 2000)] });
  expect(readNormal(file, 'fan')).toEqual([2000]);
  expect(() => readNormal(file)).toThrow('tells of the streams fan, pump; name one with --stream');
  write({ items: [one('pump', 1000)] });
  expect(readNormal(file)).toEqual([1000]);
  write({ said: 1 });
  expect(() => readNormal(file)).toThrow('neither `detectors/STREAM.normal.json`');
  expect(() => readNormal(`${file}.none`)).toThrow('cannot be read: ENOENT');
});
