import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMessages } from '../../../../../agent/pipeline/source/series/messages.ts';
import { sensorSource } from '../../../../../shared/contract/config/sensor-source.ts';

const NOW = Date.UTC(2026, 0, 1);

/** A stream of a broker; `say` gives what comes of one message: values, or what is wrong. */
function stream(options: Record<string, unknown>, channels: string[] = ['v']) {
  const source = sensorSource.parse({ url: 'mqtt://broker', topic: 't', ...options });
  const messages = createMessages(source, channels);
  let now = NOW;
  return {
    messages,
    say(payload: unknown, { topic = 't', retained = false } = {}) {
      const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
      now += 1000;
      const { samples, faults } = messages.take({ topic, payload: Buffer.from(text), retained }, now);
      return [...samples.map(({ values }) => values), ...faults.map(({ code, message }) => `${code}: ${message}`)];
    },
  };
}

describe('a message that is wrong is told with the row and the cause, and the next one counts', () => {
  test.each<[string, string, string]>([
    ['no JSON', '{"at":1,', 'sensor-row: t: is not JSON'],
    ['an empty message', '', 'sensor-row: t: is not JSON'],
    ['bytes', '\u0000\uFFFD', 'sensor-row: t: is not JSON'],
    [
      'values within values',
      `{"at":9,"v":${'['.repeat(9000)}`,
      'sensor-row: t: has more than 64 arrays and objects within each other',
    ],
    ['a time beyond all', '{"at":1e300,"v":1}', 'sensor-row: t: "at" is not a time: "1e+300"'],
    ['no time', '{"v":1}', 'sensor-row: t: "at" is missing'],
    ['a time of null', '{"at":null,"v":1}', 'sensor-row: t: "at" is missing'],
    ['a time that is none', '{"at":"soon","v":1}', 'sensor-row: t: "at" is not a time: "soon"'],
    ['a day that is none', '{"at":"2026-02-30","v":1}', 'sensor-row: t: "at" is not a time: "2026-02-30"'],
    [
      'a date that may be either',
      '{"at":"01/02/2026 12:00","v":1}',
      'sensor-row: t: "at" is not a time: "01/02/2026 12:00"; say how it is written: `timeFormat`, as "dd/MM/yyyy HH:mm" or "MM/dd/yyyy h:mm a"',
    ],
    ['null', '{"at":9e9,"v":null}', 'sensor-row: t: "v" is missing'],
    ['NaN', '{"at":9e9,"v":NaN}', 'sensor-row: t: "v" is missing'],
    ['Infinity', '{"at":9e9,"v":-Infinity}', 'sensor-row: t: "v" is missing'],
    ['a number beyond all', '{"at":9e9,"v":1e999}', 'sensor-row: t: "v" is not a finite number: "Infinity"'],
    ['a word for nothing', '{"at":9e9,"v":"n/a"}', 'sensor-row: t: "v" is missing: "n/a"'],
    ['a text', '{"at":9e9,"v":"on"}', 'sensor-row: t: "v" is not a finite number: "on"'],
    ['a truth value', '{"at":9e9,"v":true}', 'sensor-row: t: "v" is not a finite number: "true"'],
    ['a list', '{"at":9e9,"v":[1]}', 'sensor-row: t: "v" is not a finite number: "[1]"'],
    ['an error code', '{"at":9e9,"v":-127}', 'sensor-row: t: "v" is -127, which stands for no value'],
    [
      'a rounded error code',
      '{"at":9e9,"v":3.4028235e38}',
      'sensor-row: t: "v" is 3.4028235e+38, which stands for no value',
    ],
    ['too low', '{"at":9e9,"v":-41}', 'sensor-row: t: "v" is -41, not in its range -40 to 125'],
    ['too high', '{"at":9e9,"v":125.5}', 'sensor-row: t: "v" is 125.5, not in its range -40 to 125'],
    ['too long', `{"at":9e9,"v":1}${' '.repeat(262_144)}`, 'sensor-row: t: has 262160 bytes'],
    ['an old row', '{"at":10,"v":1}', 'sensor-order: t: is 90000 ms older than the row before: out of order'],
    ['the same again', '{"at":100,"v":20}', 'sensor-order: t: has the time of the row before: doubled'],
  ])('%s', (_what, payload, wanted) => {
    const values = { v: { at: 'v', range: [-40, 125], missing: [-127, 3.4e38] } };
    const { say } = stream({ time: 'at', values });
    expect(say({ at: 100, v: 20 })).toEqual([[20]]);
    expect(say(payload)).toEqual([wanted]);
    expect(say({ at: 9_000_000_001, v: 21 })).toEqual([[21]]);
  });

  test('nothing that may come breaks it, and every sample is finite and later than the one before', () => {
    const odd = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom('{"at":1,"v":2}', '[{"at":3,"v":4}]', '[[[]]]', 'NaN'),
    );
    const message = fc.record({ text: odd, retained: fc.boolean(), topic: fc.constantFrom('a/t', 'b/t', '$s/t') });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 30 }), fc.boolean(), (all, holds) => {
        const source = { url: 'mqtt://broker', topic: '+/t', time: 'at', ...(holds ? { holdS: 5 } : {}) };
        const messages = createMessages(sensorSource.parse(source), ['v', 'w'].slice(0, holds ? 2 : 1));
        let last = Number.NEGATIVE_INFINITY;
        for (const { text, ...rest } of all)
          for (const { atMs, values } of messages.take({ ...rest, payload: Buffer.from(text) }, NOW).samples) {
            expect(atMs).toBeGreaterThan(last);
            expect(values.every(Number.isFinite)).toBe(true);
            last = atMs;
          }
      }),
    );
  });
});

