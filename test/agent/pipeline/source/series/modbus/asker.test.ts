import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { listenTo } from '../../../../../support/asked-series.ts';
import { startModbusDevice, startRefusingDevice } from '../../../../../support/modbus-device.ts';
import { until } from '../../../../../support/until.ts';

test('registers of all four tables are one sample at each question', async () => {
  const device = await startModbusDevice();
  device.holding.writeInt16BE(-123, 10 * 2);
  device.holding.writeFloatBE(21.5, 11 * 2);
  device.input.writeUInt32BE(0x0002_0001, 3 * 2);
  device.coils[0] = 0b10;
  device.discrete[1] = 0b1;
  const { seen } = listenTo(
    {
      url: device.url,
      everyS: 0.05,
      values: {
        temperature: { register: 10, type: 'int16', scale: 0.1 },
        pressure: { register: 11, type: 'float32' },
        parts: { register: 3, table: 'input', type: 'uint32', words: 'little' },
        pump: { register: 1, table: 'coil' },
        door: { register: 8, table: 'discrete' },
      },
    },
    { channels: ['temperature', 'pressure', 'parts', 'pump', 'door'] },
  );
  await until(() => seen.samples.length >= 3, 'three samples');
  expect(seen.opened).toBe(1);
  expect(seen.problems).toEqual([]);
  const [first, second] = seen.samples;
  expect(first?.values[0]).toBeCloseTo(-12.3, 9);
  expect(first?.values.slice(1)).toEqual([21.5, 0x0001_0002, 1, 1]);
  expect(second?.atMs).toBeGreaterThan(first?.atMs ?? 0);
  device.holding.writeFloatBE(22, 11 * 2);
  await until(() => seen.samples.at(-1)?.values[1] === 22, 'the new value');
  expect(device.connections()).toBe(1);
});

test('a register that the device does not have is reported by its number; the source stays open', async () => {
  const { port, stop } = await startRefusingDevice();
  onTestFinished(stop);
  const { seen } = listenTo({
    url: `modbus://127.0.0.1:${port}`,
    everyS: 0.05,
    values: { value: { register: 100, type: 'float32' } },
  });
  await until(() => seen.problems.length > 0, 'the complaint');
  expect(seen.problems[0]).toMatchObject({
    code: 'sensor-row',
    message: expect.stringMatching(/the device refuses holding 100 to 101: it has no such register/),
  });
  expect(seen.samples).toEqual([]);
  expect(seen.end).toBeUndefined();
});

test('a connection that is cut is made again for the next question', async () => {
  const device = await startModbusDevice();
  const { seen } = listenTo({ url: device.url, everyS: 0.05, values: { value: { register: 0 } } });
  await until(() => seen.samples.length > 0, 'a sample');
  device.cut();
  const before = seen.samples.length;
  await until(() => seen.samples.length > before + 2, 'samples after the cut');
  expect(device.connections()).toBeGreaterThan(1);
  expect(seen.end).toBeUndefined();
  expect(seen.opened).toBe(1);
});

test('no device, no answer, and an answer that is no Modbus end the source with the reason', async () => {
  const device = await startModbusDevice();
  await device.stop();
  const gone = listenTo({ url: device.url, values: { value: { register: 0 } } });
  await until(() => gone.seen.end, 'the end');
  expect(gone.seen.end).toMatchObject({ code: 'source-open', message: expect.stringMatching(/ECONNREFUSED/) });

  for (const answer of ['', 'HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(20)]) {
    const sockets = new Set<Socket>();
    const other = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', () => socket.write(answer));
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      other.close();
    });
    const { port } = other.address() as { port: number };
    const { seen } = listenTo({ url: `modbus://127.0.0.1:${port}`, values: { value: { register: 0 } } });
    await until(() => seen.end ?? seen.problems[0], `the end after ${JSON.stringify(answer.slice(0, 10))}`);
    expect(seen.samples).toEqual([]);
  }
});

test('a channel of the model without a register, and an address that is none, are refused by name', async () => {
  const { seen } = listenTo(
    { url: 'modbus://127.0.0.1:1', values: { value: { register: 0 } } },
    { channels: ['value', 'speed'] },
  );
  await until(() => seen.end, 'the refusal');
  expect(seen.end).toMatchObject({ code: 'config-invalid', message: expect.stringMatching(/register of "speed"/) });
  const other = listenTo({ url: 'modbus://127.0.0.1:x', values: { value: { register: 0 } } });
  await until(() => other.seen.end, 'the refusal');
  expect(other.seen.end).toMatchObject({ message: expect.stringMatching(/must be modbus:\/\/HOST/) });
});
