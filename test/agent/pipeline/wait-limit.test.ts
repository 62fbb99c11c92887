import { expect, test } from 'vitest';
import { waitLimitMs } from '../../../agent/pipeline/wait-limit.ts';
import { streamConfig } from '../../../shared/contract/config/stream.ts';
import { modelInput } from '../../../shared/contract/model-manifest.ts';

const image = modelInput.parse({ width: 32, height: 32 });
const series = (rateHz: number) => modelInput.parse({ channels: ['t'], window: 8, rateHz });
const waitLimit = (config: object, input = image) => waitLimitMs(streamConfig.parse({ model: 'm', ...config }), input);

test('ten seconds, or five times what lies between two frames or samples, or twice what its source is allowed', () => {
  expect(waitLimit({ source: 'rtsp://c/1' })).toBe(10_000);
  expect(waitLimit({ source: 'rtsp://c/1', fps: 5 })).toBe(10_000);
  expect(waitLimit({ source: 'rtsp://c/1', fps: 0.1 })).toBe(50_000);
  expect(waitLimit({ source: { url: 'rtsp://c/1', stallS: 30 } })).toBe(60_000);
  expect(waitLimit({ source: { url: './folder', fps: 0.05 }, fps: 10 })).toBe(100_000);
  const sensor = { kind: 'sensor', source: { url: './a.csv' } };
  expect(waitLimit(sensor, series(10))).toBe(10_000);
  expect(waitLimit(sensor, series(1 / 60))).toBe(300_000);
  expect(waitLimit({ ...sensor, maxGapS: 600 }, series(1))).toBe(1_200_000);
  expect(waitLimit({ kind: 'audio', source: './a.wav' })).toBe(10_000);
});