describe('messages of several kinds on one topic', () => {
  test('those without the channel are counted, and are no fault', () => {
    const { say, messages } = stream({ values: { v: 'tem' } });
    expect(say({ tem: 20, hum: 52 })).toEqual([[20]]);
    expect(say({ batt: 52 })).toEqual([]);
    expect(say({ id: 'AA', rssi: -86 })).toEqual([]);
    expect(say([])).toEqual([]);
    expect([messages.others, messages.describeOthers()]).toEqual([
      2,
      '2 had nothing at "tem"; the last one had: id, rssi',
    ]);
  });

  test('a channel a message: with `holdS` they are put together, once a round', () => {
    const { say } = stream({ time: 'at', holdS: 10, values: { v: 'tem', w: 'hum' } }, ['v', 'w']);
    expect(say({ at: 1, tem: 20 })).toEqual([]);
    expect(say({ at: 1, hum: 50 })).toEqual([[20, 50]]);
    expect(say({ at: 2, hum: 51 })).toEqual([]);
    // The temperature has not come in this round: its last value stands.
    expect(say({ at: 4, hum: 52 })).toEqual([[20, 51]]);
    expect(say({ at: 5, tem: 21 })).toEqual([[21, 52]]);
    expect(say({ at: 30, hum: 53 })).toEqual([]);
    // By now it is too old.
    expect(say({ at: 31, hum: 54 })).toEqual([]);
    expect(say({ at: 32, tem: 22, hum: 55 })).toEqual([[22, 55]]);
  });

  test('without `holdS` a message with some of the channels is told, with what to do', () => {
    const { say } = stream({}, ['v', 'w']);
    expect(say({ v: 1 })).toEqual([expect.stringMatching(/"w" is missing; .*holdS/)]);
  });

  test('a topic for each channel', () => {
    const values = { v: { topic: 'a/+/t', at: 'x' }, w: { topic: 'b', at: 'x' } };
    const { say, messages } = stream({ topic: undefined, holdS: 60, values }, ['v', 'w']);
    expect(messages.filters).toEqual(['a/+/t', 'b']);
    expect(say({ x: 1 }, { topic: 'a/1/t' })).toEqual([]);
    expect(say({ x: 2 }, { topic: 'b' })).toEqual([[1, 2]]);
    expect(say({ x: 9 }, { topic: 'a/2/t' })).toEqual([
      expect.stringContaining('a/2/t: this stream has the rows of a/1/t'),
    ]);
  });
});

