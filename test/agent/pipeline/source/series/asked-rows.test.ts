/** Answers of servers that are wrong in every way: each is told with its cause and costs its own row alone; nothing of it is a value. */
import { createServer } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { listenTo } from '../../../../support/asked-series.ts';
import { startModbusDevice } from '../../../../support/modbus-device.ts';
import { startOpcuaServer } from '../../../../support/opcua-server.ts';
import { until } from '../../../../support/until.ts';

const value = { range: [-40, 150], missing: [-127, 65535, 3.4e38] } as const;

/** Gives one wrong answer between good ones. */
async function serve(wrong: string | Buffer): Promise<string> {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked++;
    response.end(asked === 2 ? wrong : JSON.stringify({ ts: 1000 + asked, v: 20 + asked }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
}

describe('an answer of a web server', () => {
  test.each<[what: string, wrong: string | Buffer, cause: string]>([
    ['nothing', '', 'is not JSON'],
    ['half an answer', '{"ts":1002,"v":2', 'is not JSON'],
    ['a page', '<html>Login</html>', 'is not JSON'],
    ['bytes', Buffer.from([0xff, 0xfe, 0x00]), 'is not JSON'],
    ['more than anybody reads', 'x'.repeat(300_000), 'the answer is longer than 262144 bytes'],
    ['null', '{"ts":1002,"v":null}', '"v" is missing'],
    ['NaN', '{"ts":1002,"v":NaN}', '"v" is missing'],
    ['a word for nothing', '{"ts":1002,"v":"n/a"}', '"v" is missing: "n/a"'],
    ['a word', '{"ts":1002,"v":"warm"}', '"v" is not a finite number: "warm"'],
    ['a number beyond all', '{"ts":1002,"v":1e999}', '"v" is not a finite number: "Infinity"'],
    ['a list for a value', '{"ts":1002,"v":[1]}', '"v" is not a finite number: "[1]"'],
    ['an error code', '{"ts":1002,"v":-127}', '"v" is -127, which stands for no value'],
    ['an unsigned -1', '{"ts":1002,"v":65535}', '"v" is 65535, which stands for no value'],
    ['the greatest float', '{"ts":1002,"v":3.4028235e38}', 'which stands for no value'],
    ['a value beyond the range', '{"ts":1002,"v":151}', '"v" is 151, not in its range -40 to 150'],
    ['no time', '{"v":5}', '"ts" is missing'],
    ['a time beyond all', '{"ts":1e300,"v":5}', '"ts" is not a time: "1e+300"'],
    ['digits without end', `{"ts":1002,"v":"${'1'.repeat(200_000)}x"}`, '"v" is not a finite number: "1111'],
    [
      'values within values',
      `{"ts":1002,"v":${'['.repeat(9000)}${']'.repeat(9000)}}`,
      'more than 64 arrays and objects',
    ],
    ['a word for a time', '{"ts":"now","v":5}', '"ts" is not a time: "now"'],
  ])('with %s', async (_, wrong, cause) => {
    const { seen } = listenTo({
      url: await serve(wrong),
      everyS: 0.05,
      time: 'ts',
      timeUnit: 's',
      values: { value: { at: 'v', ...value } },
    });
    await until(() => seen.samples.length >= 3 && seen.problems.length > 0, 'the good answers and the complaint');
    expect(seen.samples.slice(0, 3).map(({ values }) => values[0])).toEqual([21, 23, 24]);
    expect(seen.problems).toEqual([{ code: 'sensor-row', message: expect.stringContaining(cause), count: 1 }]);
    expect(seen.end).toBeUndefined();
  });

  test('that begins with a byte order mark is read', async () => {
    const { seen } = listenTo({
      url: await serve('\uFEFF{"ts":1002,"v":99}'),
      everyS: 0.05,
      time: 'ts',
      timeUnit: 's',
      values: { value: 'v' },
    });
    await until(() => seen.samples.length >= 3, 'three rows');
    expect(seen.samples.slice(0, 3).map(({ values }) => values[0])).toEqual([21, 99, 23]);
    expect(seen.problems).toEqual([]);
  });
});

describe('registers of a Modbus device', () => {
  test.each<[what: string, bits: number, cause: string]>([
    ['a float that is no number', 0x7fc00000, 'is not a finite number: "NaN"'],
    ['an endless float', 0x7f800000, 'is not a finite number: "Infinity"'],
    ['the greatest float', 0x7f7fffff, 'which stands for no value'],
    ['an error code', 0xc2fe0000, 'is -127, which stands for no value'],
    ['words in the other order', 0x000041ac, 'not in its range'],
    ['a value beyond the range', 0x43170000, 'is 151, not in its range -40 to 150'],
  ])('with %s', async (_, bits, cause) => {
    const device = await startModbusDevice();
    device.holding.writeFloatBE(21.5, 0);
    const range = cause === 'not in its range' ? { range: [10, 150] } : {};
    const { seen } = listenTo({
      url: device.url,
      everyS: 0.05,
      values: { value: { register: 0, type: 'float32', ...value, ...range } },
    });
    await until(() => seen.samples.length > 0, 'a good row');
    device.holding.writeUInt32BE(bits, 0);
    await until(() => seen.problems.length > 0, 'the complaint');
    device.holding.writeFloatBE(22.5, 0);
    await until(() => seen.samples.at(-1)?.values[0] === 22.5, 'the next good row');
    expect(new Set(seen.samples.map(({ values }) => values[0]))).toEqual(new Set([21.5, 22.5]));
    expect(seen.problems[0]).toMatchObject({ code: 'sensor-row', message: expect.stringContaining(cause) });
    expect(seen.end).toBeUndefined();
  });
});

describe('a node of an OPC UA server', () => {
  test('that gives no number, an error code or a value beyond the range', async () => {
    const server = await startOpcuaServer();
    const { seen } = listenTo({
      url: server.url,
      everyS: 0.05,
      values: { value: { at: 'ns=1;s=temperature', ...value } },
    });
    await until(() => seen.samples.length > 0, 'a good row');
    for (const [wrong, cause] of [
      [Number.NaN, 'is not a finite number: "NaN"'],
      [Number.POSITIVE_INFINITY, 'is not a finite number: "Infinity"'],
      [-127, 'is -127, which stands for no value'],
      [151, 'is 151, not in its range -40 to 150'],
    ] as const) {
      server.set('temperature', wrong);
      await until(() => seen.problems.some(({ message }) => message.includes(cause)), cause);
    }
    server.set('temperature', 30);
    await until(() => seen.samples.at(-1)?.values[0] === 30, 'the next good row');
    expect(new Set(seen.samples.map(({ values }) => values[0]))).toEqual(new Set([21.5, 30]));
    expect(seen.problems.every(({ code }) => code === 'sensor-row')).toBe(true);
    expect(seen.end).toBeUndefined();
  });
});
