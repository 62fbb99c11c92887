/**
 * A fleet on a real Mosquitto with certificates alone: enrolment, records, rights by the name of the certificate, revocation by the hub's
 * list, and what somebody on the wire sees of it, who sits between all of them.
 */
import { type EventEmitter, once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import path from 'node:path';
import { connect as connectTls } from 'node:tls';
import { MqttClient } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { enrol, filesOf } from '../../agent/identity/enrol.ts';
import { readIdentity } from '../../agent/identity/file.ts';
import { aclFile, configFile } from '../../cloud-hub/broker/mosquitto/files.ts';
import { HubAuthority } from '../../cloud-hub/pki/authority.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import type { ClientCredentials } from '../../shared/pki/dial.ts';
import { openMqttStream } from '../../shared/pki/mqtt-stream.ts';
import { reportOf } from '../cloud-hub/rollout/reports.ts';
import { freePort } from '../support/free-port.ts';
import { createMosquitto, hasMosquitto, withoutMosquitto } from '../support/mosquitto.ts';
import { runProgram } from '../support/program.ts';
import { enrolled, newClaim, secureHub } from '../support/secure-hub.ts';
import { waveRows, writeCsv, writeWaveModel } from '../support/sensor.ts';
import { startAgent } from '../support/stack.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';
import { tapWire } from '../support/wire-tap.ts';

const DEVICE = 'gate-on-the-wire';

async function fleet() {
  const folder = tempFolder();
  const at = (name: string) => path.join(folder, name);
  const authority = await HubAuthority.open(at('hub/pki'), systemClock.wall());
  const made = await runProgram('cloud-hub/main.js', [
    'ca',
    'broker',
    'localhost',
    '--data-dir',
    at('hub'),
    '--out',
    at('broker'),
  ]);
  if (made.code !== 0) throw new Error(made.stderr);
  const port = await freePort();
  const wire = await tapWire(port);
  const hub = await secureHub({
    folder: at('hub'),
    config: {
      mqttUrl: `mqtts://localhost:${wire.port}`,
      mqttCaFile: at('broker/ca.pem'),
      mqttCertFile: at('broker/hub.pem'),
      mqttKeyFile: at('broker/hub.key'),
    },
  });
  const clients = { caFile: authority.files.caFile, crlFile: authority.files.crlFile };
  const tls = { certFile: at('broker/broker.pem'), keyFile: at('broker/broker.key'), clients };
  // As root it would give up its rights, and with them its files.
  writeFileSync(at('mosquitto.conf'), `${configFile({ port, host: '127.0.0.1', folder, tls })}user root\n`);
  writeFileSync(at('acl'), aclFile());
  const broker = createMosquitto(at('mosquitto.conf'), port);
  onTestFinished(() => broker.kill());
  await broker.start();
  const ready = async () => (await hub.request('/readyz')).status === 200;
  await until(ready, 'the hub is connected to the broker');
  const connect = async (credentials?: ClientCredentials): Promise<MqttClient | string> => {
    try {
      const stream = await openMqttStream(`mqtts://localhost:${port}`, {
        ...hub.trust,
        credentials,
        timeoutMs: 10_000,
      });
      const client = new MqttClient(() => stream, { clientId: '', reconnectPeriod: 0 });
      onTestFinished(() => void client.end(true));
      const events = client as unknown as EventEmitter;
      const closed = once(events, 'close').then(() => 'closed', String);
      return await Promise.race([once(events, 'connect').then(() => client, String), closed]);
    } catch (error) {
      return String(error);
    }
  };
  return { hub, folder, wire, broker, port, connect };
}

async function json<T>(hub: Awaited<ReturnType<typeof secureHub>>, route: string): Promise<T> {
  return (await (await hub.request(`/api/v1${route}`)).json()) as T;
}

test.skipIf(!hasMosquitto)(
  `from a claim to records, and nothing in the clear${withoutMosquitto}`,
  { timeout: 180_000 },
  async () => {
    const { hub, wire, folder } = await fleet();
    const web = await tapWire(hub.hub.httpPort);
    const claim = await newClaim(hub);
    const boxFolder = path.join(folder, 'box');
    const result = await enrol({
      ...{ hub: `https://127.0.0.1:${web.port}`, claim, device: DEVICE, folder: boxFolder },
      ...{ reaches: async () => true, print: () => undefined, signal: new AbortController().signal },
      ...{ clock: systemClock, isSynced: () => true },
    });
    expect(result.broker).toBe(`mqtts://localhost:${wire.port}`);
    const files = filesOf(boxFolder);
    const source = { url: writeCsv(folder, 'series.csv', waveRows(300)), speed: 50 };
    const config = {
      ...(parse(readFileSync(files.config, 'utf8')) as object),
      models: { wave: await writeWaveModel(folder) },
      streams: { 'stream-on-the-wire': { kind: 'sensor', model: 'wave', source } },
      api: false,
    };
    writeFileSync(files.config, stringify(config));
    const agent = startAgent(files.config);
    interface Sequences {
      readonly items: readonly { readonly records: number; readonly gaps: readonly unknown[] }[];
    }
    const arrived = () => json<Sequences>(hub, `/devices/${DEVICE}/sequences`);
    const { items } = await until(async () => {
      const found = await arrived();
      return found.items.some(({ records }) => records >= 3) ? found : undefined;
    }, 'records arrive');
    expect(items[0]?.gaps).toEqual([]);
    agent.process.kill('SIGTERM');
    expect((await agent.ended).code).toBe(0);

    const { current } = readIdentity(files.identity);
    const secrets = [
      claim,
      claim.split('.')[1] ?? '',
      hub.token,
      DEVICE,
      'stream-on-the-wire',
      'vedette/v1',
      '"records"',
      '/api/v1/',
      '-----BEGIN',
      current.key.slice(40, 90),
    ];
    for (const { heard } of [wire, web]) {
      const bytes = heard();
      expect(bytes.length).toBeGreaterThan(2_000);
      expect(secrets.filter((secret) => bytes.includes(secret))).toEqual([]);
    }
    // What is not protected, this tap does see.
    const plain = connectTcp(wire.port, '127.0.0.1');
    plain.on('error', () => undefined).write(`not protected: ${DEVICE}`);
    await until(() => wire.heard().includes(DEVICE), 'it is seen');
    plain.destroy();
  },
);

test.skipIf(!hasMosquitto)(
  `who gets in, what he may, and what a revocation does${withoutMosquitto}`,
  { timeout: 120_000 },
  async () => {
    const { hub, broker, port, connect } = await fleet();
    const [gate, thief] = [await enrolled(hub, 'gate'), await enrolled(hub, 'thief')];
    const foreign = await enrolled(await secureHub(), 'gate');
    expect(await connect()).toMatch(/error|closed|alert/i);
    expect(await connect(foreign)).toMatch(/error|closed|alert/i);
    const old = connectTls({
      host: '127.0.0.1',
      port,
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL@SECLEVEL=0',
      rejectUnauthorized: false,
    });
    const [fault] = (await once(old, 'error')) as [Error];
    expect(fault.message).toMatch(/protocol version|unsupported protocol|no protocols/i);

    // The broker takes the name out of the certificate: a thief writes into its own topics only.
    const client = await connect(thief);
    if (typeof client === 'string') throw new Error(client);
    const report = (version: string) => JSON.stringify({ ...reportOf(undefined, undefined), version });
    await client.publishAsync('vedette/v1/gate/up/report', report('stolen'), { qos: 1 });
    await client.publishAsync('vedette/v1/thief/up/report', report('own'), { qos: 1 });
    const versionOf = async (device: string) => (await json<{ version?: string }>(hub, `/devices/${device}`)).version;
    await until(async () => (await versionOf('thief')) === 'own', 'its own report has come');
    expect(await versionOf('gate')).toBeUndefined();

    const list = () => readFileSync(hub.authority.files.crlFile, 'utf8');
    const before = list();
    expect((await hub.request('/api/v1/devices/thief/revoke', { body: { reason: 'stolen' } })).status).toBe(200);
    await until(() => list() !== before, 'the list is written anew');
    broker.reload();
    await until(async () => typeof (await connect(thief)) === 'string', 'the broker refuses it');
    expect(typeof (await connect(gate))).toBe('object');
  },
);
