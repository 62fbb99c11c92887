import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Updater } from 'tuf-js';
import { describe, expect, test } from 'vitest';
import { type TrustState, trustState } from '../../../cloud-hub/contract/trust.ts';
import { METADATA_PATH } from '../../../shared/contract/delivery.ts';
import { targetPathOf } from '../../../shared/contract/messages/desired.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { metadataOverHttp } from '../../../shared/trust/http.ts';
import { newSigningKey } from '../../../shared/trust/sign.ts';
import { createTrust } from '../../../shared/trust/trust.ts';
import { DAY } from '../../shared/trust/forge.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { problemOf } from '../api/problems.ts';
import { type TestHub, testHub } from '../support.ts';
import { archiveOf, Owner, upload } from './package.ts';

function device(hub: TestHub, root: Uint8Array, wall = () => Date.now()) {
  return createTrust({
    folder: tempFolder(),
    root,
    fetch: metadataOverHttp(hub.url, fetch, systemClock),
    clock: { wall },
    quality: () => 'synced',
  });
}

describe('signed metadata of a hub', () => {
  test('begins with a root; then what is signed can be installed', async () => {
    const hub = await testHub();
    const before = trustState.parse(await hub.json('/trust'));
    expect(before).toMatchObject({ targets: 0, warnings: [expect.stringContaining('keys init')] });
    const owner = await Owner.of(hub);
    const archive = await archiveOf();
    await upload(hub, archive.bytes);
    expect(await hub.json('/models/bright/1.0.0')).toMatchObject({ signed: false });
    const trust = device(hub, owner.root);
    await trust.refresh();
    expect(() => trust.target(targetPathOf(archive))).toThrow(/not in targets/);

    expect((await owner.sign([archive])).status).toBe(200);
    expect(await hub.json('/models/bright/1.0.0')).toMatchObject({ signed: true });
    await trust.refresh();
    expect(trust.target(targetPathOf(archive))).toEqual({
      path: 'bright/1.0.0.tar.gz',
      digest: archive.digest,
      bytes: archive.bytes.length,
    });
    expect(trustState.parse(await hub.json('/trust'))).toMatchObject({ targets: 1, warnings: [] });
  });

  test('is what tuf-js takes as well', async () => {
    const hub = await testHub();
    const owner = await Owner.of(hub);
    const archive = await archiveOf();
    await upload(hub, archive.bytes);
    await owner.sign([archive]);
    const folder = tempFolder();
    for (const made of ['metadata', 'targets']) mkdirSync(path.join(folder, made));
    writeFileSync(path.join(folder, 'metadata', 'root.json'), owner.root);
    const updater = new Updater({
      metadataDir: path.join(folder, 'metadata'),
      metadataBaseUrl: hub.url + METADATA_PATH.slice(0, -1),
      targetDir: path.join(folder, 'targets'),
      config: { fetchRetries: 0 },
    });
    await updater.refresh();
    const target = await updater.getTargetInfo(targetPathOf(archive));
    expect(target).toMatchObject({ length: archive.bytes.length, hashes: { sha256: archive.digest.slice(7) } });
  });

  test('refuses what a device would refuse', async () => {
    const hub = await testHub();
    const owner = await Owner.of(hub);
    const foreign = await owner.sign([], [newSigningKey()]);
    expect(foreign.status).toBe(422);
    expect((await problemOf(foreign)).detail).toMatch(/targets\.json 3: 0 valid signatures of 1/);
    const old = await owner.put(
      'targets',
      Buffer.from(await (await fetch(`${hub.url}${METADATA_PATH}2.targets.json`)).text()),
    );
    expect((await problemOf(old)).detail).toMatch(/3 should come next/);
    const { online } = await hub.json<TrustState>('/trust');
    const takeover = await owner.publishRoot(online as never, [newSigningKey()]);
    expect(takeover.status).toBe(422);
    const other = newSigningKey().public;
    const stranger = await owner.publishRoot({ snapshot: other, timestamp: other });
    expect((await problemOf(stranger)).detail).toMatch(/does not name the hub's key for snapshot|should come next/);
    for (const body of ['{}', 'null', '[1]']) expect((await owner.put('root', Buffer.from(body))).status).toBe(400);
  });

  test('the hub’s keys rotate, and devices follow', async () => {
    const hub = await testHub();
    const owner = await Owner.of(hub);
    const { root } = owner;
    const archive = await archiveOf();
    await owner.sign([archive]);
    const trust = device(hub, root);
    await trust.refresh();
    for (const role of ['snapshot', 'timestamp'])
      expect((await hub.post(`/trust/online-keys/${role}`)).status).toBe(201);
    // Until a root names the new keys, the old ones sign.
    await owner.sign([]);
    await trust.refresh();
    const { online } = await hub.json<TrustState>('/trust');
    expect((await owner.publishRoot(online as never)).status).toBe(200);
    await trust.refresh();
    expect(trust.versions().root).toBe(2);
    expect(trust.target(targetPathOf(archive)).digest).toBe(archive.digest);
    await owner.sign([]);
    await trust.refresh();
  });

  test('is kept fresh by the hub, over restarts, and its keys are its own', async () => {
    const folder = tempFolder();
    const clock = new ManualClock(Date.UTC(2026, 5, 1));
    const hub = await testHub({ folder, clock });
    const owner = await Owner.of(hub, clock.wall());
    const archive = await archiveOf();
    await owner.sign([archive]);
    const { root } = owner;
    const HOUR = DAY / 24;
    for (let day = 0; day < 40; day++) {
      clock.setWall(clock.wall() + DAY - HOUR);
      await clock.advance(HOUR);
    }
    const trust = device(hub, root, () => clock.wall());
    await trust.refresh();
    const versions = trust.versions();
    expect(versions.snapshot).toBeGreaterThan(2);
    expect(versions.timestamp).toBeGreaterThan(20);
    await hub.hub.stop();

    clock.setWall(clock.wall() + 5 * DAY);
    const later = await testHub({ folder, clock });
    const after = device(later, root, () => clock.wall());
    await after.refresh();
    expect(after.versions().timestamp).toBeGreaterThan(versions.timestamp ?? 0);
    for (const role of ['snapshot', 'timestamp']) {
      const file = path.join(folder, 'trust', 'keys', `${role}.pem`);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(readFileSync(file, 'utf8')).toContain('PRIVATE KEY');
    }
    const text = JSON.stringify(await later.json('/trust'));
    expect(text).not.toMatch(/PRIVATE|"d":/);
  });

  test('people are told long before root or targets expire', async () => {
    const clock = new ManualClock(Date.UTC(2026, 5, 1));
    const hub = await testHub({ clock });
    await Owner.of(hub, clock.wall());
    clock.setWall(clock.wall() + 330 * DAY);
    const { warnings } = await hub.json<TrustState>('/trust');
    expect(warnings).toEqual([
      expect.stringMatching(/^root\.json expires at/),
      expect.stringMatching(/^targets\.json expires at/),
    ]);
  });

  test.each(['..%2f..%2fhub.db', 'root.json', '1.root.json.new', '0x1.root.json', 'keys%2fsnapshot.pem'])(
    'nothing but metadata is served: %s',
    async (file) => {
      const hub = await testHub();
      await Owner.of(hub);
      expect((await fetch(`${hub.url}${METADATA_PATH}${file}`)).status).toBe(404);
    },
  );
});
