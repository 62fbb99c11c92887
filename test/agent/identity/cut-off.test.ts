/** A box whose power is cut while it enrols, at any moment. */
import { existsSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../agent/config.ts';
import { filesOf } from '../../../agent/identity/enrol.ts';
import { readConnection } from '../../../agent/sync/connection.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { fetchOver } from '../../../shared/pki/fetch.ts';
import { type Asks, Owner } from '../../cloud-hub/registry/package.ts';
import { newClaim, secureHub } from '../../support/secure-hub.ts';
import { CUTS, CUTS_MS, cutter, tally } from './cuts.ts';

const script = `
const { enrol } = await load('agent/identity/enrol.js');
const { systemClock } = await load('shared/kit/clock.js');
// Loads all that it will need: what counts is where it is cut.
const { certificateRequest, keyPem, newKey } = await load('shared/pki/keys.js');
await certificateRequest('x', keyPem(newKey()));
begin();
await enrol({ ...workerData.box, reaches: async () => true, clock: systemClock, isSynced: () => true, print() {}, signal });
end();
`;

test('cut off at a random moment, again and again: the box is a device, or it can enrol with the same claim', {
  timeout: CUTS_MS,
}, async () => {
  const hub = await secureHub();
  const asks = fetchOver(hub.trust);
  const api: Asks['api'] = (route, { body, method } = {}) =>
    asks(`${hub.url}/api/v1${route}`, {
      ...(method ? { method } : {}),
      ...(body instanceof Uint8Array ? { body } : {}),
      headers: { authorization: `Bearer ${hub.token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    });
  // The hub has a root of trust in models, which comes down too.
  await Owner.of({ api, json: async <T>(route: string) => (await (await api(route)).json()) as T });
  const box = cutter(script, 7);
  const found: string[] = [];
  let boxes = 0;
  while (box.cuts < CUTS) {
    const device = `box-${boxes++}`;
    const folder = box.folder(device);
    const files = filesOf(folder);
    const data = { box: { hub: hub.url, claim: await newClaim(hub), device, folder } };
    for (let isDevice = false; !isDevice; ) {
      const isCut = box.cuts < CUTS;
      const isOver = isCut ? await box.run(data) : await box.finish(data).then(() => true);
      isDevice = existsSync(files.identity);
      if (!isOver) found.push(isDevice ? 'a device' : settled(folder).join(' + ') || 'nothing');
      // Who was told that he is a device is one, whatever happens to the power then.
      if (isOver) expect(isDevice).toBe(true);
    }
    // It is whole: it can be started, and the hub takes it.
    const config = loadConfig(files.config);
    if (!config.hub) throw new Error('the configuration has no hub');
    expect(existsSync(files.root)).toBe(true);
    const { identity } = readConnection(config.hub, device, { clock: systemClock, isSynced: () => true });
    await identity?.prove(identity.holder.credentials());
    expect(identity?.holder.identity.device).toBe(device);
  }
  const { items } = (await (await hub.request('/api/v1/claims?limit=500')).json()) as { items: { used: number }[] };
  // No claim counted twice, however often its box asked.
  expect(items.filter(({ used }) => used !== 1)).toEqual([]);
  console.info(`enrolment: ${box.cuts} cuts, ${boxes} boxes; after a cut there was: ${tally(found)}`);
  expect(new Set(found).size).toBeGreaterThan(2);
});

/** What is there, without drafts. */
function settled(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => !file.endsWith('.new'))
    .toSorted();
}
