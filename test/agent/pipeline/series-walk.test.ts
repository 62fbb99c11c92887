import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { FrameResult } from '../../../agent/pipeline/outputs.ts';
import { openSource } from '../../../agent/pipeline/source/picture/open.ts';
import { startWalk } from '../../../agent/pipeline/walk.ts';
import { streamConfig } from '../../../shared/contract/config/stream.ts';
import { recordBody } from '../../../shared/contract/messages/record.ts';
import { openEngine } from '../../../shared/engine/engine.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { writeBrightPackage } from '../../support/onnx.ts';
import { waveRows, writeCsv, writeWaveModel } from '../../support/sensor.ts';
import { tempFolder } from '../../support/temp.ts';

async function engineOf(dir: string) {
  const engine = await openEngine({ dir, variant: 'auto', threads: 1 }, systemClock);
  onTestFinished(() => engine.close());
  return engine;
}

type Body = Parameters<Parameters<typeof startWalk>[3]['onRecord']>[0];

async function walk(config: Record<string, unknown>, dir: string) {
  const engine = await engineOf(dir);
  const records: Body[] = [];
  const results: FrameResult[] = [];
  const problems: [string, string, number][] = [];
  const notes: string[] = [];
  const parsed = streamConfig.parse({ model: 'm', ...config });
  const failure = await new Promise<{ code: string; message: string } | undefined>((resolve) => {
    startWalk(
      'spindle',
      parsed,
      { engine, openSource, clock: systemClock },
      {
        onOpened: (info) => expect(info).toBeUndefined(),
        onResult: (result) => void results.push(result),
        onRecord: (body) => void records.push(body),
        onPreview: () => expect.unreachable('there is no picture'),
        onProblem: (...problem) => void problems.push(problem),
        onNote: (message) => void notes.push(message),
        onEnd: resolve,
      },
    );
  });
  return { records, results, problems, notes, failure };
}

const stamp = { config: 'c', boot: 'b', mono: 0, wall: 0, clock: 'unsynced' };

test('a fault in a series is an anomaly, an event with start and end, and in the records', async () => {
  const folder = tempFolder();
  const url = writeCsv(folder, 'live.csv', waveRows(400, 300));
  const rules = [{ kind: 'anomaly', name: 'fault' }];
  const config = { kind: 'sensor', source: { url, pace: 'fast' }, rules };
  const { records, results, problems, failure } = await walk(config, await writeWaveModel(folder));
  expect(failure).toBeUndefined();
  expect(problems).toEqual([]);
  expect(results.map((r) => r.frame)).toEqual(results.map((_, i) => i));
  const anomalous = results
    .filter((r) => r.outcome.task === 'anomaly' && r.outcome.anomalous)
    .map((r) => r.ptsMs / 1000 + 15);
  expect(Math.min(...anomalous)).toBeGreaterThanOrEqual(299);
  expect(Math.min(...anomalous)).toBeLessThan(304);
  expect(Math.max(...anomalous)).toBeLessThan(340);
  const events = records.filter((r) => r.kind === 'event');
  expect(events.map((e) => [e.rule, e.ruleKind, e.action, e.label])).toEqual([
    ['fault', 'anomaly', 'start', 'anomaly'],
    ['fault', 'anomaly', 'end', 'anomaly'],
  ]);
  expect(events.every((e) => e.box === undefined && e.snapshot === undefined)).toBe(true);
  const [first] = records.filter((r) => r.kind === 'reading');
  expect(first).toMatchObject({ stream: 'spindle', ptsMs: 0, anomalous: false, values: { value: expect.any(Number) } });
  const summary = records.filter((r) => r.kind === 'summary');
  expect(summary).toHaveLength(1);
  expect(summary[0]).toMatchObject({ frames: 400, inferred: 193, failed: 0, labels: { anomaly: anomalous.length } });
  for (const record of records) expect(recordBody.safeParse({ ...record, ...stamp }).error).toBeUndefined();
});

test('a pause is noted, as no error, and no window reaches over it; a fixed threshold stays', async () => {
  const folder = tempFolder();
  const rows = [...waveRows(200).slice(0, 50), ...waveRows(200).slice(100)];
  const config = { kind: 'sensor', source: { url: writeCsv(folder, 'l.csv', rows), pace: 'fast' }, threshold: 99 };
  const { results, problems, notes } = await walk(config, await writeWaveModel(folder));
  expect(problems).toEqual([]);
  expect(notes).toEqual([expect.stringContaining('a pause of more than 5 s')]);
  expect(results).toHaveLength(18 + 43);
  expect(results.every((r) => r.outcome.task === 'anomaly' && r.outcome.threshold === 99)).toBe(true);
});

test('a stream and a model of different kinds are refused, with what to do', async () => {
  const folder = tempFolder();
  const wave = await writeWaveModel(folder);
  const csv = writeCsv(folder, 'a.csv', waveRows(10));
  await expect(walk({ source: 'a.mp4' }, wave)).rejects.toThrow(
    'wave takes no pictures; a stream with it needs `kind: sensor`',
  );
  await expect(walk({ kind: 'audio', source: 'a.wav' }, wave)).rejects.toThrow('wave is for streams of kind sensor');
  await expect(walk({ kind: 'sensor', source: { url: csv, values: { heat: 'a' } } }, wave)).rejects.toThrow(
    'source.values names "heat"; the model\'s channels are: value',
  );
  const bright = writeBrightPackage(path.join(folder, 'bright'));
  await expect(walk({ kind: 'sensor', source: { url: csv } }, bright)).rejects.toMatchObject({
    code: 'config-invalid',
  });
});

test('a source that breaks ends the walk with its reason', async () => {
  const folder = tempFolder();
  writeFileSync(path.join(folder, 'a.csv'), 'timestamp,other\n');
  const config = { kind: 'sensor', source: { url: path.join(folder, 'a.csv') } };
  const { failure } = await walk(config, await writeWaveModel(folder));
  expect(failure).toMatchObject({ code: 'source-open', message: expect.stringContaining('no column "value"') });
});
