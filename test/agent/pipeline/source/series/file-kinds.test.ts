/** Files as spreadsheets, loggers and exports write them, read as a stream reads them. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openReplay } from '../../../../../agent/pipeline/source/series/replay.ts';
import { sensorSource } from '../../../../../shared/contract/config/sensor-source.ts';
import { formatOf } from '../../../../../shared/engine/series/file-rows.ts';
import { systemClock } from '../../../../../shared/kit/clock.ts';
import { tempFolder } from '../../../../support/temp.ts';

/** What comes of a file: its samples as [time, value], and everything that was told. */
function read(content: string | Buffer, source: Record<string, unknown> = {}, name = 'a.csv') {
  const url = path.join(tempFolder(), name);
  writeFileSync(url, content);
  const samples: [number, number | undefined][] = [];
  const told: string[] = [];
  const plain = (text: string) => text.replaceAll(`${url}: `, '');
  return new Promise<{ samples: typeof samples; told: typeof told }>((resolve) => {
    openReplay(sensorSource.parse({ pace: 'fast', ...source, url }), ['v'], systemClock, {
      onOpened: () => undefined,
      onSamples: async (batch) => void samples.push(...batch.map((s) => [s.atMs, s.values[0]] as [number, number])),
      onProblem: (code, message) => void told.push(`${code}: ${plain(message)}`),
      onNote: (message) => void told.push(plain(message)),
      onEnd(failure) {
        if (failure) told.push(plain(failure.message));
        resolve({ samples, told });
      },
    });
  });
}

const noon = Date.UTC(2024, 2, 31, 12);
const berlin = { time: 'Zeit', timeZone: 'Europe/Berlin', values: { v: 'Wert' } };

describe('files that can be read', () => {
  test.each<[string, string | Buffer, Record<string, unknown>, string]>([
    ['a spreadsheet', 'Zeit;Wert\r\n31.03.2024 14:00;23,5\r\n31.03.2024 14:01;-1.024,25\r\n', berlin, 'a.csv'],
    ['one of Excel', '\uFEFFsep=;\r\nZeit;Wert\r\n31.03.2024 14:00;23,5\r\n31.03.2024 14:01;-1024,25', berlin, 'a.csv'],
    [
      'a Unicode text of Excel',
      Buffer.from('\uFEFFZeit\tWert\r\n31.03.2024 14:00:00\t23,5\r\n31.03.2024 14:01:00\t-1024,25\r\n', 'utf16le'),
      berlin,
      'a.tsv',
    ],
    [
      'an American one',
      'at,v\n3/31/2024 12:00 PM,23.5\n3/31/2024 12:01 PM,"-1024.25"\n',
      { time: 'at', timeFormat: 'M/d/yyyy h:mm a' },
      'a.csv',
    ],
    ['nanoseconds', `timestamp,v\n${noon}000000,23.5\n${noon + 60_000}000000,-1024.25\n`, {}, 'a.csv'],
    [
      'microseconds',
      `{"timestamp":${noon}000,"v":23.5}\n{"timestamp":${noon + 60_000}000,"v":-1024.25}`,
      {},
      'a.jsonl',
    ],
    ['a list a line', `[{"timestamp":${noon},"v":23.5},{"timestamp":${noon + 60_000},"v":-1024.25}]`, {}, 'a.jsonl'],
    [
      'rows inside',
      `{"id":1,"rows":[{"timestamp":${noon},"v":23.5},{"timestamp":${noon + 60_000},"v":-1024.25}]}`,
      { rows: '$.rows' },
      'a.jsonl',
    ],
    [
      'keys with dots',
      `{"timestamp":${noon},"air":{"PM2.5":23.5}}\n{"timestamp":${noon + 60_000},"air":{"PM2.5":-1024.25}}`,
      { values: { v: "$['air']['PM2.5']" } },
      'a.jsonl',
    ],
  ])('%s', async (_what, content, source, name) => {
    const { samples, told } = await read(content, source, name);
    expect(told).toEqual([]);
    expect(samples).toEqual([
      [noon, 23.5],
      [noon + 60_000, -1024.25],
    ]);
  });

  test('milliseconds since boot, with their unit', async () => {
    const { samples } = await read('timestamp,v\n0,1\n10,2\n', { timeUnit: 'ms' });
    expect(samples.map(([at]) => at)).toEqual([0, 10]);
  });
});

describe('rows that cannot be used are told with their line, and the others count', () => {
  test.each<[string, string, string]>([
    ['nothing', '', 'sensor-row: line 3: "v" is missing'],
    ['a word for nothing', 'NaN', 'sensor-row: line 3: "v" is missing: "NaN"'],
    ['an error code', '65535', 'sensor-row: line 3: "v" is 65535, which stands for no value'],
    ['out of range', '-127', 'sensor-row: line 3: "v" is -127, not in its range -40 to 1000'],
    ['a comma where the comma divides', '"1,5"', 'sensor-row: line 3: "v" is not a finite number: "1,5"'],
    ['too much', '1,2,3', 'sensor-row: line 3: has 4 fields for 2 columns'],
    ['an open quote', '"1', 'sensor-row: line 3: has a quote that is not closed'],
  ])('%s', async (_what, field, wanted) => {
    const content = `timestamp,v\n100,1\n101,${field}\n102,3\n`;
    const { samples, told } = await read(content, { values: { v: { range: [-40, 1000], missing: [65535] } } });
    expect(told).toEqual([wanted]);
    expect(samples.map(([, value]) => value)).toEqual([1, 3]);
  });

  test('lines of another kind are counted, and are no fault; a file of them alone is', async () => {
    const other = '{"battery":3.3}\n';
    const some = await read(`{"timestamp":1,"v":1}\n${other}{"timestamp":2,"v":2}\n${other}`, {}, 'a.jsonl');
    expect(some.samples.map(([, value]) => value)).toEqual([1, 2]);
    expect(some.told).toEqual(['of the rows so far 1 had nothing at "v": left out, as of another kind']);
    const all = await read(other, {}, 'a.jsonl');
    expect(all.told.at(-1)).toBe('none of its 1 rows can be used; line 1: had nothing at "v"');
  });

  test('a file of dates that may be either is refused, with what to do', async () => {
    const { told } = await read('timestamp,v\n03/04/2024 14:00,1\n');
    expect(told.at(-1)).toContain('none of its 1 rows can be used; line 2: "timestamp" is not a time');
    expect(told.at(-1)).toContain('timeFormat');
  });
});

test('the ending tells the format, and `format` overrules it; columns are found by `time` and `values`', async () => {
  const files = ['a.csv', 'A.CSV', 'a.tsv', 'a.csv.jsonl', 'a.json', 'a.ndjson', 'csv', 'csv.d/a'];
  const formats = files.map((file) => formatOf(file));
  expect(formats).toEqual(['csv', 'csv', 'csv', 'jsonl', 'jsonl', 'jsonl', 'jsonl', 'jsonl']);
  const named = { format: 'csv', time: 'when', values: { v: 'heat' } };
  expect((await read('when,heat,v\n1970-01-02,7,8\n', named, 'rows.json')).samples).toEqual([[86_400_000, 7]]);
  expect((await read('\n{"timestamp":1,"v":5}\n', { format: 'jsonl' }, 'lines.csv')).samples).toEqual([[1000, 5]]);
});
