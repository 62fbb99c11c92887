/** A device whose power is cut while it renews its certificate, at any moment. */
import { expect, test } from 'vitest';
import { loadConfig } from '../../../agent/config.ts';
import { enrol, filesOf } from '../../../agent/identity/enrol.ts';
import { readConnection } from '../../../agent/sync/connection.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { newClaim, type SecureHub, secureHub } from '../../support/secure-hub.ts';
import { CUTS, CUTS_MS, type Cutter, cutter, tally } from './cuts.ts';

/** Of the clock of the device: every certificate is due. It is not synchronised, so it decides when to renew, and nothing else. */
const AHEAD_MS = 22 * 86_400_000;

/** Of a device: a hub gives no more than twenty certificates a day to one. */
const RUNS = 15;

const script = `
const { createRenewer } = await load('agent/identity/renewer.js');
const { readConnection } = await load('agent/sync/connection.js');
const { systemClock } = await load('shared/kit/clock.js');
const { certificateRequest, keyPem, newKey } = await load('shared/pki/keys.js');
await certificateRequest('x', keyPem(newKey()));
const clock = { ...systemClock, wall: () => systemClock.wall() + workerData.aheadMs };
const { identity, fetch } = readConnection(workerData.hub, workerData.device, { clock, isSynced: () => false });
await identity.prove(identity.holder.credentials());
// A step that fails would be tried again after a minute: here it is an error.
const log = { info: () => end(), warn: ({ reason }) => setImmediate(() => { throw new Error(reason); }) };
begin();
createRenewer({ ...identity, fetch, clock, log }).start();
`;

test('cut off at a random moment of a renewal, again and again: the device has a certificate that its hub takes', {
  timeout: CUTS_MS,
}, async () => {
  const hub = await secureHub();
  const box = cutter(script, 11);
  const found: string[] = [];
  let [renewals, devices] = [0, 0];
  while (box.cuts < CUTS) {
    const device = await enrolledDevice(hub, `gate-${devices++}`, box);
    for (let runs = 0; runs < RUNS && box.cuts < CUTS; runs++) {
      const isOver = await box.run(device.data);
      const state = await device.look();
      if (state === 'renewed') renewals++;
      // Whoever was told that it is renewed has the new one, whatever happens to the power then.
      if (isOver) expect(state).toBe('renewed');
      else found.push(state);
    }
    // And it still can renew.
    await box.finish(device.data);
    expect(await device.look()).toBe('renewed');
  }
  console.info(
    `renewal: ${box.cuts} cuts, ${devices} devices, ${renewals} renewals; after a cut it was: ${tally(found)}`,
  );
  expect(found).toEqual(expect.arrayContaining(['at a key that follows', 'at a certificate to prove']));
});

/** A device on the disk whose power is cut. */
async function enrolledDevice(hub: SecureHub, device: string, box: Cutter) {
  const folder = box.folder(device);
  const surroundings = { clock: systemClock, isSynced: () => true };
  const signal = new AbortController().signal;
  const [claim, told] = [await newClaim(hub), { reaches: async () => true, print: () => undefined, signal }];
  await enrol({ hub: hub.url, claim, device, folder, ...told, ...surroundings });
  const { hub: config } = loadConfig(filesOf(folder).config);
  if (!config) throw new Error('the configuration has no hub');
  const present = () => {
    const { identity } = readConnection(config, device, surroundings);
    if (!identity) throw new Error('there is no identity');
    return identity;
  };
  let { certificate } = present().holder.identity.current;
  return {
    data: { hub: config, device, aheadMs: AHEAD_MS },
    /** How far it is; the hub takes what it has. */
    async look() {
      const { holder, prove } = present();
      await prove(holder.credentials());
      const { current, next } = holder.identity;
      const isRenewed = current.certificate !== certificate;
      certificate = current.certificate;
      if (isRenewed) return 'renewed';
      if (next === undefined) return 'not begun';
      return next.certificate === undefined ? 'at a key that follows' : 'at a certificate to prove';
    },
  };
}
