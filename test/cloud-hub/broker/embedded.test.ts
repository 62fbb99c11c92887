/** The broker as devices meet it: a real connection, a real hub behind it. */

import { once } from 'node:events';
import { createConnection } from 'node:net';
import type { MqttClient } from 'mqtt';
import { describe, expect, test } from 'vitest';
import type { Device } from '../../../cloud-hub/contract/device.ts';
import { ownDownFilter, topicOf } from '../../../shared/contract/channels.ts';
import { encode } from '../../../shared/contract/codec.ts';
import { until } from '../../support/until.ts';
import { addDevice, connect, eventRecord, testDevice, testHub } from '../support.ts';

async function refusal(attempt: Promise<unknown>): Promise<number | undefined> {
  const error = await attempt.then(
    () => undefined,
    (e: unknown) => e,
  );
  return (error as { code?: number } | undefined)?.code;
}

/** Resolves when the connection has ended. */
function closing(client: MqttClient): Promise<void> {
  return new Promise((resolve) => client.once('close', () => resolve()));
}

describe('connecting', () => {
  test('needs the id and token of a device', async () => {
    const hub = await testHub();
    const token = await addDevice(hub, 'cam');
    await addDevice(hub, 'other');
    expect(await refusal(connect(hub, {}))).toBe(5);
    expect(await refusal(connect(hub, { username: 'cam' }))).toBe(5);
    expect(await refusal(connect(hub, { username: 'cam', password: `${token}x` }))).toBe(4);
    expect(await refusal(connect(hub, { username: 'other', password: token }))).toBe(4);
    expect(await refusal(connect(hub, { username: 'nobody', password: token }))).toBe(4);
    expect(await refusal(connect(hub, { username: '__proto__', password: token }))).toBe(4);
    expect(await refusal(connect(hub, { username: 'admin', password: hub.token }))).toBe(4);
    expect(await refusal(connect(hub, { username: 'cam', password: token }))).toBeUndefined();
  });

  test('a new token ends the old one, and the connection made with it', async () => {
    const hub = await testHub();
    const old = await addDevice(hub, 'cam');
    const connected = await connect(hub, { username: 'cam', password: old });
    const closed = closing(connected);
    const answer = await hub.post('/devices/cam/token');
    expect(answer.status).toBe(201);
    await closed;
    const { token } = (await answer.json()) as { token: string };
    expect(await refusal(connect(hub, { username: 'cam', password: old }))).toBe(4);
    expect(await refusal(connect(hub, { username: 'cam', password: token }))).toBeUndefined();
  });

  test('a will may only be the own status', async () => {
    const hub = await testHub();
    const password = await addDevice(hub, 'cam');
    const will = (topic: string) => ({ topic, payload: encode({ online: false }), qos: 1 as const, retain: true });
    for (const topic of [topicOf('other', 'status'), topicOf('cam', 'records'), topicOf('cam', 'ack'), '#']) {
      expect(await refusal(connect(hub, { username: 'cam', password, will: will(topic) }))).toBe(5);
    }
    expect(
      await refusal(connect(hub, { username: 'cam', password, will: will(topicOf('cam', 'status')) })),
    ).toBeUndefined();
  });

  test('a second connection of a device ends the first, whatever client id either gives', async () => {
    const hub = await testHub();
    const password = await addDevice(hub, 'cam');
    const otherPassword = await addDevice(hub, 'other');
    const other = await connect(hub, { username: 'other', password: otherPassword, clientId: 'x' });
    const first = await connect(hub, { username: 'cam', password, clientId: 'a' });
    const closed = closing(first);
    await connect(hub, { username: 'cam', password, clientId: 'x' });
    await closed;
    expect(other.connected).toBe(true);
    await other.publishAsync(topicOf('other', 'status'), encode({ online: true }), { qos: 1 });
    // Presence goes through ingest, after the broker has answered.
    await until(async () => {
      const devices = await hub.json<{ items: Device[] }>('/devices?online=true');
      return devices.items.map((d) => d.id).join() === 'cam,other';
    }, 'both devices online');
  });
});

