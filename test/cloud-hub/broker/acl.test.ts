/** Who may do what on which channel, on the embedded broker: every identity, every channel, every act. */
import type { Packet } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { type ChannelName, channels, ownDownFilter, topicOf } from '../../../shared/contract/channels.ts';
import { until } from '../../support/until.ts';
import { connectPacket, device, peer, publishPacket, startBroker, subscribePacket, tokenOf } from './fixture.ts';

/** What a device may do on its own topics. On those of others nobody may anything. A new channel needs a line here. */
const allowed: Record<ChannelName, 'publish' | 'subscribe'> = {
  status: 'publish',
  records: 'publish',
  report: 'publish',
  sample: 'publish',
  log: 'publish',
  preview: 'publish',
  desired: 'subscribe',
  ack: 'subscribe',
  verdict: 'subscribe',
  command: 'subscribe',
};
const names = Object.keys(allowed) as ChannelName[];
const mayPublish = names.filter((channel) => allowed[channel] === 'publish');

/** Who does not get in at all, with the code of the refusal (MQTT 3.1.1, 3.2.2.3) and what the hub counts. */
const strangers = {
  unknown: { username: 'unknown', password: tokenOf('unknown'), code: 4, reason: 'bad username or password' },
  'wrong token': { username: 'cam', password: `${tokenOf('cam')}x`, code: 4, reason: 'bad username or password' },
  'empty token': { username: 'cam', password: '', code: 4, reason: 'bad username or password' },
  'token of another device': {
    username: 'cam',
    password: tokenOf('other'),
    code: 4,
    reason: 'bad username or password',
  },
  hub: { username: 'vedette-hub', password: tokenOf('hub'), code: 4, reason: 'bad username or password' },
  'no name of a device': { username: '+', password: tokenOf('+'), code: 4, reason: 'bad username or password' },
  'no token': { username: 'cam', password: undefined, code: 5, reason: 'anonymous' },
  'nobody at all': { username: undefined, password: undefined, code: 5, reason: 'anonymous' },
} as const;

/** Filters around a channel that reach further than one's own `down/`. */
function wildcards(channel: ChannelName): string[] {
  const [root, version, , direction] = topicOf('cam', channel).split('/');
  const base = `${root}/${version}`;
  return [
    `${base}/+/${direction}/${channel}`,
    `${base}/cam/+/${channel}`,
    `${base}/cam/${direction}/+`,
    `${base}/cam/${direction}/${channel}/#`,
    `${base}/#`,
    `${base}/cam/#`,
    `${base}/other/${direction}/#`,
    `${base}/+/${direction}/#`,
    `+/${version}/cam/${direction}/${channel}`,
    `$share/group/${topicOf('cam', channel)}`,
    ...(direction === 'up' ? [`${base}/cam/up/#`] : []),
  ];
}

const granted = (packet: Packet) => (packet.cmd === 'suback' ? packet.granted : []);

test('the table names every channel, by its direction', () => {
  const directions = Object.entries(channels).map(([name, { direction }]) => [
    name,
    direction === 'up' ? 'publish' : 'subscribe',
  ]);
  expect(allowed).toEqual(Object.fromEntries(directions));
});

