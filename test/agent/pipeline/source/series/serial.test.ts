/** Lines over a serial port: a real pseudo terminal. */
import { describe, expect, test } from 'vitest';
import { sensorSource } from '../../../../../shared/contract/config/sensor-source.ts';
import { listenTo } from '../../../../support/asked-series.ts';
import { hasPython, startPty } from '../../../../support/pty.ts';
import { until } from '../../../../support/until.ts';

describe.skipIf(!hasPython)('a serial port', () => {
  test.each([
    ['commas', '20.5,1.2\r\n', [20.5, 1.2]],
    ['semicolons and decimal commas', '20,5;1,2\n', [20.5, 1.2]],
    ['spaces', '  20.5   1.2\r\n', [20.5, 1.2]],
    ['tabs', '20.5\t1.2\n', [20.5, 1.2]],
  ])('values between %s; the line that had begun before is left out', async (_, line, values) => {
    const port = await startPty();
    const source = { url: `serial:${port.path}`, baudRate: 115_200, columns: ['temperature', 'pressure'] };
    const { seen } = listenTo(source, { channels: ['temperature', 'pressure'] });
    await until(() => seen.opened === 1, 'the port to open');
    port.write(`0.5,9${line.slice(-1)}${line}${line}`);
    await until(() => seen.samples.length === 2, 'two samples');
    expect(seen.samples.map((sample) => sample.values)).toEqual([values, values]);
    expect(seen.problems).toEqual([]);
  });

  test('lines of JSON; one that is torn by noise is told, and the next one counts', async () => {
    const port = await startPty();
    const { seen } = listenTo({ url: `serial:${port.path}`, values: { value: '$.t' } });
    await until(() => seen.opened === 1, 'the port to open');
    port.write('{"t":1}\n{"t":2}\n');
    port.write(Buffer.from([0x7b, 0xff, 0x00, 0x22, 0x0a]));
    port.write('{"t":3');
    port.write('}\n{"battery":1}\n');
    await until(() => seen.samples.length === 2, 'two samples');
    expect(seen.samples.map(({ values }) => values)).toEqual([[2], [3]]);
    await until(() => seen.notes.length === 1, 'the note');
    expect(seen.notes[0]).toContain('had nothing at "$.t"');
    expect(seen.problems).toEqual([{ code: 'sensor-row', message: expect.stringContaining('is not JSON'), count: 1 }]);
  });

  test('a port that goes away ends the source with the reason, and so does one that is not there', async () => {
    const port = await startPty();
    const { seen } = listenTo({ url: `serial:${port.path}`, columns: ['value'] });
    await until(() => seen.opened === 1, 'the port to open');
    port.unplug();
    await until(() => seen.end, 'the end');
    expect(seen.end).toMatchObject({ code: 'source-ended' });
    const none = listenTo({ url: 'serial:/dev/ttyNONE9', columns: ['value'] });
    await until(() => none.seen.end, 'the end');
    expect(none.seen.end).toMatchObject({
      code: 'source-open',
      message: expect.stringMatching(/^serial:\/dev\/ttyNONE9: the port cannot be opened: .*No such file/),
    });
  });

  test('a port that was closed says nothing more and can be opened again', async () => {
    const port = await startPty();
    const first = listenTo({ url: `serial:${port.path}`, columns: ['value'] });
    await until(() => first.seen.opened === 1, 'the port to open');
    await first.series.close();
    const second = listenTo({ url: `serial:${port.path}`, columns: ['value'] });
    await until(() => second.seen.opened === 1, 'the port to open again');
    port.write('1\n2\n');
    await until(() => second.seen.samples.length === 1, 'a sample');
    expect(first.seen).toMatchObject({ samples: [], problems: [], end: undefined });
  });
});

test('what a serial port takes, and what not', () => {
  const wrong = (source: object) => sensorSource.safeParse(source).error?.issues.map(({ path }) => path.join('.'));
  expect(wrong({ url: 'serial:/dev/ttyUSB0', columns: ['a'], parity: 'even', baudRate: 50 })).toBeUndefined();
  expect(wrong({ url: 'serial:/dev/ttyUSB0', baudRate: 49 })).toEqual(['baudRate']);
  expect(wrong({ url: 'serial:/dev/ttyUSB0', baudRate: 4_000_001 })).toEqual(['baudRate']);
  expect(wrong({ url: 'serial:/dev/../etc/shadow' })).toEqual(['url']);
  expect(wrong({ url: 'serial:ttyUSB0' })).toEqual(['url']);
  expect(wrong({ url: './a.csv', baudRate: 9600 })).toEqual(['baudRate']);
  expect(wrong({ url: 'serial:/dev/ttyUSB0', topic: 't' })).toEqual(['topic']);
});
