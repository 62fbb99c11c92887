import { expect, test } from 'vitest';
import { waitLimitFor, windowMsOf } from '../../../agent/doctor/wait-limit.ts';
import { streamConfig } from '../../../shared/contract/config/stream.ts';
import { windowInput } from '../../../shared/contract/model-manifest.ts';

const of = (raw: object, window?: { window: number; rateHz: number }, waitMs?: number) => {
  const input = window && windowInput.parse({ ...window, channels: ['value'] });
  const { sampleMs, resultMs, samplesSuffice } = waitLimitFor(streamConfig.parse(raw), input, waitMs);
  return [sampleMs / 1000, samplesSuffice ? 'samples suffice' : resultMs / 1000];
};
const topic = { kind: 'sensor', model: 'm', source: { url: 'mqtt://127.0.0.1', topic: 'a' } };
const online = { kind: 'sensor', detector: 'online', source: { url: 'mqtt://127.0.0.1', topic: 'a' } };

test.each([
  ['a camera', { source: 'rtsp://127.0.0.1/a', model: 'm' }, undefined, [15, 15]],
  ['one that sleeps', { source: { url: 'rtsp://127.0.0.1/a', openS: 30 }, model: 'm' }, undefined, [45, 45]],
  ['a file', { kind: 'sensor', model: 'm', source: { url: 'a.csv' } }, undefined, [15, 15]],
  ['a sensor at a broker', online, undefined, [135, 135]],
  ['with a window of 20 s', topic, { window: 20, rateHz: 1 }, [135, 165]],
  [
    'with a window of an hour: that samples come is enough',
    topic,
    { window: 60, rateHz: 1 / 60 },
    [135, 'samples suffice'],
  ],
] as const)('%s', (_what, raw, window, expected) => {
  expect(of(raw, window)).toEqual(expected);
});

test('what a person asks for counts instead', () => {
  expect(of({ source: { url: 'rtsp://127.0.0.1/a', openS: 30 }, model: 'm' }, undefined, 5000)).toEqual([5, 5]);
  expect(of(topic, { window: 10, rateHz: 1 }, 600_000)).toEqual([600, 615]);
});

test('a window is as long as its samples', () => {
  expect(windowMsOf(windowInput.parse({ window: 30, rateHz: 0.5, channels: ['a'] }))).toBe(60_000);
  expect(windowMsOf(undefined)).toBe(0);
});
