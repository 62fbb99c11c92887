import { appendFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { listenTo } from '../../../../support/asked-series.ts';
import { tempFolder } from '../../../../support/temp.ts';
import { until } from '../../../../support/until.ts';

const row = (second: number, value: unknown) => `2026-03-01T00:00:${String(second).padStart(2, '0')}Z,${value}\n`;
const HEADER = 'timestamp,value\n';

async function followed(begin: string, name = 'log.csv', more: Record<string, unknown> = {}) {
  const file = path.join(tempFolder(), name);
  writeFileSync(file, begin);
  const { seen, series } = listenTo({ url: file, follow: true, ...more });
  await until(() => seen.opened, 'the file to open');
  const values = () => seen.samples.map((sample) => sample.values[0]);
  const append = (text: string) => appendFileSync(file, text);
  return { file, seen, series, values, append };
}

/** What is written is read once the reader has reached the end of what was there: a first row shows that. */
async function atItsEnd(begin: string, name?: string, more?: Record<string, unknown>) {
  const reader = await followed(begin, name, more);
  let tried = 0;
  await until(() => {
    if (reader.seen.samples.length > 0) return true;
    reader.append(row(tried++, 1000));
    return false;
  }, 'the first row');
  const before = reader.seen.samples.length;
  return { ...reader, second: tried, values: () => reader.values().filter((value) => value !== 1000), before };
}

test('only rows that are written after the start are read, also of a line that is written in pieces', async () => {
  const { values, append, second } = await atItsEnd(HEADER + row(0, 1) + row(1, 2));
  append(row(second, 5).slice(0, 12));
  append(row(second, 5).slice(12) + row(second + 1, 6).slice(0, -1));
  await until(() => values().includes(5), 'the row in pieces');
  expect(values()).toEqual([5]);
  append('\n');
  await until(() => values().includes(6), 'the row whose end came later');
  expect(values()).toEqual([5, 6]);
});

test('a line that is being written at the start is read wholly', async () => {
  const { values, append } = await followed(HEADER + row(0, 1) + row(1, 23).slice(0, -2));
  append('3\n');
  await until(() => values().length > 0, 'the row');
  expect(values()).toEqual([23]);
});

test('a file that takes its place is read from its beginning, with its own header; the rest of the old one is not lost', async () => {
  const { file, values, append, seen, second } = await atItsEnd(HEADER);
  append(row(second, 1));
  renameSync(file, `${file}.1`);
  appendFileSync(`${file}.1`, row(second + 1, 2));
  await until(() => values().includes(2), 'the last row of the old file');
  writeFileSync(file, `value;timestamp\n3,5;2026-03-01T00:00:50Z\n`);
  await until(() => values().includes(3.5), 'the first row of the new file');
  append('4;2026-03-01T00:00:51Z\n');
  await until(() => values().includes(4), 'the next');
  expect(values()).toEqual([1, 2, 3.5, 4]);
  expect(seen.problems).toEqual([]);
  expect(seen.opened).toBe(1);
});

test('a file that is cut short in place (copytruncate) is read from its beginning', async () => {
  const { file, values, append, second } = await atItsEnd(HEADER);
  append(row(second, 7));
  await until(() => values().includes(7), 'the row');
  truncateSync(file);
  writeFileSync(file, HEADER + row(second + 1, 8));
  await until(() => values().includes(8), 'the row after');
});

test('a row that cannot be used is reported, and the next one counts', async () => {
  const { values, append, seen, second } = await atItsEnd(HEADER);
  append(row(second, 'broken') + row(second + 1, 9));
  await until(() => values().includes(9), 'the next row');
  expect(seen.problems).toMatchObject([
    { code: 'sensor-row', message: expect.stringMatching(/"value" is not a finite number: "broken"/) },
  ]);
});

test('lines of JSON', async () => {
  const { values, append } = await followed('', 'log.jsonl', { time: 't', timeUnit: 's', values: { value: 'v' } });
  append('{"t":1,"v":5}\n[{"t":2,"v":6},{"t":3,"v":7}]\n');
  await until(() => values().length === 3, 'three rows');
  expect(values()).toEqual([5, 6, 7]);
});

test('a header without the column, and a file that is not there, end the source with the reason', async () => {
  const lacking = await followed('timestamp,temperature\n');
  lacking.append(row(1, 5));
  await until(() => lacking.seen.end, 'the end');
  expect(lacking.seen.end).toMatchObject({
    message: expect.stringMatching(/has no column "value"; it has: timestamp, temperature/),
  });
  const { seen } = listenTo({ url: path.join(tempFolder(), 'none.csv'), follow: true });
  await until(() => seen.end, 'the end');
  expect(seen.end).toMatchObject({ code: 'source-open', message: expect.stringMatching(/none\.csv/) });
  expect(seen.opened).toBe(0);
});

test.each(['/dev/null', '/proc', '/proc/kmsg'])('%s is no file that grows', async (url) => {
  const { seen } = listenTo({ url, follow: true, format: 'csv' });
  await until(() => seen.end, 'the end');
  expect(seen.samples).toEqual([]);
});
