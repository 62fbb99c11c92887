/** Two real models on real sources, in this process. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { compareLive, type ShadowMessage, type ShadowOrder } from '../../../../agent/models/shadow/beside.ts';
import { streamConfig } from '../../../../shared/contract/config/stream.ts';
import { proofPolicy } from '../../../../shared/contract/messages/desired.ts';
import { shadowResult } from '../../../../shared/contract/messages/model-report.ts';
import { systemClock } from '../../../../shared/kit/clock.ts';
import { writeClip } from '../../../support/clip.ts';
import { openBuiltSource } from '../../../support/decode-threads.ts';
import { type BrightOptions, writeBrightPackage } from '../../../support/onnx.ts';
import { waveRows, writeCsv, writeWaveModel } from '../../../support/sensor.ts';

let folder: string;
let clip: string;
let wave: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'vedette-'));
  clip = await writeClip(folder, { frames: 100, fps: 50 });
  wave = await writeWaveModel(folder);
  return () => rmSync(folder, { recursive: true, force: true });
});

const side = (name: string, options: BrightOptions = {}, manifest = {}) => ({
  modelDir: writeBrightPackage(
    path.join(folder, name),
    { size: 64, boxCells: 3, ...options },
    { threshold: 0.5, ...manifest },
  ),
  variant: 'auto',
});
const street = (source: object = {}, more: object = {}) =>
  streamConfig.parse({ source: { url: clip, loop: true, ...source }, model: 'walker', ...more });

async function compare(order: Partial<ShadowOrder>, policy: object = {}) {
  const messages: ShadowMessage[] = [];
  const runtime = { threads: 1, provider: 'cpu' } as const;
  const [incumbent, candidate] = [side('incumbent'), side('candidate')];
  const streams = [{ stream: 'a', config: street() }];
  const answer = await compareLive(
    { incumbent, candidate, runtime, streams, ...order, policy: proofPolicy.parse({ shadowTimeoutS: 30, ...policy }) },
    (what) => messages.push(what),
    { clock: systemClock, openSource: openBuiltSource },
  );
  if (answer.type === 'refused') throw new Error(answer.reason);
  return { messages, type: answer.type, result: shadowResult.parse(answer.result) };
}

test('the same model of another input size agrees on live frames of all streams, until as many have come as are wanted', async () => {
  const streams = ['a', 'b'].map((stream) => ({ stream, config: street() }));
  const { messages, type, result } = await compare(
    { candidate: side('large', { size: 128, boxCells: 6 }), streams },
    { shadowFrames: 60 },
  );
  expect(type).toBe('done');
  expect(result.frames).toBeGreaterThanOrEqual(60);
  expect(result.wanted).toBe(60);
  expect(result.errors).toEqual({ incumbent: 0, candidate: 0 });
  expect(result.seen).toBeGreaterThan(0);
  expect(result.agreement).toBeGreaterThan(0.5);
  expect(messages.length).toBeGreaterThan(0);
  for (const progress of messages) expect(progress.type).toBe('progress');
});

test('it ends as soon as the candidate cannot pass any more, or its time is over', async () => {
  const poisoned = await compare(
    { candidate: side('poisoned', { poison: true }) },
    { shadowFrames: 100_000, maxErrorRate: 0.0001 },
  );
  expect(poisoned.result.errors.candidate).toBeGreaterThan(10);
  expect(poisoned.result.frames).toBeLessThan(1000);
  expect(poisoned.result.errors.incumbent).toBe(0);
  const began = systemClock.mono();
  const late = await compare({}, { shadowFrames: 100_000, shadowTimeoutS: 1 });
  expect(late.type).toBe('done');
  expect(systemClock.mono() - began).toBeGreaterThan(900);
  expect(late.result.frames).toBeLessThan(1000);
});

test('models that cannot be compared are refused before a source is opened', async () => {
  const candidate = side('other-task', {}, { name: 'other' });
  await expect(compare({ candidate: { ...candidate, modelDir: wave } })).rejects.toThrow(/its task is "anomaly"/);
  await expect(compare({ candidate: { ...candidate, modelDir: folder } })).rejects.toThrow(/model\.yaml/);
});

test('a candidate that takes away what a rule or a hidden label needs is refused by its path; what was wrong before is not held against it', async () => {
  const labels = (...all: string[]) => side(`labels-${all.join('-')}`, { labels: all.length }, { labels: all });
  const config = street(
    {},
    {
      rules: [
        { kind: 'absence', name: 'alone', afterS: 5, labels: ['person'] },
        { kind: 'threshold', name: 'crowd', atLeast: 5, labels: ['horse'] },
      ],
      privacy: { labels: ['person'] },
    },
  );
  const streams = [{ stream: 'yard', config }];
  const both = { incumbent: labels('person', 'dog'), streams };
  await expect(compare({ ...both, candidate: labels('cat', 'dog') })).rejects.toThrow(
    /^streams\.yard\.rules\[0\]\.labels\[0\]: "person" is no label of bright; it has: cat, dog.*streams\.yard\.privacy\.labels\[0\]/s,
  );
  await expect(compare({ ...both, candidate: labels('cat', 'dog') })).rejects.toThrow(/^((?!horse).)*$/s);
  const others = streams.map((one) => ({ ...one, config: street() }));
  for (const seen of [streams, others])
    expect(
      (await compare({ ...both, streams: seen, candidate: labels('person', 'cat') }, { shadowFrames: 5 })).type,
    ).toBe('done');
});

test('a recording stands for a camera: it goes on after its end, though its stream reads it once and fast', async () => {
  const streams = [{ stream: 'a', config: street({ loop: false, pace: 'fast' }) }];
  const { result } = await compare({ streams }, { shadowFrames: 130 });
  expect(result.frames).toBeGreaterThanOrEqual(130);
});

test('windows of a series are shown to both; when no stream gives more, it ends', async () => {
  const ofWave = { modelDir: wave, variant: 'auto' };
  const url = writeCsv(folder, 'live.csv', waveRows(400, 300));
  const config = streamConfig.parse({ kind: 'sensor', model: 'wave', source: { url, pace: 'fast' } });
  const streams = ['a', 'b'].map((stream) => ({ stream, config }));
  const { result } = await compare({ incumbent: ofWave, candidate: ofWave, streams }, { shadowFrames: 100_000 });
  // Both streams to their ends: (400 - 16) / 2 + 1 windows each.
  expect(result.frames).toBe(2 * 193);
  expect(result).toMatchObject({ agreement: 1, confidenceShift: 0, errors: { incumbent: 0, candidate: 0 } });
});