describe('a device', () => {
  test.each(names)('publishes to %s only where the table says so, and only as itself', async (channel) => {
    const { broker, reported, count } = await startBroker();
    const tries = [
      { topic: topicOf('cam', channel), isAllowed: allowed[channel] === 'publish' },
      { topic: topicOf('other', channel), isAllowed: false },
      { topic: `${topicOf('cam', channel)}/x`, isAllowed: false },
      { topic: topicOf('cam', channel).toUpperCase(), isAllowed: false },
    ];
    let denied = 0;
    for (const { topic, isAllowed } of tries) {
      const cam = await peer(broker.port, connectPacket('cam'));
      await cam.got('connack');
      cam.write(publishPacket(topic, Buffer.from('x')));
      if (isAllowed) {
        await cam.got('puback');
        await until(() => reported.includes(`message ${topic}`), 'it is heard');
      } else await cam.closed();
      expect(cam.packets.some((p) => p.cmd === 'puback')).toBe(isAllowed);
      expect(reported.includes(`message ${topic}`), topic).toBe(isAllowed);
      denied += isAllowed ? 0 : 1;
      expect(await count('deniedMessages', 'foreign topic')).toBe(denied);
      cam.socket.destroy();
    }
  });

  test.each(names)('subscribes to %s only where the table says so, and hears only its own', async (channel) => {
    const { broker, count } = await startBroker();
    const cam = await peer(broker.port, connectPacket('cam'));
    await cam.got('connack');
    const own = topicOf('cam', channel);
    const filters = [own, topicOf('other', channel), ...wildcards(channel)];
    cam.write(subscribePacket(filters));
    const isAllowed = allowed[channel] === 'subscribe';
    expect(granted(await cam.got('suback'))).toEqual([isAllowed ? 1 : 128, ...filters.slice(1).map(() => 128)]);
    expect(await count('deniedMessages', 'foreign filter')).toBe(filters.length - (isAllowed ? 1 : 0));

    const other = await device(broker.port, 'other');
    if (!isOfHub(channel)) return;
    broker.publish('other', channel, Buffer.from('for the other'));
    broker.publish('cam', channel, Buffer.from('mine'));
    await Promise.all([cam.got('publish'), other.got('publish')]);
    expect(cam.messages()).toEqual([`${own} 4`]);
    expect(other.messages()).toEqual([`${topicOf('other', channel)} 13`]);
  });

  test('may ask for all that is for it at once; what it then gets comes with QoS 1 at most', async () => {
    const { broker, reported } = await startBroker();
    for (const qos of [0, 1, 2] as const) {
      const cam = await peer(broker.port, connectPacket('cam'), subscribePacket([ownDownFilter('cam')], qos));
      expect(granted(await cam.got('suback'))).toEqual([qos]);
      await until(() => reported.at(-1) === 'subscribed cam', 'the hub knows');
      broker.publish('cam', 'ack', Buffer.from('x'));
      expect(await cam.got('publish')).toMatchObject({ topic: topicOf('cam', 'ack'), qos: Math.min(qos, 1) });
      cam.socket.destroy();
      await until(() => reported.at(-1) === 'disconnected cam', 'it is gone');
    }
  });

  test('listens only when a filter was granted', async () => {
    const { broker, reported } = await startBroker();
    const cam = await peer(broker.port, connectPacket('cam'));
    await cam.got('connack');
    cam.write(subscribePacket(['#', '+', '$SYS/#', ownDownFilter('other')]));
    expect(granted(await cam.got('suback'))).toEqual([128, 128, 128, 128]);
    cam.write(publishPacket(topicOf('cam', 'log'), Buffer.from('x')));
    await until(() => reported.includes(`message ${topicOf('cam', 'log')}`), 'the message after it');
    expect(reported).not.toContain('subscribed cam');
    cam.write(subscribePacket(['#', ownDownFilter('cam')]));
    await until(() => reported.at(-1) === 'subscribed cam', 'one of two was granted');
  });

  test.each(mayPublish)(
    '%s: a payload of the bound passes, one byte more or QoS 2 ends the connection',
    async (channel) => {
      const { broker, payloads, count } = await startBroker();
      const topic = topicOf('cam', channel);
      const { maxBytes } = channels[channel];
      const cam = await peer(broker.port, connectPacket('cam'));
      cam.write(publishPacket(topic, Buffer.alloc(maxBytes, 7)));
      await cam.got('puback');
      await until(() => payloads.length > 0, 'it is heard');
      expect(payloads.map((p) => p.length)).toEqual([maxBytes]);
      cam.write(publishPacket(topic, Buffer.alloc(maxBytes + 1, 7), 3));
      await cam.closed();
      const again = await peer(broker.port, connectPacket('cam'));
      again.write(publishPacket(topic, Buffer.from('x'), 4, 2));
      await again.closed();
      expect(payloads).toHaveLength(1);
      expect(await count('deniedMessages', 'payload too large')).toBe(1);
      expect(await count('deniedMessages', 'qos 2')).toBe(1);
    },
  );
});

describe('who does not get in', () => {
  test.each(Object.keys(strangers) as (keyof typeof strangers)[])(
    '%s: can neither publish nor subscribe',
    async (who) => {
      const { broker, reported, count } = await startBroker();
      const { username, password, code, reason } = strangers[who];
      const credentials = {
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password: Buffer.from(password) }),
      };
      for (const channel of names) {
        // All in one write: the broker has the publish in its hands before it refuses.
        const stranger = await peer(
          broker.port,
          connectPacket(undefined, { clientId: 'cam', ...credentials }),
          publishPacket(topicOf('cam', channel), Buffer.from('x')),
          subscribePacket([ownDownFilter('cam'), topicOf('cam', channel)]),
        );
        expect(await stranger.got('connack')).toMatchObject({ returnCode: code, sessionPresent: false });
        await stranger.closed();
        expect(stranger.packets.map((p) => p.cmd)).toEqual(['connack']);
      }
      expect(new Set(reported)).toEqual(new Set(['arriving']));
      expect(await count('refusedConnections', reason)).toBe(names.length);
    },
  );

  test('without CONNECT nothing is heard', async () => {
    const { broker, reported } = await startBroker();
    for (const channel of names) {
      const stranger = await peer(broker.port, publishPacket(topicOf('cam', channel), Buffer.from('x')));
      await stranger.closed();
      expect(stranger.packets).toEqual([]);
    }
    expect(new Set(reported)).toEqual(new Set(['arriving']));
  });
});

/** Is this a channel from the hub to devices? */
function isOfHub(channel: ChannelName): channel is 'desired' | 'ack' | 'verdict' | 'command' {
  return allowed[channel] === 'subscribe';
}
