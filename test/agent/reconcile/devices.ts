/** A device without runners (`device.ts`), with packages of a few versions, for the tests of one file. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll } from 'vitest';
import { tempFolder } from '../../support/temp.ts';
import { Device } from './device.ts';
import { type Made, MODEL, makePackages } from './packages.ts';

/** Makes the packages before the first test of the file. */
export function useDevices(versions: readonly string[]) {
  let made = new Map<string, Made>();
  let home = '';
  beforeAll(async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'vedette-'));
    made = await makePackages(folder, [...versions]);
    home = path.join(folder, 'home');
    return () => rmSync(folder, { recursive: true, force: true });
  });
  const fresh = () => new Device(tempFolder(), made, home);
  return {
    fresh,
    versions: () => made.keys(),
    /** Started, and updated to each of these. */
    async started(...to: string[]): Promise<Device> {
      const device = fresh();
      await device.start();
      for (const version of to) await update(device, version);
      return device;
    },
  };
}

export const calm = (device: Device, what: string, done: () => boolean = () => true) =>
  device.until(() => done() && device.isCalm(), what);

export async function update(device: Device, version: string) {
  device.desire(device.document(version));
  await calm(device, `${version} serves`, () => device.serving.get('yard') === version);
}

/** What the device reports of its model. */
export function reported(device: Device) {
  const of = device.reconciler.report().models[MODEL];
  if (!of) throw new Error('nothing is reported of the model');
  return of;
}
