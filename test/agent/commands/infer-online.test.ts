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

/** A spreadsheet of a German controller: a day in rows of five minutes, with one fault. */
function spreadsheet(): string {
  const file = path.join(tempFolder(), 'eu.csv');
  const rows = Array.from({ length: 1200 }, (_, i) => {
    const at = new Date(Date.UTC(2024, 2, 28, 0, 5 * i)).toISOString();
    const value = i === 1000 ? 90 : 20 + Math.sin(i * i);
    return `${at.slice(8, 10)}.${at.slice(5, 7)}.${at.slice(0, 4)} ${at.slice(11, 16)};${value.toFixed(2).replace('.', ',')}`;
  });
  writeFileSync(file, `\uFEFFZeit;Temperatur\r\n${rows.join('\r\n')}\r\n`);
  return file;
}

test('a spreadsheet with semicolons, decimal commas and local dates: its only column beside --time is the series', async () => {
  const { code, stdout, stderr } = await infer('--online', '--source', spreadsheet(), '--time', 'Zeit');
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/would have told 1 event/) });
  const lines = stdout
    .trim()
    .split('\n')
    .map((text) => line.parse(JSON.parse(text)));
  expect(lines).toHaveLength(1200);
  expect(lines[0]?.at).toBe('2024-03-28T00:00:00.000Z');
  expect(lines.findIndex(({ anomalous }) => anomalous)).toBe(1000);
});

test('errors speak of the flags of the command', async () => {
  const file = spreadsheet();
  expect(await infer('--online', '--source', file)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /has no column "value", "timestamp"; it has: Zeit, Temperatur; name others with --column and --time/,
    ),
  });
  expect(await infer('--online', '--source', file, '--time', 'Zeit', '--time-zone', 'Berlin')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/--time-zone: is no time zone; write one as Europe\/Berlin/),
  });
  expect(await infer('--model', 'm', '--source', file, '--column', 'x')).toMatchObject({ code: 2 });
});

test('events are counted: --count 60 gives a line a minute, zeros too, and the hour in which the machine stood still', async () => {
  const file = path.join(tempFolder(), 'parts.jsonl');
  const start = Date.UTC(2026, 0, 5);
  const rows: string[] = [];
  for (let second = 0; second < 40 * 3600; second += 20) {
    const stands = second >= 36 * 3600 && second < 37 * 3600;
    if (!stands) rows.push(JSON.stringify({ timestamp: new Date(start + second * 1000).toISOString(), part: 'A7' }));
  }
  writeFileSync(file, rows.join('\n'));
  const { code, stdout } = await infer('--online', '--source', file, '--column', 'part', '--count', '60');
  expect(code).toBe(0);
  const lines = stdout
    .trim()
    .split('\n')
    .map((text) => line.parse(JSON.parse(text)));
  expect(lines).toHaveLength(40 * 60 - 2);
  expect(lines.find(({ anomalous }) => anomalous)?.at).toBe('2026-01-06T12:01:00.000Z');
});
