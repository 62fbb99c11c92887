/** The hub as a client of a broker, at the broker's side of the line; external.test.ts has a Mosquitto with its rules. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { Aedes, type ConnectPacket, type PublishPacket, type Subscription } from 'aedes';
import { expect, onTestFinished, test } from 'vitest';
import { type ExternalBrokerOptions, startExternalBroker } from '../../../cloud-hub/broker/external.ts';
import { createMetrics } from '../../../cloud-hub/metrics.ts';
import { channels, type DownChannel, filterOfAll, topicOf, type UpChannel } from '../../../shared/contract/channels.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';
import { warnings } from './fixture.ts';

/** Does the hub listen to what devices publish there? A new channel needs a line here. */
const received: Record<UpChannel, boolean> = {
  status: true,
  records: true,
  report: true,
  preview: true,
  sample: true,
  log: true,
};
const upChannels = Object.keys(received) as UpChannel[];
const downChannels: Record<DownChannel, true> = { desired: true, ack: true, verdict: true, command: true };

/** A broker that lets everybody in, and keeps what the hub does. */
async function somebodysBroker() {
  const connects: ConnectPacket[] = [];
  const published: Pick<PublishPacket, 'topic' | 'payload' | 'qos' | 'retain'>[] = [];
  const subscriptions: Subscription[] = [];
  /** While it is set no publish of the hub is confirmed. */
  const held = { release: undefined as (() => void)[] | undefined };
  const aedes = await Aedes.createBroker({
    preConnect(_client, packet, done) {
      connects.push(packet);
      done(null, true);
    },
    authorizePublish(_client, { topic, payload, qos, retain }, done) {
      published.push({ topic, payload, qos, retain });
      if (held.release) held.release.push(() => done(null));
      else done(null);
    },
    authorizeSubscribe(_client, subscription, done) {
      subscriptions.push({ topic: subscription.topic, qos: subscription.qos });
      done(null, subscription);
    },
  });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    aedes.handle(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await new Promise<void>((resolve) => aedes.close(resolve));
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  /** What a device publishes, with the rules of its channel. */
  const publish = (topic: string, payload = 'x', retain = false) =>
    new Promise<void>((resolve, reject) => {
      const packet: PublishPacket = {
        cmd: 'publish',
        topic,
        payload: Buffer.from(payload),
        qos: 1,
        retain,
        dup: false,
      };
      aedes.publish(packet, (error) => (error ? reject(error) : resolve()));
    });
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  /** Bytes for the hub that its connections have not taken. */
  const unread = () => [...sockets].reduce((sum, { writableLength }) => sum + writableLength, 0);
  return { unread, url: `mqtt://127.0.0.1:${port}`, connects, published, subscriptions, held, publish, cut };
}

function startHubSide(url: string, options: Partial<ExternalBrokerOptions> = {}, room = async () => {}) {
  const reported: string[] = [];
  const metrics = createMetrics();
  const broker = startExternalBroker({
    connection: { url, retryMs: { first: 10, max: 50 } },
    isKnown: async (device) => device !== 'ghost',
    events: {
      message(device, channel, payload) {
        reported.push(`message ${topicOf(device, channel)} ${payload}`);
        return undefined;
      },
      room,
      arriving: () => reported.push('arriving'),
      connected: (device) => reported.push(`connected ${device}`),
      disconnected: (device) => reported.push(`disconnected ${device}`),
      subscribed: (device) => reported.push(`subscribed ${device}`),
    },
    metrics,
    clock: systemClock,
    log: createLogger('test', 'silent'),
    ...options,
  });
  onTestFinished(() => broker.stop());
  const undelivered = async () => (await metrics.undelivered.get()).values[0]?.value ?? 0;
  const denied = async () => (await metrics.deniedMessages.get()).values.map((v) => [v.labels.reason, v.value]);
  return { broker, reported, metrics, undelivered, denied };
}

test('it connects with a session that ends with it, under a name of its own, and hears what it uses', async () => {
  const far = await somebodysBroker();
  const hubs = [startHubSide(far.url), startHubSide(far.url)];
  expect(hubs.map(({ broker }) => broker.isOpen())).toEqual([false, false]);
  await until(() => hubs.every(({ broker }) => broker.isOpen()), 'both are connected');
  const ids = far.connects.map(({ clientId }) => clientId);
  expect(new Set(ids).size).toBe(2);
  for (const packet of far.connects) {
    expect(packet.clientId).toMatch(/^vedette-hub-[0-9a-f]{12}$/);
    expect(packet).toMatchObject({ clean: true, keepalive: 15 });
  }
  const wanted = upChannels
    .filter((channel) => received[channel])
    .map((channel) => `${filterOfAll(channel)} ${channels[channel].qos}`);
  const asked = far.subscriptions.map(({ topic, qos }) => `${topic} ${qos}`);
  expect(asked.toSorted()).toEqual([...wanted, ...wanted].toSorted());
  await hubs[0]?.broker.stop();
  expect(hubs.map(({ broker }) => broker.isOpen())).toEqual([false, true]);
});

test.each(upChannels)(
  '%s: of a device that the hub knows it is heard when it is used, of others never',
  async (channel) => {
    const far = await somebodysBroker();
    const { broker, reported, denied } = startHubSide(far.url);
    await until(() => broker.isOpen(), 'it is connected');
    for (const device of ['cam', 'ghost', 'No Name', 'other']) await far.publish(topicOf(device, channel));
    await far.publish(`${topicOf('cam', channel)}/x`);
    const last = topicOf('last', 'status');
    await far.publish(last);
    await until(() => reported.includes(`message ${last} x`), 'the last message');
    const expected = ['cam', 'other'].flatMap((device) => [
      `message ${topicOf(device, channel)} x`,
      ...(channel === 'status' ? [`subscribed ${device}`] : []),
    ]);
    expect(reported).toEqual([...(received[channel] ? expected : []), `message ${last} x`, 'subscribed last']);
    expect(await denied()).toEqual(received[channel] ? [['unknown device', 1]] : []);
  },
);

test('while the hub does not keep up it reads no more; all that the broker keeps for it comes later, in order', async () => {
  const far = await somebodysBroker();
  const gate = { open: () => {}, closed: Promise.resolve() };
  let asked = 0;
  const { broker, reported, metrics } = startHubSide(far.url, {
    async isKnown() {
      asked++;
      await gate.closed;
      return true;
    },
  });
  await until(() => broker.isOpen(), 'it is connected');
  gate.closed = new Promise((resolve) => {
    gate.open = resolve;
  });
  const count = 6000;
  const padding = 'x'.repeat(4096);
  const send = async () => {
    for (let n = 0; n < count; n++) await far.publish(topicOf(`d${n % 7}`, 'records'), `${n} ${padding}`);
  };
  const sent = send();
  // What the sockets do not hold stays with the broker.
  await until(() => asked === 1 && far.unread() > 0, 'the hub has enough');
  gate.open();
  await sent;
  await until(() => reported.length === count, 'all are there');
  expect(reported.map((line) => Number(line.split(' ')[2]))).toEqual(Array.from({ length: count }, (_, n) => n));
  expect((await metrics.queueDropped.get()).values[0]?.value ?? 0).toBe(0);
});

test('while the messages of all devices wait in the hub, no more are read', async () => {
  const far = await somebodysBroker();
  const rooms: (() => void)[] = [];
  const { broker, reported } = startHubSide(far.url, {}, () => new Promise((resolve) => rooms.push(resolve)));
  await until(() => broker.isOpen(), 'it is connected');
  for (let n = 0; n < 3; n++) await far.publish(topicOf('cam', 'records'), String(n));
  for (let n = 0; n < 3; n++) {
    await until(() => rooms.length === n + 1, 'it has asked for room');
    expect(reported.length).toBe(n + 1);
    rooms[n]?.();
  }
});

test('messages to devices go out as their channel says', async () => {
  const far = await somebodysBroker();
  const { broker, undelivered } = startHubSide(far.url);
  await until(() => broker.isOpen(), 'it is connected');
  for (const channel of Object.keys(downChannels) as DownChannel[])
    broker.publish('cam', channel, Buffer.from(channel));
  await until(() => far.published.length === 4, 'all are there');
  expect(far.published.map((p) => ({ ...p, payload: String(p.payload) }))).toEqual(
    (Object.keys(downChannels) as DownChannel[]).map((channel) => ({
      topic: topicOf('cam', channel),
      payload: channel,
      qos: channels[channel].qos,
      retain: channels[channel].retain,
    })),
  );
  expect(await undelivered()).toBe(0);
});

test('more than 4096 that the broker does not confirm are given up and counted, and so are those of a line that breaks', async () => {
  const far = await somebodysBroker();
  const { broker, undelivered } = startHubSide(far.url);
  await until(() => broker.isOpen(), 'it is connected');
  let sent = 0;
  const send = (count: number) => {
    sent += count;
    for (let n = 0; n < count; n++) broker.publish('cam', 'ack', Buffer.from('x'));
  };
  far.held.release = [];
  send(4096);
  expect(await undelivered()).toBe(0);
  send(3);
  expect(await undelivered()).toBe(3);
  const holding = far.held.release;
  far.held.release = undefined;
  for (const release of holding) release();
  await until(() => far.published.length === 4096, 'the broker has them all');
  // A round trip later the hub has their confirmations.
  await until(async () => {
    send(1);
    return far.published.length > 4096;
  }, 'there is room again');
  await until(async () => far.published.length + (await undelivered()) === sent, 'all have come to an end');
  const lost = await undelivered();

  far.held.release = [];
  send(10);
  await until(() => far.held.release?.length === 10, 'the broker has them');
  far.cut();
  await until(async () => (await undelivered()) === lost + 10, 'they are counted');
  far.held.release = undefined;
  await until(() => broker.isOpen(), 'it has come back');
  far.published.length = 0;
  send(1);
  await until(() => far.published.length === 1, 'it is there');
  expect(await undelivered()).toBe(lost + 10);
});

test('lines that break, each with thousands on their way, take no room from the messages after them', async () => {
  const far = await somebodysBroker();
  const { broker, undelivered } = startHubSide(far.url);
  const payload = Buffer.from('x');
  // Together more than may be on their way at once.
  for (let outage = 1; outage <= 3; outage++) {
    await until(() => broker.isOpen(), 'it is connected');
    far.held.release = [];
    for (let n = 0; n < 2_000; n++) broker.publish('cam', 'ack', payload);
    await until(() => far.published.length > 0, 'the broker has the first');
    far.cut();
    await until(async () => (await undelivered()) === outage * 2_000, 'all are counted');
    far.published.length = 0;
  }
  far.held.release = undefined;
  await until(() => broker.isOpen(), 'it has come back');
  for (let n = 0; n < 100; n++) broker.publish('cam', 'ack', payload);
  await until(() => far.published.length === 100, 'all are there');
  expect(await undelivered()).toBe(6_000);
});

test('without a connection each message is counted, and told once in ten seconds with how many there were', async () => {
  const clock = new ManualClock();
  const { log, lines } = warnings();
  const { broker, undelivered } = startHubSide('mqtt://127.0.0.1:1', { clock, log });
  const reported = () => lines.filter((line) => 'messages' in line).map((line) => Reflect.get(line, 'messages'));
  for (let n = 0; n < 3; n++) broker.publish('cam', 'ack', Buffer.from('x'));
  expect(await undelivered()).toBe(3);
  expect(reported()).toEqual([1]);
  await clock.advance(9_999);
  expect(reported()).toEqual([1]);
  await clock.advance(1);
  expect(reported()).toEqual([1, 2]);
  expect(broker.isOpen()).toBe(false);
  broker.disconnect('cam');
  expect(lines.at(-1)).toMatchObject({ device: 'cam', text: expect.stringContaining('external broker') });
});
