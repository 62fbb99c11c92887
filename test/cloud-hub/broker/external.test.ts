/** The hub on a real Mosquitto with the files of deploy/mosquitto. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { connectAsync, type IClientOptions } from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import { channels, ownDownFilter, topicOf } from '../../../shared/contract/channels.ts';
import { decode, encode } from '../../../shared/contract/codec.ts';
import { ack } from '../../../shared/contract/messages/batch.ts';
import {
  hasMosquitto,
  type Mosquitto,
  type MosquittoOptions,
  prepareMosquitto,
  withoutMosquitto,
} from '../../support/mosquitto.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { addDevice, eventRecord, type TestHub, testHub } from '../support.ts';

async function mosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const broker = await prepareMosquitto(path.join(tempFolder(), 'mosquitto'), options);
  onTestFinished(() => broker.kill());
  await broker.start();
  return broker;
}

async function hubOn(broker: Mosquitto, version: '3.1.1' | '5', caFile?: string): Promise<TestHub> {
  const { username, passwordFile } = broker.hub;
  const mqtt = { mqttUrl: broker.url, mqttUsername: username, mqttPasswordFile: passwordFile, mqttVersion: version };
  const hub = await testHub({ config: { ...mqtt, ...(caFile ? { mqttCaFile: caFile } : {}) } });
  await until(async () => (await fetch(`${hub.url}/readyz`)).ok, 'the hub is connected');
  return hub;
}

async function device(broker: Mosquitto, id: string, token: string, options: IClientOptions = {}) {
  const client = await connectAsync(
    broker.url,
    { username: id, password: token, clientId: id, reconnectPeriod: 0, ...options },
    false,
  );
  client.on('error', () => undefined);
  onTestFinished(() => {
    client.end(true);
  });
  const acks: number[] = [];
  client.on('message', (topic, payload) => {
    if (topic === topicOf(id, 'ack')) acks.push(ack.parse(decode(payload, channels.ack.maxBytes)).upTo);
  });
  await client.subscribeAsync(ownDownFilter(id), { qos: 1 });
  const send = (from: number, to: number, as = id) =>
    client.publishAsync(
      topicOf(as, 'records'),
      encode({
        epoch: 'e1',
        from,
        to,
        base: from,
        records: Array.from({ length: to - from + 1 }, (_, i) => eventRecord(from + i)),
      }),
      { qos: 1 },
    );
  return { client, acks, send };
}

async function stored(hub: TestHub, id: string): Promise<number> {
  const { items } = await hub.json<{ items: { records: number }[] }>(`/devices/${id}/sequences`);
  return items[0]?.records ?? 0;
}

describe.skipIf(!hasMosquitto)(`an external broker${withoutMosquitto}`, () => {
  test.each([
    ['3.1.1', 4],
    ['5', 5],
  ] as const)(
    'records arrive and are acknowledged over MQTT %s, and presence is what the device says',
    async (version, protocolVersion) => {
      const broker = await mosquitto();
      const hub = await hubOn(broker, version);
      const token = await addDevice(hub, 'cam');
      broker.setTokens({ cam: token });
      const will = {
        topic: topicOf('cam', 'status'),
        payload: encode({ online: false }),
        qos: 1,
        retain: true,
      } as const;
      const cam = await until(() => device(broker, 'cam', token, { protocolVersion, will }), 'the device is let in');
      await cam.client.publishAsync(topicOf('cam', 'status'), encode({ online: true }), { qos: 1, retain: true });
      await cam.send(1, 20);
      await until(() => cam.acks.includes(20), 'the ack');
      expect(await stored(hub, 'cam')).toBe(20);
      const isOnline = async () => (await hub.json<{ online: boolean }>('/devices/cam')).online;
      await until(isOnline, 'it is online');
      cam.client.stream.destroy();
      await until(async () => !(await isOnline()), 'its will is heard');
    },
  );

  test('a device reaches only its own topics', async () => {
    const broker = await mosquitto();
    const hub = await hubOn(broker, '5');
    const tokens = { cam: await addDevice(hub, 'cam'), other: await addDevice(hub, 'other') };
    broker.setTokens(tokens);
    const cam = await until(() => device(broker, 'cam', tokens.cam), 'cam is let in');
    const other = await until(() => device(broker, 'other', tokens.other), 'the other is let in');
    await cam.send(1, 5, 'other');
    await cam.client.publishAsync(topicOf('other', 'ack'), encode({ epoch: 'e1', upTo: 99 }), { qos: 1 });
    // Mosquitto grants the filter and keeps the messages.
    const overheard: string[] = [];
    cam.client.on('message', (topic) => overheard.push(topic));
    for (const filter of [ownDownFilter('other'), '#']) await cam.client.subscribeAsync(filter, { qos: 1 });
    await cam.send(1, 3);
    await other.send(1, 2);
    await until(() => cam.acks.length > 0 && other.acks.length > 0, 'both are acknowledged');
    expect([await stored(hub, 'cam'), await stored(hub, 'other')]).toEqual([3, 2]);
    expect(other.acks).toEqual([2]);
    expect(new Set(overheard)).toEqual(new Set([topicOf('cam', 'ack')]));
    await expect(device(broker, 'cam', 'wrong')).rejects.toThrow(/not authori[sz]ed/i);
  });

  test('the broker is killed and forgets: the hub comes back by itself', async () => {
    const broker = await mosquitto();
    const hub = await hubOn(broker, '5');
    const token = await addDevice(hub, 'cam');
    await broker.kill();
    await until(async () => !(await fetch(`${hub.url}/readyz`)).ok, 'the hub says that it is not connected');
    broker.setTokens({ cam: token });
    await broker.start();
    const cam = await until(() => device(broker, 'cam', token), 'the device is let in');
    await until(async () => {
      await cam.send(1, 4);
      return cam.acks.includes(4);
    }, 'the ack');
    expect(await stored(hub, 'cam')).toBe(4);
  });

  test('a device that the hub does not know leaves no trace', async () => {
    const broker = await mosquitto();
    const hub = await hubOn(broker, '5');
    const token = await addDevice(hub, 'cam');
    broker.setTokens({ cam: token, ghost: 'g' });
    const ghost = await until(() => device(broker, 'ghost', 'g'), 'it is let in');
    const cam = await device(broker, 'cam', token);
    await ghost.send(1, 4);
    await cam.send(1, 1);
    await until(() => cam.acks.length > 0, 'the ack');
    expect(ghost.acks).toEqual([]);
    expect(await (await fetch(`${hub.url}/metrics`)).text()).toContain(
      'vedette_denied_messages_total{reason="unknown device"} 1',
    );
  });

  test('TLS: only with the right authority', async () => {
    const folder = tempFolder();
    const [certFile, keyFile] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    execFileSync('openssl', [...args, '-keyout', keyFile, '-out', certFile, ...subject], { stdio: 'ignore' });
    const broker = await mosquitto({ tls: { certFile, keyFile } });
    const hub = await hubOn(broker, '5', certFile);
    const token = await addDevice(hub, 'cam');
    broker.setTokens({ cam: token });
    const ca = readFileSync(certFile, 'utf8');
    const cam = await until(() => device(broker, 'cam', token, { ca }), 'the device is let in');
    await cam.send(1, 2);
    await until(() => cam.acks.includes(2), 'the ack');
    await expect(device(broker, 'cam', token)).rejects.toThrow(/self-signed|self signed/);
  });
});
