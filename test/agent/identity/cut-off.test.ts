/** A box that is cut off while it enrols, at any moment. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { readIdentity } from '../../../agent/identity/file.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { seeded } from '../../support/random.ts';
import { newClaim, secureHub } from '../../support/secure-hub.ts';
import { built } from '../../support/spawn.ts';
import { tempFolder } from '../../support/temp.ts';

/** Each takes most of a second, of which a new thread has the most. 200 passed when this was written. */
const CUTS = 25;
const LONGEST_MS = 30_000;

/** Runs an enrolment and ends it in the middle of whatever it does. */
const code = `
import { parentPort, workerData } from 'node:worker_threads';
const { enrol } = await import(workerData.enrol);
const { systemClock } = await import(workerData.clock);
const { hub, claim, device, folder } = workerData;
const signal = new AbortController().signal;
// Loads all that it will need: what counts is where it is cut.
const { certificateRequest, keyPem, newKey } = await import(workerData.keys);
await certificateRequest('x', keyPem(newKey()));
parentPort.postMessage('begins');
await enrol({ hub, claim, device, folder, reaches: async () => true, clock: systemClock, isSynced: () => true, print() {}, signal });
parentPort.postMessage('enrolled');
`;

test('cut off at a random moment, again and again: the box is a device, or it can enrol with the same claim', {
  timeout: 180_000,
}, async () => {
  const hub = await secureHub();
  const random = seeded(7);
  const file = (name: string) => pathToFileURL(built(name)).href;
  const files = {
    enrol: file('agent/identity/enrol.js'),
    clock: file('shared/kit/clock.js'),
    keys: file('shared/pki/keys.js'),
  };
  let cuts = 0;
  let boxes = 0;
  /** How long an enrolment takes on this machine now: as long as the first one. */
  let wholeMs = Number.POSITIVE_INFINITY;
  while (cuts < CUTS) {
    const device = `box-${boxes++}`;
    const [folder, claim] = [tempFolder(), await newClaim(hub)];
    for (let isDevice = false; !isDevice && cuts < CUTS; ) {
      const workerData = { ...files, hub: hub.url, claim, device, folder };
      const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { workerData });
      const failed = once(worker, 'error').then(([error]) => error as Error);
      await Promise.race([once(worker, 'message'), failed]);
      const began = systemClock.mono();
      const over = Promise.race([once(worker, 'message'), failed]).then(() => 'ended' as const);
      const cut = systemClock.sleep(Math.min(random() * 1.2 * wholeMs, LONGEST_MS)).then(() => 'cut' as const);
      const how = await (boxes === 1 ? over : Promise.race([cut, over]));
      if (boxes === 1) wholeMs = systemClock.mono() - began;
      await worker.terminate();
      if (how === 'cut') cuts++;
      isDevice = existsSync(path.join(folder, 'identity.json'));
      if (!isDevice) continue;
      // It is whole: the hub takes it.
      const { current } = readIdentity(path.join(folder, 'identity.json'));
      const stream = await hub.mqtt('mqtts', { key: current.key, cert: current.certificate });
      stream.destroy();
      expect(readFileSync(path.join(folder, 'agent.yaml'), 'utf8')).toContain('identityFile');
    }
  }
  const { items } = (await (await hub.request('/api/v1/claims?limit=500')).json()) as { items: { used: number }[] };
  // No claim counted twice, however often its box asked.
  expect(items.filter(({ used }) => used > 1)).toEqual([]);
  console.info(`${cuts} cuts, ${boxes} boxes`);
  expect(boxes).toBeGreaterThan(1);
});