describe('publishing and subscribing', () => {
  test.each([
    topicOf('other', 'records'),
    topicOf('cam', 'ack'),
    topicOf('cam', 'command'),
    'vedette/v1/cam/up/unknown',
    '$SYS/broker',
    'a',
  ])('a publish to %s ends the connection, and nothing else', async (topic) => {
    const hub = await testHub();
    const cam = await testDevice(hub, 'cam');
    const other = await testDevice(hub, 'other');
    const closed = closing(cam.client);
    cam.client.publish(
      topic,
      encode({ epoch: 'e', from: 1, to: 1, records: [eventRecord(1)] }),
      { qos: 1 },
      () => undefined,
    );
    await closed;
    await other.publish('records', { epoch: 'e', from: 1, to: 1, records: [eventRecord(1)] });
    expect((await other.nextAck()).upTo).toBe(1);
  });

  test('a publish with QoS 2, or over the bound of its channel, ends the connection', async () => {
    const hub = await testHub();
    const password = await addDevice(hub, 'cam');
    for (const [payload, qos] of [
      [encode({ online: true }), 2],
      [Buffer.alloc(17 * 1024), 1],
    ] as const) {
      const client = await connect(hub, { username: 'cam', password });
      const closed = closing(client);
      client.publish(topicOf('cam', 'status'), payload, { qos }, () => undefined);
      await closed;
    }
  });

  test('foreign filters and wildcards are refused, the own ones granted', async () => {
    const hub = await testHub();
    await addDevice(hub, 'other');
    const cam = await testDevice(hub, 'cam');
    const asked = [
      '#',
      '+/#',
      'vedette/v1/#',
      'vedette/v1/+/down/ack',
      ownDownFilter('other'),
      topicOf('cam', 'records'),
      '$SYS/#',
    ];
    for (const filter of asked) {
      await expect(cam.client.subscribeAsync(filter, { qos: 1 })).rejects.toThrow(/Unspecified error|128/);
    }
    const granted = await cam.client.subscribeAsync([ownDownFilter('cam'), topicOf('cam', 'ack')], { qos: 1 });
    expect(granted.map((g) => g.qos)).toEqual([1, 1]);
  });
});

describe('raw bytes', () => {
  async function closesAfter(port: number, bytes: Buffer): Promise<void> {
    const socket = createConnection(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => undefined);
    socket.resume();
    const closed = once(socket, 'close');
    socket.write(bytes);
    await closed;
  }

  test('garbage, a giant announced, or no CONNECT first: the connection ends, the hub lives', async () => {
    const hub = await testHub();
    const port = hub.hub.mqttPort;
    await closesAfter(port, Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    await closesAfter(port, Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
    await closesAfter(port, Buffer.from([0xc0, 0x00]));
    const cam = await testDevice(hub, 'cam');
    const closed = closing(cam.client);
    cam.client.stream.write(Buffer.from([0x32, 0xff, 0xff, 0xff, 0x7f]));
    await closed;
    expect((await fetch(`${hub.url}/readyz`)).status).toBe(200);
  });
});

describe('presence', () => {
  test('a device is online while it is connected', async () => {
    const hub = await testHub();
    const cam = await testDevice(hub, 'cam');
    const online = async () => (await hub.json<Device>('/devices/cam')).online;
    await cam.publish('status', { online: true, version: '1.0.0' });
    await expect.poll(online).toBe(true);
    cam.client.stream.destroy();
    await expect.poll(online).toBe(false);
    expect((await hub.json<Device>('/devices/cam')).version).toBe('1.0.0');
  });

  test('the will of a connection that a newer one ended does not make the device offline', async () => {
    const hub = await testHub();
    const password = await addDevice(hub, 'cam');
    const will = { topic: topicOf('cam', 'status'), payload: encode({ online: false }), qos: 1 as const, retain: true };
    const first = await connect(hub, { username: 'cam', password, will });
    const closed = closing(first);
    const second = await connect(hub, { username: 'cam', password, will });
    await closed;
    await second.publishAsync(topicOf('cam', 'status'), encode({ online: true, version: '2.0.0' }), { qos: 1 });
    await expect.poll(async () => (await hub.json<Device>('/devices/cam')).version).toBe('2.0.0');
    expect((await hub.json<Device>('/devices/cam')).online).toBe(true);
  });
});
