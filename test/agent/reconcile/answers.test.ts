/** What streams give after their package or their configuration was changed: reported, and kept over starts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';
import { Device } from './device.ts';
import { HOME, type Made, MODEL, makePackages, STREAMS, stream } from './packages.ts';

let made: Map<string, Made>;
let home: string;
beforeAll(async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-'));
  made = await makePackages(folder, ['1.0.0']);
  home = path.join(folder, 'home');
  return () => rmSync(folder, { recursive: true, force: true });
});

async function started(...silent: string[]): Promise<Device> {
  const device = new Device(tempFolder(), made, home);
  for (const name of silent) device.silent.add(name);
  await device.start();
  return device;
}
const sign = (device: Device, name: string, answered = true, begunAt = device.clock.mono()) =>
  device.reconciler.onSign(name, { answered, begunAt });
const active = (device: Device) => device.reconciler.report().models[MODEL]?.active;
const awaited = (device: Device) => device.reconciler.report().desired?.streams?.awaited;

async function update(device: Device) {
  device.desire(device.document('1.0.0'));
  const serves = () => STREAMS.every((name) => device.serving.get(name) === '1.0.0') && device.isCalm();
  await device.until(serves, '1.0.0 serves');
}

describe('after a package has taken over', () => {
  test('streams that were answered before are awaited until they are answered again, also over a start', async () => {
    const device = await started('yard');
    sign(device, 'gate');
    expect(active(device)).toMatchObject({ version: HOME, silent: ['yard'], awaited: [], answered: 1 });
    await update(device);
    expect(active(device)).toMatchObject({
      version: '1.0.0',
      silent: ['gate', 'yard'],
      awaited: ['gate'],
      answered: 0,
    });
    // Frames that the model does not answer are no answers.
    sign(device, 'gate', false);
    expect(active(device)?.awaited).toEqual(['gate']);
    await device.stop();
    const again = device.copyTo(tempFolder());
    await again.start();
    expect(active(again)).toMatchObject({ silent: ['gate', 'yard'], awaited: ['gate'] });
    sign(again, 'gate');
    expect(active(again)).toMatchObject({ silent: ['yard'], awaited: [], answered: 1 });
    await again.stop();
    const third = again.copyTo(tempFolder());
    await third.start();
    expect(active(third)).toMatchObject({ silent: ['gate', 'yard'], awaited: [], answered: 0 });
  });

  test('on a full disk an answer counts all the same', async () => {
    const device = await started();
    await update(device);
    device.diskFull = true;
    for (const name of STREAMS) sign(device, name);
    expect(active(device)).toMatchObject({ silent: [], awaited: [], answered: 2 });
  });
});

describe('after the hub has sent other streams', () => {
  const asked = { gate: stream, yard: { ...stream, fps: 2 }, door: stream };
  const take = async (device: Device) => {
    device.desire(device.document(undefined, asked));
    await device.until(() => device.state.streams?.state === 'applied' && device.isCalm(), 'they are in force');
  };

  test('new ones are awaited, and changed ones that gave something; those that stay as they were are not', async () => {
    const device = await started();
    const before = device.clock.mono();
    await device.clock.advance(1);
    await take(device);
    expect(awaited(device)).toEqual(['yard', 'door']);
    // The last word of the stream as it was.
    sign(device, 'yard', true, before);
    expect(awaited(device)).toEqual(['yard', 'door']);
    sign(device, 'yard', false);
    expect(awaited(device)).toEqual(['door']);
    await device.stop();
    const again = device.copyTo(tempFolder());
    await again.start();
    expect(awaited(again)).toEqual(['door']);
    sign(again, 'door', false);
    expect(awaited(again)).toEqual([]);
  });

  test('a changed one that gave nothing before is no fault of theirs', async () => {
    const device = await started('yard');
    await take(device);
    expect(awaited(device)).toEqual(['door']);
  });
});
