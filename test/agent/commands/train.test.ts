import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { runProgram } from '../../support/program.ts';
import { waveRows, writeCsv } from '../../support/sensor.ts';
import { tempFolder } from '../../support/temp.ts';

const report = z.object({
  name: z.string(),
  rows: z.number(),
  refused: z.number(),
  threshold: z.number(),
  explained: z.number(),
});
const line = z.object({ score: z.number(), threshold: z.number(), anomalous: z.boolean() });

test('train on a file, then infer with the package on another', { timeout: 60_000 }, async () => {
  const folder = tempFolder();
  const healthy = writeCsv(folder, 'healthy.csv', [...waveRows(600), 'garbage']);
  const live = writeCsv(folder, 'live.csv', waveRows(400, 300));
  const out = path.join(folder, 'My Model');
  const trained = await runProgram('agent/main.js', [
    'train',
    'anomaly',
    '--source',
    healthy,
    '--out',
    out,
    '--kind',
    'autoencoder',
    '--window',
    '16',
    '--step',
    '2',
  ]);
  expect(trained.code, trained.stderr).toBe(0);
  expect(report.parse(JSON.parse(trained.stdout))).toMatchObject({ name: 'my-model', rows: 600, refused: 1 });
  expect(trained.stderr).toMatch(/left out 1 rows; the first: .*line 602/);
  const results = path.join(folder, 'out.jsonl');
  const inferred = await runProgram('agent/main.js', ['infer', '--model', out, '--source', live, '--out', results]);
  expect(inferred.code, inferred.stderr).toBe(0);
  const lines = readFileSync(results, 'utf8')
    .trim()
    .split('\n')
    .map((l) => line.parse(JSON.parse(l)));
  expect(lines).toHaveLength(193);
  expect(lines.filter((l) => l.anomalous).length).toBeGreaterThan(5);
  expect(lines.slice(0, 140).some((l) => l.anomalous)).toBe(false);
});

test('a forecast by default: with a picture, a rate of false alarms, and what it would have told', {
  timeout: 60_000,
}, async () => {
  const folder = tempFolder();
  const healthy = writeCsv(folder, 'healthy.csv', waveRows(3000));
  const live = writeCsv(folder, 'live.csv', waveRows(2000, 1500));
  const out = path.join(folder, 'm');
  const train = ['train', 'anomaly', '--source', healthy, '--out', out, '--false-alarms', '1/week'];
  const trained = await runProgram('agent/main.js', train);
  expect(trained.code, trained.stderr).toBe(0);
  expect(JSON.parse(trained.stdout)).toMatchObject({ kind: 'forecast', rows: 3000, threshold: 1, events: 0 });
  expect(trained.stderr).toMatch(/would have told 0 events in these 0\.0\d+ weeks; look at .*report\.svg/);
  expect(trained.stderr).toMatch(/windows of 64 samples, .*8: 0\.\d+, 16: .*a vibration: /s);
  expect(readFileSync(path.join(out, 'report.svg'), 'utf8')).toContain('would have told 0 events in 2937 rows');
  const [results, plot] = [path.join(folder, 'out.jsonl'), path.join(folder, 'plot.svg')];
  const infer = ['infer', '--model', out, '--source', live, '--out', results, '--plot', plot];
  const inferred = await runProgram('agent/main.js', infer);
  expect(inferred.code, inferred.stderr).toBe(0);
  expect(inferred.stderr).toContain('would have told 1 event in 1937 results');
  expect(readFileSync(plot, 'utf8')).toContain('live.csv: would have told 1 event in 1937 rows');
  const anomalous = readFileSync(results, 'utf8')
    .trim()
    .split('\n')
    .map((text) => line.extend({ at: z.iso.datetime() }).parse(JSON.parse(text)))
    .filter((one) => one.anomalous);
  expect(anomalous[0]?.at).toBe(new Date(Date.UTC(2026, 0, 1) + 1_500_000).toISOString());
  const wrong = await runProgram('agent/main.js', [
    'train',
    'anomaly',
    '--source',
    healthy,
    '--out',
    'x',
    '--false-alarms',
    'never',
  ]);
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('1/week') });
});

test('wrong use: exit code 2; what cannot be done: 1, with the reason', async () => {
  const folder = tempFolder();
  const file = writeCsv(folder, 'a.csv', waveRows(20));
  expect((await runProgram('agent/main.js', ['train', 'anomaly', '--source', file])).code).toBe(2);
  const short = await runProgram('agent/main.js', [
    'train',
    'anomaly',
    '--source',
    file,
    '--out',
    path.join(folder, 'm'),
  ]);
  expect(short).toMatchObject({ code: 1, stderr: expect.stringContaining('20 usable rows; at least 32 are needed') });
});