describe('a filter of several topics', () => {
  test('is one stream: the first topic that gives a row; the others are told by name', () => {
    const { say } = stream({ topic: 'plant/+/temp' });
    expect(say({ x: 1 }, { topic: 'plant/z/temp' })).toEqual([]);
    expect(say({ v: 20 }, { topic: 'plant/a/temp' })).toEqual([[20]]);
    expect(say({ v: 80 }, { topic: 'plant/b/temp' })).toEqual([
      'sensor-row: plant/b/temp: this stream has the rows of plant/a/temp; give each topic a stream of its own',
    ]);
    expect(say({ v: 21 }, { topic: 'plant/a/temp' })).toEqual([[21]]);
  });
});

describe('a filter for each channel', () => {
  test('each is bound to the first of its own topics, and to no topic of another', () => {
    const values = { v: { topic: 'a/+', at: 'x' }, w: { topic: 'b/+', at: 'x' } };
    const { say } = stream({ topic: undefined, holdS: 60, values }, ['v', 'w']);
    expect(say({ x: 1 }, { topic: 'a/1' })).toEqual([]);
    expect(say({ x: 2 }, { topic: 'b/7' })).toEqual([[1, 2]]);
    expect(say({ x: 3 }, { topic: 'a/1' })).toEqual([]);
    expect(say({ x: 4 }, { topic: 'b/8' })).toEqual([expect.stringContaining('b/8: this stream has the rows of b/7')]);
    expect(say({ x: 5 }, { topic: 'b/7' })).toEqual([[3, 5]]);
  });
});

describe('retained messages', () => {
  test('without a time of their own they are nothing', () => {
    const { say } = stream({});
    expect(say({ v: 99 }, { retained: true })).toEqual([]);
    expect(say({ v: 20 })).toEqual([[20]]);
  });

  test('with one they count once, and are no fault after that', () => {
    const { say } = stream({ time: 'at' });
    for (const wanted of [[[99]], [], []]) expect(say({ at: 100, v: 99 }, { retained: true })).toEqual(wanted);
    expect(say({ at: 101, v: 20 })).toEqual([[20]]);
    expect(say({ at: 100, v: 99 }, { retained: true })).toEqual([]);
  });

  test('they do not choose the topic of a filter', () => {
    const { say } = stream({ topic: '+', time: 'at' });
    expect(say({ at: 100, v: 99 }, { topic: 'dead', retained: true })).toEqual([]);
    expect(say({ at: 101, v: 20 }, { topic: 'alive' })).toEqual([[20]]);
  });
});

describe('batches', () => {
  test('a list in a message is as many rows; without times it cannot be placed', () => {
    const { say } = stream({ time: 'at', rows: '$.data' });
    expect(
      say({
        data: [
          { at: 1, v: 1 },
          { at: 2, v: 'x' },
          { at: 3, v: 3 },
        ],
      }),
    ).toEqual([[1], [3], 'sensor-row: t: "v" is not a finite number: "x"']);
    expect(say({ other: [] })).toEqual(['sensor-row: t: has nothing at "$.data"']);
    expect(stream({}).say([{ v: 1 }, { v: 2 }])).toEqual([expect.stringMatching(/list of 2 rows without times/)]);
    expect(stream({}).say([{ v: 1 }])).toEqual([[1]]);
  });

  test('events weeks apart, each with a thousand intervals before it: the first samples count, and memory is bounded', () => {
    const { say } = stream({ time: 'at', countS: 1 });
    const said = say(Array.from({ length: 9000 }, (_, i) => ({ at: 1.7e9 + i * 10_000, v: 1 })));
    expect(said.length).toBeLessThanOrEqual(30_001);
    expect(said.at(-1)).toMatch(/sensor-row: t: has rows of more than 20000 samples; the rest is left out/);
  });
});

test('a counter gives its rate; one that began again counts from 0', () => {
  const { say } = stream({ time: 'at', values: { v: { at: 'n', counter: true }, w: 'w' } }, ['v', 'w']);
  expect(say({ at: 0, n: 1000, w: 1 })).toEqual([]);
  expect(say({ at: 10, n: 1050, w: 2 })).toEqual([[5, 2]]);
  expect(say({ at: 20, n: 30, w: 3 })).toEqual([[3, 3]]);
  expect(say({ at: 40, n: 30, w: 4 })).toEqual([[0, 4]]);
});
