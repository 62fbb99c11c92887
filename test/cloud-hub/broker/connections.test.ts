/** Connections of the embedded broker: who is there, what reaches him, and how they end. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { generate } from 'mqtt-packet';
import { describe, expect, onTestFinished, test } from 'vitest';
import { channels, topicOf } from '../../../shared/contract/channels.ts';
import { until } from '../../support/until.ts';
import { connectPacket, device, peer, publishPacket, startBroker, tokenOf } from './fixture.ts';

const will = { topic: topicOf('cam', 'status'), payload: Buffer.from('gone'), qos: 1 as const, retain: true };
const nothing = Buffer.alloc(0);

describe('presence', () => {
  test('comes and goes with the connection, however that ends; the will has nothing to add', async () => {
    const { broker, reported, metrics } = await startBroker();
    const connected = async () => (await metrics.connected.get()).values[0]?.value;
    for (const end of ['breaks off', 'says goodbye']) {
      reported.length = 0;
      const cam = await device(broker.port, 'cam', { will });
      expect(reported).toEqual(['arriving', 'connected cam', 'subscribed cam']);
      expect(await connected()).toBe(1);
      const other = await device(broker.port, 'other');
      expect(await connected()).toBe(2);
      if (end === 'breaks off') cam.socket.destroy();
      else cam.write(generate({ cmd: 'disconnect' }));
      await until(() => reported.includes('disconnected cam'), 'it is gone');
      expect(await connected()).toBe(1);
      other.write(publishPacket(topicOf('other', 'status'), Buffer.from('on')));
      await until(() => reported.includes(`message ${topicOf('other', 'status')}`), 'the status of the other');
      other.socket.destroy();
      await until(() => reported.includes('disconnected other'), 'the other is gone');
      expect(reported.slice(3)).toEqual([
        'arriving',
        'connected other',
        'subscribed other',
        'disconnected cam',
        `message ${topicOf('other', 'status')}`,
        'disconnected other',
      ]);
      expect(await connected()).toBe(0);
    }
  });

  test('a newer connection ends the older one, whose will is not heard any more', async () => {
    const { broker, reported, metrics } = await startBroker();
    const first = await device(broker.port, 'cam', { clientId: 'a', will });
    for (const clientId of ['b', 'c']) {
      reported.length = 0;
      const next = await device(broker.port, 'cam', { clientId, will });
      next.write(publishPacket(topicOf('cam', 'status'), Buffer.from('on')));
      await until(() => reported.includes(`message ${topicOf('cam', 'status')}`), 'its own status');
      expect(reported).toEqual([
        'arriving',
        'disconnected cam',
        'connected cam',
        'subscribed cam',
        `message ${topicOf('cam', 'status')}`,
      ]);
      expect((await metrics.connected.get()).values[0]?.value).toBe(1);
    }
    await first.closed();
  });

  test('the hub ends the connection of one device', async () => {
    const { broker, reported } = await startBroker();
    const [cam, other] = [await device(broker.port, 'cam'), await device(broker.port, 'other')];
    broker.disconnect('nobody');
    broker.disconnect('cam');
    await cam.closed();
    await until(() => reported.includes('disconnected cam'), 'it is gone');
    broker.publish('other', 'ack', Buffer.from('x'));
    await other.got('publish');
    expect(other.isClosed()).toBe(false);
    broker.disconnect('cam');
    const again = await device(broker.port, 'cam');
    expect(again.isClosed()).toBe(false);
  });

  test('no session is kept: what was asked for before does not come to the next connection', async () => {
    const { broker, reported } = await startBroker();
    const first = await device(broker.port, 'cam', { clean: false });
    first.socket.destroy();
    await until(() => reported.includes('disconnected cam'), 'it is gone');
    const second = await peer(broker.port, connectPacket('cam', { clean: false }));
    expect(await second.got('connack')).toMatchObject({ returnCode: 0, sessionPresent: false });
    broker.publish('cam', 'command', Buffer.from('nobody listens'));
    const other = await device(broker.port, 'other');
    broker.publish('other', 'command', Buffer.from('x'));
    await other.got('publish');
    second.write(publishPacket(topicOf('cam', 'log'), Buffer.from('x')));
    await second.got('puback');
    expect(second.messages()).toEqual([]);
  });
});

describe('messages to devices', () => {
  test('come as the channel says, one after the other, for as long as the device reads', async () => {
    const { broker, metrics } = await startBroker();
    const cam = await device(broker.port, 'cam');
    for (let n = 1; n <= 200; n++) {
      broker.publish('cam', 'ack', Buffer.from(`${n}`));
      await cam.received(n);
    }
    expect(cam.packets.find((p) => p.cmd === 'publish')).toMatchObject({
      topic: topicOf('cam', 'ack'),
      qos: 1,
      retain: false,
      dup: false,
    });
    expect((await metrics.undelivered.get()).values[0]?.value ?? 0).toBe(0);
  });

  test('of 100 at once the first 64 go, the others are counted; afterwards all is as before', async () => {
    const { broker, reported, metrics } = await startBroker();
    const undelivered = async () => (await metrics.undelivered.get()).values[0]?.value ?? 0;
    const [cam, other] = [await device(broker.port, 'cam'), await device(broker.port, 'other')];
    for (const n of [1, 2]) {
      for (let i = 0; i < 100; i++) broker.publish('cam', 'command', Buffer.from('x'));
      broker.publish('other', 'command', Buffer.from('x'));
      await Promise.all([cam.received(64 * n), other.received(n)]);
      expect(cam.messages()).toHaveLength(64 * n);
      expect(await undelivered()).toBe(36 * n);
      // There and back once more: the broker has seen then that they are gone.
      cam.write(publishPacket(topicOf('cam', 'log'), nothing, n));
      await until(() => reported.filter((line) => line.startsWith('message')).length === n, 'it is heard');
    }
  });

  test('what is retained waits for the device, the last of it; the rest is only for those who are there', async () => {
    const { broker, metrics } = await startBroker();
    for (let n = 0; n < 200; n++) broker.publish('cam', 'ack', Buffer.from('x'));
    broker.publish('cam', 'desired', Buffer.from('older'));
    broker.publish('cam', 'desired', Buffer.from('new'));
    broker.publish('other', 'desired', Buffer.from('not yours'));
    for (const _ of [1, 2]) {
      const cam = await device(broker.port, 'cam');
      expect(await cam.got('publish')).toMatchObject({ retain: true, qos: 1 });
      broker.publish('cam', 'ack', Buffer.from('after it'));
      await cam.received(2);
      expect(cam.messages()).toEqual([`${topicOf('cam', 'desired')} 3`, `${topicOf('cam', 'ack')} 8`]);
      cam.socket.destroy();
    }
    broker.publish('cam', 'desired', nothing);
    const cam = await device(broker.port, 'cam');
    broker.publish('cam', 'ack', Buffer.from('x'));
    await cam.received(1);
    expect(cam.messages()).toEqual([`${topicOf('cam', 'ack')} 1`]);
    expect((await metrics.undelivered.get()).values[0]?.value ?? 0).toBe(0);
  });

  test('what a device wants retained is not kept for its next connection', async () => {
    const { broker, payloads } = await startBroker();
    const cam = await device(broker.port, 'cam');
    cam.write(publishPacket(topicOf('cam', 'status'), Buffer.from('on'), 5, 1, true));
    await until(() => payloads.length === 1, 'it is heard');
    cam.socket.destroy();
    const again = await device(broker.port, 'cam');
    broker.publish('cam', 'ack', Buffer.from('x'));
    await again.received(1);
    expect(again.messages()).toEqual([`${topicOf('cam', 'ack')} 1`]);
  });
});

describe('waiting for the hub', () => {
  test('a wait that fails is over as well', async () => {
    const { broker, reported, gate } = await startBroker();
    let fail: (error: Error) => void = () => undefined;
    gate.wait = new Promise((_resolve, reject) => {
      fail = reject;
    });
    const cam = await device(broker.port, 'cam');
    const received = () => reported.filter((line) => line.startsWith('message')).length;
    cam.write(publishPacket(topicOf('cam', 'records'), Buffer.from('a'), 5));
    await until(() => received() === 1, 'the first');
    gate.wait = undefined;
    cam.write(publishPacket(topicOf('cam', 'records'), Buffer.from('b'), 6));
    const other = await device(broker.port, 'other');
    other.write(publishPacket(topicOf('other', 'log'), Buffer.from('c'), 5));
    await until(() => reported.includes(`message ${topicOf('other', 'log')}`), 'the other');
    expect(received()).toBe(2);
    fail(new Error('disk full'));
    await until(() => received() === 3, 'the second');
  });

  test('the payload comes as bytes, also when it is empty', async () => {
    const { broker, payloads } = await startBroker();
    const cam = await device(broker.port, 'cam');
    cam.write(publishPacket(topicOf('cam', 'log'), nothing), publishPacket(topicOf('cam', 'log'), Buffer.from('é'), 3));
    await until(() => payloads.length === 2, 'both');
    expect(payloads).toEqual([nothing, Buffer.from('é')]);
    expect(payloads.every(Buffer.isBuffer)).toBe(true);
  });
});

describe('bounds', () => {
  test('a CONNECT with the largest will passes; one that is larger ends before it is read', async () => {
    const { broker, count } = await startBroker();
    const largest = { ...will, payload: Buffer.alloc(channels.status.maxBytes) };
    const good = await peer(broker.port, connectPacket('cam', { will: largest }));
    expect(await good.got('connack')).toMatchObject({ returnCode: 0 });
    const larger = { ...will, payload: Buffer.alloc(channels.status.maxBytes + 1) };
    const foreign = await peer(broker.port, connectPacket('cam', { will: larger }));
    expect(await foreign.got('connack')).toMatchObject({ returnCode: 5 });
    expect(await count('refusedConnections', 'foreign will')).toBe(1);
    const huge = { ...will, payload: Buffer.alloc(channels.status.maxBytes + 4096) };
    const cut = await peer(broker.port, connectPacket('cam', { will: huge }));
    await cut.closed();
    expect(cut.packets).toEqual([]);
  });
});

describe('start and stop', () => {
  test('a port that is taken is refused with the error of the system', async () => {
    const taken = createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => {
      taken.close();
    });
    const address = taken.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await expect(startBroker({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('stopping ends every connection, also those who have not signed in, and gives the port back', async () => {
    const { broker } = await startBroker();
    expect(broker.isOpen()).toBe(true);
    const cam = await device(broker.port, 'cam');
    const silent = await peer(broker.port);
    const half = await peer(broker.port, connectPacket('cam').subarray(0, 5));
    const ended = [cam, silent, half].map((p) => p.closed());
    await broker.stop();
    await Promise.all(ended);
    expect(broker.isOpen()).toBe(false);
    const next = await startBroker({ port: broker.port });
    expect(next.broker.port).toBe(broker.port);
    const back = await device(next.broker.port, 'cam', { password: Buffer.from(tokenOf('cam')) });
    expect(back.isClosed()).toBe(false);
  });
});

test('when all places are taken, who has not signed in makes room, the oldest first; who has stays', async () => {
  const { broker, count } = await startBroker({ most: 3 });
  const cam = await device(broker.port, 'cam');
  const strangers = [];
  for (let n = 0; n < 4; n++) {
    const stranger = await peer(broker.port);
    const gone = once(stranger.socket, 'close');
    strangers.push({ stranger, gone });
  }
  await Promise.all(strangers.slice(0, 2).map(({ gone }) => gone));
  expect(strangers.map(({ stranger }) => stranger.socket.destroyed)).toEqual([true, true, false, false]);
  expect(await count('refusedConnections', 'too many')).toBe(2);
  const other = await device(broker.port, 'other');
  const third = await device(broker.port, 'third');
  const refused = await peer(broker.port);
  await once(refused.socket, 'close');
  expect([cam, other, third].map(({ socket }) => socket.destroyed)).toEqual([false, false, false]);
});
