/** From the desired document to the store: real signed metadata, real HTTP, real archives. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseConfig } from '../../../agent/config.ts';
import { fetchPackage } from '../../../agent/models/fetch.ts';
import { Hindrance } from '../../../agent/models/outcome.ts';
import { openStore } from '../../../agent/models/store.ts';
import { createTools } from '../../../agent/models/tools.ts';
import type { DesiredModel } from '../../../shared/contract/messages/desired.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { TrustError } from '../../../shared/trust/error.ts';
import { startDesiringHub, walkerVersion } from '../../support/desiring-hub.ts';
import { plainFetch } from '../../support/plain-fetch.ts';
import { tempFolder } from '../../support/temp.ts';

async function installation(updates: object = {}) {
  const folder = tempFolder();
  const hub = await startDesiringHub(folder, 'box');
  onTestFinished(() => hub.stop());
  const store = openStore(path.join(folder, 'models'), 0);
  const config = parseConfig(
    JSON.stringify({
      device: 'box',
      dataDir: path.join(folder, 'data'),
      updates: { url: hub.httpUrl, rootFile: hub.rootFile, ...updates },
      models: {},
      streams: {},
    }),
    path.join(folder, 'agent.yaml'),
  );
  const damages: string[] = [];
  const tools = (of = config, token: { token?: string } = { token: 'secret' }) =>
    createTools({
      config: of,
      token: token.token,
      fetch: plainFetch,
      store,
      entries: { proof: new URL('file:///proof'), shadow: new URL('file:///shadow') },
      quality: () => 'synced',
      onDamagedTrust: (reason) => damages.push(reason),
      clock: systemClock,
    });
  const progress: [phase: string, progress: number | undefined][] = [];
  const fetch = (wanted: DesiredModel, with_ = tools()) =>
    with_.fetch(wanted, (phase, part) => progress.push([phase, part]), new AbortController().signal);
  return { folder, hub, store, config, tools, fetch, progress, damages };
}

test('a package that the metadata names comes into the store, and how far it is is told', async () => {
  const { folder, hub, store, fetch, progress } = await installation();
  const wanted = await hub.publish(walkerVersion(folder, '2.0.0'));
  await fetch(wanted);
  expect(await store.open(wanted.digest)).toBeDefined();
  expect(progress[0]).toEqual(['verifying', undefined]);
  expect(progress[1]).toEqual(['downloading', 0]);
  expect(progress.at(-2)).toEqual(['downloading', 1]);
  expect(progress.at(-1)).toEqual(['verifying', undefined]);
  for (const [, part = 0] of progress) expect(part >= 0 && part <= 1).toBe(true);
  expect(hub.asked).toEqual([0]);
});

test('what the metadata does not name, or names otherwise, is refused before a byte is fetched', async () => {
  const { folder, hub, store, fetch, progress } = await installation();
  const unsigned = await hub.publish(walkerVersion(folder, '2.0.0'), { signed: false });
  await expect(fetch(unsigned)).rejects.toMatchObject({
    name: 'Refusal',
    stage: 'trust',
    message: expect.stringMatching(/^missing: walker\/2\.0\.0/),
  });
  const signed = await hub.publish(walkerVersion(folder, '3.0.0'));
  for (const lie of [{ digest: unsigned.digest }, { bytes: signed.bytes + 1 }, { bytes: signed.bytes - 1 }])
    await expect(fetch({ ...signed, ...lie })).rejects.toMatchObject({
      stage: 'trust',
      message: expect.stringContaining(
        `the metadata names ${signed.digest} of ${signed.bytes} bytes for ${signed.target}`,
      ),
    });
  expect(hub.asked).toEqual([]);
  expect(progress.map(([phase]) => phase)).not.toContain('downloading');
  expect(await store.has(signed.digest)).toBe(false);
  // The same tools, asked for what is true.
  await fetch(signed);
  expect(await store.has(signed.digest)).toBe(true);
});

test('a manifest of another name or version is refused; a package that is none too', async () => {
  const { folder, hub, fetch } = await installation();
  const wanted = await hub.publish(walkerVersion(folder, '2.0.0'));
  await expect(fetch({ ...wanted, version: '2.0.1' })).rejects.toMatchObject({
    stage: 'package',
    message: 'its manifest says walker 2.0.0, the hub asks for walker 2.0.1',
  });
  await expect(fetch({ ...wanted, name: 'runner' })).rejects.toMatchObject({ stage: 'package' });
});

test('what passes is a hindrance: no room, metadata that cannot be reached or has expired; other distrust is a refusal', async () => {
  const { folder, hub, store } = await installation();
  const wanted = await hub.publish(walkerVersion(folder, '2.0.0'));
  const trusting = (why?: ConstructorParameters<typeof TrustError>[0]) => ({
    async refresh() {
      if (why) throw new TrustError(why, 'because');
    },
    target: () => ({ path: wanted.target, digest: wanted.digest, bytes: wanted.bytes }),
  });
  const download = { hub: hub.httpUrl, authorization: '', fetch: plainFetch, clock: systemClock };
  const fetch = (trust: ReturnType<typeof trusting>, of = store) =>
    fetchPackage(wanted, { store: of, trust, download }, () => undefined, new AbortController().signal);
  for (const why of ['unreachable', 'expired'] as const)
    await expect(fetch(trusting(why))).rejects.toEqual(new Hindrance('because'));
  for (const why of ['malformed', 'size', 'signature', 'rollback', 'mismatch', 'missing', 'target'] as const)
    await expect(fetch(trusting(why))).rejects.toMatchObject({
      name: 'Refusal',
      stage: 'trust',
      message: `${why}: because`,
    });
  const broken = { ...trusting(), refresh: () => Promise.reject(new Error('a defect')) };
  await expect(fetch(broken)).rejects.toThrow('a defect');
  // So much is never free: other programs may give some back meanwhile.
  const { blocks, bsize } = statfsSync(folder);
  const full = openStore(path.join(folder, 'full'), blocks * bsize);
  await expect(fetch(trusting(), full)).rejects.toMatchObject({
    name: 'Hindrance',
    message: expect.stringMatching(/are needed$/),
  });
  expect(hub.asked).toEqual([]);
  await fetch(trusting());
  // What the disk spoils right after it was written is fetched again.
  const spoiled = { ...store, open: async () => undefined };
  await expect(fetch(trusting(), spoiled)).rejects.toBeInstanceOf(Hindrance);
});

test('the device says who it is; a rate holds; without `updates` or a root of trust it waits, and the root may come later', async () => {
  const { folder, hub, store, config, tools, fetch } = await installation({ maxKBps: 1 });
  const wanted = await hub.publish(walkerVersion(folder, '2.0.0', { size: 64 }));
  const began = systemClock.mono();
  await fetch(wanted);
  // A quarter of a second's worth may come at once.
  expect(systemClock.mono() - began).toBeGreaterThan(wanted.bytes - 250 - 100);
  expect(hub.authorizations).toEqual([`Basic ${Buffer.from('box:secret').toString('base64')}`]);

  const { updates, ...without } = config;
  if (!updates) throw new Error('unreachable');
  await expect(fetch(wanted, tools(without))).rejects.toMatchObject({
    name: 'Hindrance',
    message: expect.stringMatching(/no `updates`/),
  });

  const rootFile = path.join(folder, 'late', 'root.json');
  const waiting = tools({ ...config, dataDir: path.join(folder, 'other'), updates: { ...updates, rootFile } }, {});
  await expect(fetch(wanted, waiting)).rejects.toMatchObject({
    name: 'Hindrance',
    message: expect.stringContaining(`updates.rootFile: ${rootFile}: ENOENT`),
  });
  mkdirSync(path.dirname(rootFile));
  copyFileSync(hub.rootFile, rootFile);
  await store.collect(() => ({ packages: new Set(), downloads: new Set() }));
  await fetch(wanted, waiting);
  // A device without a password has a certificate.
  expect(hub.authorizations.at(-1)).toBeUndefined();
  expect(readdirSync(path.join(folder, 'other', 'trust')).length).toBeGreaterThan(0);
});

test('trusted metadata that was damaged is told of, and trust begins anew', async () => {
  const { folder, hub, fetch, tools, damages } = await installation();
  await fetch(await hub.publish(walkerVersion(folder, '2.0.0')));
  const trust = path.join(folder, 'data', 'trust');
  expect(existsSync(trust)).toBe(true);
  for (const file of readdirSync(trust)) writeFileSync(path.join(trust, file), 'rust');
  await fetch(await hub.publish(walkerVersion(folder, '3.0.0')), tools());
  expect(damages.length).toBeGreaterThan(0);
});
