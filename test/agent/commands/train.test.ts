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
