/**
 * A Mosquitto whose files the hub keeps, run by the script of deploy/compose: issuer and root are made anew while devices are away, one of
 * them for longer than its certificate lives. The broker goes by the clock of this machine, so what was long ago happens at a hub whose clock is behind.
 */
import { spawn, spawnSync } from 'node:child_process';
import { type EventEmitter, once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { MqttClient } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../agent/config.ts';
import { enrol, filesOf } from '../../agent/identity/enrol.ts';
import { readIdentity } from '../../agent/identity/file.ts';
import { createRenewer } from '../../agent/identity/renewer.ts';
import { readConnection } from '../../agent/sync/connection.ts';
import { newIssuer, newRoot } from '../../cloud-hub/pki/authority.ts';
import { authorityFiles } from '../../cloud-hub/pki/authority-files.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { createLogger } from '../../shared/kit/log.ts';
import { certificatesOf } from '../../shared/pki/pem.ts';
import { answers, freePort } from '../support/free-port.ts';
import { hasMosquitto, withoutMosquitto } from '../support/mosquitto.ts';
import { newClaim, type SecureHub, secureHub } from '../support/secure-hub.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

const DAY = 86_400_000;
const script = path.join(import.meta.dirname, '../../deploy/compose/mosquitto.sh');
const log = createLogger('test', 'silent');
const signal = new AbortController().signal;
const isSynced = () => true;
const daysAgo = (days: number) => ({ ...systemClock, wall: () => systemClock.wall() - days * DAY });

/** Enrols a box. @returns how it connects, and renews, now */
async function box(hub: SecureHub, device: string, clock = systemClock) {
  const folder = tempFolder();
  await enrol({
    ...{ hub: hub.url, claim: await newClaim(hub), device, folder, signal, clock, isSynced },
    ...{ reaches: async () => true, print: () => undefined },
  });
  const config = loadConfig(filesOf(folder).config).hub;
  if (!config) throw new Error('the configuration has no hub');
  const identity = () => readIdentity(filesOf(folder).identity);
  return {
    identity,
    /** Connects as the agent does, with what lies in its folder. */
    async connect(): Promise<MqttClient | string> {
      try {
        const stream = await readConnection(config, device, { clock: systemClock, isSynced }).broker.open?.(signal);
        if (!stream) return 'no stream';
        const client = new MqttClient(() => stream, { clientId: '', reconnectPeriod: 0 });
        onTestFinished(() => void client.end(true));
        const events = client as unknown as EventEmitter;
        return await Promise.race([once(events, 'connect').then(() => client), once(events, 'close').then(String)]);
      } catch (error) {
        return String(error);
      }
    },
    async renew(): Promise<void> {
      const connection = readConnection(config, device, { clock: systemClock, isSynced });
      if (!connection.identity) throw new Error('there is no identity');
      const before = identity().current.certificate;
      const renewer = createRenewer({ ...connection.identity, fetch: connection.fetch, clock: systemClock, log });
      onTestFinished(() => renewer.stop());
      await renewer.start?.();
      await until(() => identity().current.certificate !== before, 'it is renewed');
    },
  };
}

/** Starts the script. As root Mosquitto would give up its rights, and with them its files. */
function startBroker(folder: string): void {
  const bin = tempFolder();
  const program = spawnSync('sh', ['-c', 'PATH=$PATH:/usr/sbin command -v mosquitto'], {
    encoding: 'utf8',
  }).stdout.trim();
  const config = path.join(bin, 'mosquitto.conf');
  writeFileSync(
    path.join(bin, 'mosquitto'),
    `#!/bin/sh\n{ cat "$2"; echo user root; } >${config}\nexec ${program} -c ${config}\n`,
  );
  chmodSync(path.join(bin, 'mosquitto'), 0o755);
  const env = { PATH: `${bin}:${process.env.PATH}`, VEDETTE_BROKER: folder };
  const child = spawn(script, [], { env, stdio: 'ignore' });
  onTestFinished(async () => {
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    await ended;
  });
}

test.skipIf(!hasMosquitto)(
  `issuer and root are made anew while devices are away${withoutMosquitto}`,
  { timeout: 180_000 },
  async () => {
    const port = await freePort();
    const folder = path.join(tempFolder(), 'broker');
    mkdirSync(folder);
    const broker = { mqttUrl: `mqtts://localhost:${port}`, mosquittoFiles: folder };
    startBroker(folder);

    const past = await secureHub({ clock: daysAgo(35), config: broker });
    const [sleeper, lost] = [await box(past, 'sleeper', daysAgo(35)), await box(past, 'lost', daysAgo(35))];
    const { httpPort } = past.hub;
    await past.hub.stop();
    const later = await secureHub({ folder: past.folder, clock: daysAgo(25), config: { ...broker, httpPort } });
    // Its certificate is good for five more days, and due to be renewed.
    const traveller = await box(later, 'traveller', daysAgo(25));
    await later.hub.stop();
    const files = authorityFiles(path.join(past.folder, 'pki'));
    await newRoot(files, systemClock.wall() - 20 * DAY);
    await newIssuer(files, systemClock.wall() - 15 * DAY);

    const hub = await secureHub({ folder: past.folder, config: { ...broker, httpPort } });
    const isReady = async () => (await hub.request('/readyz')).status === 200;
    await until(isReady, 'the hub is at its broker', 60_000);
    // What the broker may read is all that lies there.
    expect(readdirSync(folder).toSorted()).toEqual(['acl', 'ca.pem', 'crl.pem', 'mosquitto.conf', 'server.pem']);
    expect(statSync(path.join(folder, 'server.pem')).mode & 0o777).toBe(0o600);
    const key = readFileSync(files.rootKeyFile, 'utf8').trim();
    for (const file of readdirSync(folder)) expect(readFileSync(path.join(folder, file), 'utf8')).not.toContain(key);

    // Away for longer than its certificate lives: the broker refuses it until it has renewed.
    expect(typeof (await sleeper.connect())).toBe('string');
    await sleeper.renew();
    const newest = () => files.root();
    expect(certificatesOf(sleeper.identity().roots ?? '').some(({ raw }) => raw.equals(newest().raw))).toBe(true);
    const getsIn = async (who: typeof sleeper) => typeof (await who.connect()) === 'object';
    await until(() => getsIn(sleeper), 'it gets in with the new certificate', 60_000);

    // While the hub runs, by commands beside it: who is connected stays, who is away comes back with what it knows.
    const resident = await box(hub, 'resident');
    const session = await resident.connect();
    if (typeof session === 'string') throw new Error(session);
    const before = readFileSync(path.join(folder, 'server.pem'), 'utf8');
    const oldRoots = files.roots();
    await newIssuer(files, systemClock.wall());
    await newRoot(files, systemClock.wall());
    await until(
      () => readFileSync(path.join(folder, 'server.pem'), 'utf8') !== before,
      'the broker has a new key',
      60_000,
    );
    const fresh = await box(hub, 'fresh');
    await until(() => getsIn(fresh), 'who has a certificate of the newest issuer gets in', 60_000);
    expect(await getsIn(traveller)).toBe(true);
    await session.publishAsync('vedette/v1/resident/up/status', '', { qos: 1 });

    // The old roots are trusted no more: who has renewed since gets in, who has not does not.
    await traveller.renew();
    files.writeTrusted([newest()]);
    expect(oldRoots.some(({ raw }) => raw.equals(newest().raw))).toBe(false);
    await until(async () => !(await getsIn(sleeper)), 'a certificate below an old root is refused', 60_000);
    expect(await getsIn(traveller)).toBe(true);
    expect(await getsIn(lost)).toBe(false);
    await until(isReady, 'the hub itself gets in too', 60_000);

    expect((await hub.request('/api/v1/devices/traveller/revoke', { body: { reason: 'stolen' } })).status).toBe(200);
    await until(async () => !(await getsIn(traveller)), 'the broker learns of a revocation by itself', 60_000);
    expect(await answers(port)).toBe(true);
  },
);
