import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { runProgram } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';

const line = z.strictObject({
  frame: z.number(),
  ptsMs: z.number(),
  at: z.iso.datetime(),
  score: z.number().nonnegative(),
  threshold: z.number().positive(),
  anomalous: z.boolean(),
});
const infer = (...args: string[]) => runProgram('agent/main.js', ['infer', ...args]);

test('a series without a model: one line per sample with its time, and the anomaly stands out', async () => {
  const folder = tempFolder();
  const [series, out] = [path.join(folder, 'pump.csv'), path.join(folder, 'out.jsonl')];
  const time = (i: number) => new Date(Date.UTC(2026, 0, 5, 0, 5 * i)).toISOString();
  const rows = Array.from({ length: 1200 }, (_, i) => `${time(i)},${i === 1000 ? 90 : 20 + Math.sin(i * i)}`);
  writeFileSync(series, ['timestamp,value', ...rows].join('\n'));
  const { code, stderr } = await infer('--online', '--source', series, '--out', out);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('"variant":"online"') });
  const lines = readFileSync(out, 'utf8')
    .trim()
    .split('\n')
    .map((text) => line.parse(JSON.parse(text)));
  expect(lines.map(({ at }) => at)).toEqual(rows.map((_, i) => time(i)));
  expect(lines.filter(({ score, threshold }) => score >= threshold).map(({ frame }) => frame)).toEqual([1000]);
  expect(lines.findIndex(({ anomalous }) => anomalous)).toBe(1000);
  expect(lines.at(-1)?.anomalous).toBe(false);
});

test('either a model or none: both, or neither, is wrong use', async () => {
  for (const args of [[], ['--online', '--model', 'x']])
    expect(await infer('--source', 'x.csv', ...args)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('give either --model <dir>, or --online'),
    });
});

test.each([
  ['mqtt://127.0.0.1:1', /--source mqtt:\/\/127\.0\.0\.1:1: source\.topic: is needed/],
  ['modbus://127.0.0.1:1', /source\.values: is needed with modbus:\/\/: the register of each channel/],
  ['ftp://h/a.csv', /source\.url: is of no known kind; known are: a file, /],
])('a source that an address alone does not describe is refused by name: %s', async (source, message) => {
  const { code, stderr } = await infer('--online', '--source', source);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(message) });
  expect(stderr).toMatch(/put a source that needs more into agent\.yaml/);
});
