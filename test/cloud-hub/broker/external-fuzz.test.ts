/** Damaged packets and payloads at a real Mosquitto with the hub behind it: neither falls, and a calm device is served. */
import { connect } from 'node:net';
import path from 'node:path';
import { connectAsync } from 'mqtt';
import { generate } from 'mqtt-packet';
import { expect, onTestFinished, test } from 'vitest';
import { channels, ownDownFilter, topicOf } from '../../../shared/contract/channels.ts';
import { decode, encode } from '../../../shared/contract/codec.ts';
import { ack } from '../../../shared/contract/messages/batch.ts';
import { keptLog } from '../../support/kept-log.ts';
import { hasMosquitto, prepareMosquitto, withoutMosquitto } from '../../support/mosquitto.ts';
import { seeded } from '../../support/random.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { addDevice, eventRecord, jpeg, snapshotOf, testHub } from '../support.ts';

const CONNECTIONS = 300;
const PAYLOADS = 1500;
const UP = ['status', 'records', 'report', 'preview', 'sample', 'log'] as const;

function damaged(bytes: Buffer, random: () => number): Buffer {
  const copy = Buffer.from(bytes);
  const times = Math.floor(random() * 6);
  for (let i = 0; i < times; i++) copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
  return random() < 0.3 ? copy.subarray(0, Math.floor(random() * copy.length)) : copy;
}

test.skipIf(!hasMosquitto)(
  `damaged packets and payloads reach nobody else${withoutMosquitto}`,
  { timeout: 180_000 },
  async () => {
    const random = seeded(11);
    const broker = await prepareMosquitto(path.join(tempFolder(), 'mosquitto'));
    onTestFinished(() => broker.kill());
    await broker.start();
    const { log, lines } = keptLog();
    const { username: mqttUsername, passwordFile: mqttPasswordFile } = broker.hub;
    const hub = await testHub({ log, config: { mqttUrl: broker.url, mqttUsername, mqttPasswordFile } });
    const tokens = { calm: await addDevice(hub, 'calm'), wild: await addDevice(hub, 'wild') };
    broker.setTokens(tokens);
    await until(async () => (await fetch(`${hub.url}/readyz`)).ok, 'the hub is connected');
    const clientOf = async (id: 'calm' | 'wild') => {
      const options = { username: id, password: tokens[id], clientId: id, reconnectPeriod: 0 };
      const client = await until(() => connectAsync(broker.url, options, false), `${id} is let in`);
      client.on('error', () => undefined);
      onTestFinished(() => {
        client.end(true);
      });
      return client;
    };
    const calm = await clientOf('calm');
    let acked = 0;
    calm.on('message', (topic, payload) => {
      if (topic === topicOf('calm', 'ack')) acked = ack.parse(decode(payload, channels.ack.maxBytes)).upTo;
    });
    await calm.subscribeAsync(ownDownFilter('calm'), { qos: 1 });
    let sent = 0;
    const send = async () => {
      sent++;
      const batch = { epoch: 'e1', from: sent, to: sent, base: 1, records: [eventRecord(sent)] };
      await calm.publishAsync(topicOf('calm', 'records'), encode(batch), { qos: 1 });
    };

    const hello = { cmd: 'connect', clientId: 'wild', clean: true, keepalive: 0, username: 'wild' } as const;
    const record = eventRecord(1, { snapshot: snapshotOf(jpeg) });
    const payload = encode({ epoch: 'w', from: 1, to: 1, base: 1, records: [record] });
    for (const protocolVersion of [4, 5] as const) {
      const connectPacket = generate({
        ...hello,
        password: Buffer.from(tokens.wild),
        protocolVersion,
        protocolId: 'MQTT',
      });
      const publish = { cmd: 'publish', qos: 1, retain: false, dup: false, messageId: 2 } as const;
      const packets = [
        connectPacket,
        generate(
          { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: ownDownFilter('wild'), qos: 1 }] },
          { protocolVersion },
        ),
        generate({ ...publish, topic: topicOf('wild', 'records'), payload }, { protocolVersion }),
        generate({ cmd: 'pingreq' }),
        generate({ cmd: 'disconnect' }, { protocolVersion }),
      ];
      for (let n = 0; n < CONNECTIONS / 2; n++) {
        const bytes = damaged(packets[Math.floor(random() * packets.length)] ?? connectPacket, random);
        const socket = connect(broker.port, '127.0.0.1');
        socket.on('error', () => undefined);
        socket.resume();
        const closed = new Promise<void>((done) => socket.once('close', () => done()));
        socket.end(random() < 0.6 ? Buffer.concat([connectPacket, bytes]) : bytes);
        await closed;
        if (n % 10 === 0) await send();
      }
    }

    const wild = await clientOf('wild');
    const good = [payload, encode({ online: true }), Buffer.from([0, 0, 0, 0]), Buffer.alloc(0)];
    for (let n = 0; n < PAYLOADS; n++) {
      const channel = UP[Math.floor(random() * UP.length)] ?? 'log';
      const bytes = damaged(good[Math.floor(random() * good.length)] ?? payload, random);
      wild.publish(topicOf('wild', channel), bytes, { qos: random() < 0.5 ? 0 : 1, retain: channel === 'status' });
      if (n % 50 === 0) await send();
    }
    await until(() => acked === sent, 'all of the calm device is acknowledged');
    expect((await fetch(`${hub.url}/readyz`)).status).toBe(200);
    const { items } = await hub.json<{ items: { records: number; upTo: number }[] }>('/devices/calm/sequences');
    expect(items).toMatchObject([{ records: sent, upTo: sent }]);
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  },
);
