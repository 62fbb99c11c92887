/** The broker against devices that misbehave on purpose. */
import { once } from 'node:events';
import fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { ownDownFilter, topicOf } from '../../../shared/contract/channels.ts';
import { connectPacket, peer, publishPacket, startBroker, subscribePacket } from './fixture.ts';

test('a device that does not read loses its messages, and holds up nobody', async () => {
  const { broker, reported, metrics } = await startBroker();
  const stuck = await peer(broker.port, connectPacket('stuck'), subscribePacket([ownDownFilter('stuck')]));
  stuck.socket.pause();
  const good = await peer(broker.port, connectPacket('good'), subscribePacket([ownDownFilter('good')]));
  let received = 0;
  good.socket.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  await expect
    .poll(() => reported.filter((line) => line.startsWith('subscribed')).toSorted())
    .toEqual(['subscribed good', 'subscribed stuck']);
  const payload = Buffer.alloc(60 * 1024);
  for (let n = 0; n < 500; n++) broker.publish('stuck', 'command', payload);
  const before = received;
  broker.publish('good', 'command', payload);
  await expect.poll(() => received).toBeGreaterThan(before + payload.length);
  expect((await metrics.undelivered.get()).values[0]?.value).toBeGreaterThan(400);
});

test('a device that publishes faster than the hub stores is read more slowly', async () => {
  const { broker, reported, gate } = await startBroker();
  const received = (device: string) =>
    reported.filter((line) => line === `message ${topicOf(device, 'records')}`).length;
  let release: () => void = () => undefined;
  gate.wait = new Promise((resolve) => {
    release = resolve;
  });
  const payload = Buffer.alloc(1024 * 1024);
  const { socket } = await peer(broker.port, connectPacket('cam'));
  for (let n = 1; n <= 40; n++) socket.write(publishPacket(topicOf('cam', 'records'), payload, n));
  const other = await peer(
    broker.port,
    connectPacket('other'),
    publishPacket(topicOf('other', 'records'), Buffer.from('x'), 1),
  );
  await expect.poll(() => received('other')).toBe(1);
  expect(received('cam')).toBeLessThan(5);
  expect(socket.writableLength).toBeGreaterThan(10 * payload.length);
  release();
  gate.wait = undefined;
  await expect.poll(() => received('cam')).toBe(40);
  other.socket.destroy();
});

test('any packets and any bytes: the broker goes on', async () => {
  const { broker } = await startBroker();
  const topic = fc.oneof(
    fc.constantFrom(
      topicOf('cam', 'records'),
      topicOf('cam', 'status'),
      topicOf('x', 'ack'),
      '$SYS/a',
      '/',
      '//',
      'a/'.repeat(200),
    ),
    fc.string({ minLength: 1 }),
  );
  const qos = fc.constantFrom(0, 1, 2) as fc.Arbitrary<0 | 1 | 2>;
  const packet = fc.oneof(
    fc.record({ topic, qos }).map(({ topic: t, qos: q }) => publishLike(t, q)),
    fc
      .record({ topic, qos })
      .map(({ topic: t, qos: q }) =>
        bytesOf({ cmd: 'subscribe', messageId: 7, subscriptions: [{ topic: t, qos: q }] }),
      ),
    fc.constantFrom('pubrel', 'puback', 'pubrec', 'pubcomp').map((cmd) => bytesOf({ cmd, messageId: 3 } as Packet)),
    fc.constantFrom('pingreq', 'disconnect').map((cmd) => bytesOf({ cmd } as Packet)),
    fc.constant(connectPacket('cam')),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  );
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.array(packet, { maxLength: 8 }), async (signedIn, packets) => {
      const { socket } = await peer(broker.port, ...(signedIn ? [connectPacket('cam')] : []), ...packets);
      socket.end();
      await once(socket, 'close');
      expect(broker.isOpen()).toBe(true);
    }),
    { numRuns: 150 },
  );
  const good = await peer(broker.port, connectPacket('good'), subscribePacket([ownDownFilter('good')]));
  const [answer] = await once(good.socket, 'data');
  expect([...(answer as Buffer).subarray(0, 4)]).toEqual([0x20, 2, 0, 0]);
});

function publishLike(topic: string, qos: 0 | 1 | 2): Buffer {
  return bytesOf({ cmd: 'publish', topic, payload: Buffer.from('{}'), qos, messageId: 5, retain: true, dup: false });
}

/** The bytes of a packet; none when the generator itself refuses it. */
function bytesOf(packet: Packet): Buffer {
  try {
    return generate(packet);
  } catch {
    return Buffer.alloc(0);
  }
}
