/** The broker against devices that misbehave on purpose. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';
import { expect, onTestFinished, test } from 'vitest';
import { createMetrics } from '../../../cloud-hub/api/metrics.ts';
import { startEmbeddedBroker } from '../../../cloud-hub/broker/embedded.ts';
import { digestSecret } from '../../../cloud-hub/identity/secrets.ts';
import { ownDownFilter, topicOf } from '../../../shared/contract/channels.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { createLogger } from '../../../shared/kit/log.ts';

async function start() {
  const heard: string[] = [];
  const subscribed: string[] = [];
  const metrics = createMetrics();
  const gate = { wait: undefined as Promise<void> | undefined };
  const broker = await startEmbeddedBroker({
    host: '127.0.0.1',
    port: 0,
    tokenHash: (device) => (device === 'unknown' ? undefined : digestSecret(`token of ${device}`)),
    events: {
      message: (topic) => {
        heard.push(topic);
        return gate.wait;
      },
      arriving: () => undefined,
      connected: () => undefined,
      disconnected: () => undefined,
      subscribed: (device) => subscribed.push(device),
    },
    metrics,
    clock: systemClock,
    log: createLogger('test', 'silent'),
  });
  onTestFinished(() => broker.stop());
  return { broker, heard, subscribed, metrics, gate };
}

function connectPacket(device: string): Buffer {
  return generate({
    cmd: 'connect',
    clientId: device,
    username: device,
    password: Buffer.from(`token of ${device}`),
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    keepalive: 60,
  });
}

async function open(port: number, ...packets: Buffer[]): Promise<Socket> {
  const socket = createConnection(port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(Buffer.concat(packets));
  return socket;
}

const subscribe = (device: string) =>
  generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: ownDownFilter(device), qos: 1 }] });
const publish = (topic: string, payload: Buffer, messageId: number) =>
  generate({ cmd: 'publish', topic, payload, qos: 1, messageId, retain: false, dup: false });

test('a device that does not read loses its messages, and holds up nobody', async () => {
  const { broker, subscribed, metrics } = await start();
  const stuck = await open(broker.port, connectPacket('stuck'), subscribe('stuck'));
  stuck.pause();
  const good = await open(broker.port, connectPacket('good'), subscribe('good'));
  let received = 0;
  good.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  await expect.poll(() => subscribed.toSorted()).toEqual(['good', 'stuck']);
  const payload = Buffer.alloc(60 * 1024);
  for (let n = 0; n < 500; n++) broker.publish('stuck', 'command', payload);
  const before = received;
  broker.publish('good', 'command', payload);
  await expect.poll(() => received).toBeGreaterThan(before + payload.length);
  expect((await metrics.undelivered.get()).values[0]?.value).toBeGreaterThan(400);
});

test('a device that publishes faster than the hub stores is read more slowly', async () => {
  const { broker, heard, gate } = await start();
  let release: () => void = () => undefined;
  gate.wait = new Promise((resolve) => {
    release = resolve;
  });
  const payload = Buffer.alloc(1024 * 1024);
  const socket = await open(broker.port, connectPacket('cam'));
  for (let n = 1; n <= 40; n++) socket.write(publish(topicOf('cam', 'records'), payload, n));
  const other = await open(
    broker.port,
    connectPacket('other'),
    publish(topicOf('other', 'records'), Buffer.from('x'), 1),
  );
  await expect.poll(() => heard).toContain(topicOf('other', 'records'));
  expect(heard.filter((topic) => topic === topicOf('cam', 'records')).length).toBeLessThan(5);
  expect(socket.writableLength).toBeGreaterThan(10 * payload.length);
  release();
  gate.wait = undefined;
  await expect
    .poll(() => heard.filter((topic) => topic === topicOf('cam', 'records')).length, { timeout: 10_000 })
    .toBe(40);
  other.destroy();
});

test('any packets and any bytes: the broker goes on', async () => {
  const { broker } = await start();
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
      const socket = await open(broker.port, ...(signedIn ? [connectPacket('cam')] : []), ...packets);
      socket.resume();
      socket.end();
      await once(socket, 'close');
      expect(broker.isOpen()).toBe(true);
    }),
    { numRuns: 150 },
  );
  const good = await open(broker.port, connectPacket('good'), subscribe('good'));
  const [answer] = await once(good, 'data');
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
