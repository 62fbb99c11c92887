/** Rows that are wrong in every way: each is told once, with its place and the cause, and the rows around it count. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createMessages } from '../../../../../agent/pipeline/source/series/messages.ts';
import { sensorSource } from '../../../../../shared/contract/config/sensor-source.ts';
import { listenTo } from '../../../../support/asked-series.ts';
import { tempFolder } from '../../../../support/temp.ts';
import { until } from '../../../../support/until.ts';

const at = (second: number) => `2026-01-05T08:00:${String(second).padStart(2, '0')}Z`;
const long = 'x'.repeat(70_000);

async function play(name: string, lines: readonly string[], source: object = {}) {
  const url = path.join(tempFolder(), name);
  writeFileSync(url, `${lines.join('\n')}\n`);
  const { seen } = listenTo({ url, pace: 'fast', ...source });
  await until(() => seen.end, 'the end of the file');
  expect(seen.end).toBe('in order');
  return seen;
}

type Wrong = [what: string, line: string, cause: string | RegExp, code?: string];

const csv: Wrong[] = [
  ['no value', `${at(2)},`, '"value" is missing'],
  ['a word for nothing', `${at(2)},NaN`, '"value" is missing: "NaN"'],
  ['another word for nothing', `${at(2)},#N/A`, '"value" is missing: "#N/A"'],
  ['a number with its unit', `${at(2)},12 bar`, '"value" is not a finite number: "12 bar"'],
  ['two points', `${at(2)},1.2.3`, '"value" is not a finite number: "1.2.3"'],
  ['another base', `${at(2)},0x1f`, '"value" is not a finite number: "0x1f"'],
  ['a truth value', `${at(2)},true`, '"value" is not a finite number: "true"'],
  ['a number beyond all', `${at(2)},1e999`, '"value" is not a finite number: "1e999"'],
  ['a decimal comma between commas', `${at(2)},23,5`, 'has 3 fields for 2 columns'],
  ['a quote that nothing closes', `${at(2)},"5`, 'has a quote that is not closed'],
  ['no field for the value', at(2), 'has none of the channels'],
  ['bytes of another program', `\u0000\u0001\u0002,5`, /"timestamp" is not a time/],
  ['no time', ',5', '"timestamp" is missing'],
  ['a word for a time', 'yesterday,5', '"timestamp" is not a time: "yesterday"'],
  ['a day that no calendar has', '2026-02-30T00:00:00Z,5', '"timestamp" is not a time: "2026-02-30T00:00:00Z"'],
  ['an hour that no clock has', '2026-01-05T25:00:00Z,5', '"timestamp" is not a time'],
  ['a date of which nobody knows the month', '01/05/2026 08:00,5', 'say how it is written: `timeFormat`'],
  ['a value beyond the range', `${at(2)},151`, '"value" is 151, not in its range -40 to 150'],
  ['a value below the range', `${at(2)},-41`, '"value" is -41, not in its range -40 to 150'],
  ['a code for no value', `${at(2)},85.0`, '"value" is 85, which stands for no value'],
  ['the same time again', `${at(1)},5`, 'has the time of the row before: doubled', 'sensor-order'],
  ['an earlier time', `${at(0)},5`, 'is 1000 ms older than the row before: out of order', 'sensor-order'],
  ['a line without end', `${at(2)},${long}`, 'is longer than 65536 characters'],
];

describe('a row of a CSV file', () => {
  test.each(csv)('with %s', async (_, line, cause, code = 'sensor-row') => {
    const values = { value: { range: [-40, 150], missing: [85] } };
    const seen = await play('a.csv', ['timestamp,value', `${at(1)},1`, line, `${at(3)},3`], { values });
    expect(seen.samples.map((sample) => sample.values[0])).toEqual([1, 3]);
    expect(seen.problems).toEqual([{ code, message: expect.stringMatching(/: line 3: /), count: 1 }]);
    expect(seen.problems[0]?.message).toMatch(typeof cause === 'string' ? expectText(cause) : cause);
  });
});

const semicolons: Wrong[] = [
  ['thousands and no decimals', '05.01.2026 08:00:02;1.234.5', '"value" is not a finite number: "1.234.5"'],
  ['two commas', '05.01.2026 08:00:02;1,2,3', '"value" is not a finite number: "1,2,3"'],
  ['a month that no year has', '05.13.2026 08:00:02;5', '"timestamp" is not a time'],
  ['more fields than columns', '05.01.2026 08:00:02;5;6', 'has 3 fields for 2 columns'],
];

describe('a row of a spreadsheet with semicolons', () => {
  test.each(semicolons)('with %s', async (_, line, cause) => {
    const seen = await play('a.csv', ['timestamp;value', '05.01.2026 08:00:01;1,5', line, '05.01.2026 08:00:03;3,5']);
    expect(seen.samples.map((sample) => sample.values[0])).toEqual([1.5, 3.5]);
    expect(seen.problems).toEqual([{ code: 'sensor-row', message: expect.stringContaining('line 3: '), count: 1 }]);
    expect(seen.problems[0]?.message).toMatch(typeof cause === 'string' ? expectText(cause) : cause);
  });
});

const row = (value: string) => `{"timestamp":"${at(2)}","value":${value}}`;
const json: Wrong[] = [
  ['half an object', `{"timestamp":"${at(2)}","va`, 'is not JSON'],
  ['no JSON at all', '<html>502 Bad Gateway</html>', 'is not JSON'],
  ['null', row('null'), '"value" is missing'],
  ['NaN, which JSON does not have', row('NaN'), '"value" is missing'],
  ['a list', row('[1]'), '"value" is not a finite number: "[1]"'],
  ['an object', row('{"c":1}'), '"value" is not a finite number'],
  ['a truth value', row('true'), '"value" is not a finite number: "true"'],
  ['a word', row('"hot"'), '"value" is not a finite number: "hot"'],
  ['no time', '{"value":1}', '"timestamp" is missing'],
  ['a list for a time', '{"timestamp":[],"value":1}', '"timestamp" is not a time'],
  [
    'one bad row in a list',
    `[${row('5')},{"timestamp":"${at(2)}","value":"x"}]`,
    '"value" is not a finite number: "x"',
  ],
];

describe('a line of JSON', () => {
  test.each(json)('with %s', async (_, line, cause) => {
    const good = (second: number) => `{"timestamp":"${at(second)}","value":${second}}`;
    const seen = await play('a.jsonl', [good(1), line, good(3)]);
    expect(seen.samples.map((sample) => sample.values[0]).filter((value) => value !== 5)).toEqual([1, 3]);
    expect(seen.problems).toEqual([{ code: 'sensor-row', message: expect.stringContaining('line 2: '), count: 1 }]);
    expect(seen.problems[0]?.message).toMatch(typeof cause === 'string' ? expectText(cause) : cause);
  });

  test('without the channel is of another kind: a note, and no fault', async () => {
    const good = `{"timestamp":"${at(1)}","value":1}`;
    const seen = await play('a.jsonl', [good, '{"battery":3}', '[]', '42', '"hello"']);
    expect(seen.samples).toHaveLength(1);
    expect(seen.problems).toEqual([]);
    expect(seen.notes[0]).toContain('of the rows so far 1 had nothing at "value"');
  });
});

describe('a message of a broker', () => {
  const take = (payload: string | Buffer, source: object = {}) => {
    const checked = sensorSource.parse({ url: 'mqtt://b', topic: 'plant/a', ...source });
    const { samples, faults } = createMessages(checked, ['value']).take(
      { topic: 'plant/a', payload: Buffer.from(payload), retained: false },
      1000,
    );
    return { samples: samples.length, faults };
  };
  test.each<[what: string, payload: string | Buffer, cause: string, source?: object]>([
    ['nothing in it', '', 'is not JSON'],
    ['bytes of another program', Buffer.from([0xff, 0x00, 0x80]), 'is not JSON'],
    ['more than anybody reads', `"${'x'.repeat(262_144)}"`, 'has 262146 bytes'],
    [
      'a list without times',
      '[{"value":1},{"value":2}]',
      'is a list of 2 rows without times; say where they stand: `time`',
    ],
    ['no list where one was promised', '{"value":1}', 'has nothing at "$.data"', { rows: '$.data' }],
    [
      'a value that stands for none',
      '{"value":-127}',
      'is -127, which stands for no value',
      { values: { value: { missing: [-127] } } },
    ],
    [
      'the greatest float',
      '{"value":3.402823e38}',
      'which stands for no value',
      { values: { value: { missing: [3.4028235e38] } } },
    ],
    ['an unsigned -1', '{"value":65535}', 'which stands for no value', { values: { value: { missing: [65535] } } }],
    ['a time that is none', '{"value":1,"ts":"now"}', '"ts" is not a time: "now"', { time: 'ts' }],
  ])('with %s', (_, payload, cause, source) => {
    expect(take(payload, source)).toEqual({
      samples: 0,
      faults: [{ code: 'sensor-row', message: expect.stringMatching(/^plant\/a: /) }],
    });
    expect(take(payload, source).faults[0]?.message).toContain(cause);
  });
});

function expectText(text: string): RegExp {
  return new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
}
