/** What the connection says and hears: subscriptions, the first packet, the last word. */
import { generate, type IConnectPacket } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { broker, connack, message, nextWait, setup, speaking } from './link-setup.ts';

test('subscriptions of before, of while it is up, and after a cut; who has unsubscribed hears nothing more', async () => {
  const { url, cut } = await broker();
  const { clock, events, link } = setup(url);
  const received: string[] = [];
  link.onMessage((topic, payload) => received.push(`${topic} ${payload}`));
  let stale = 0;
  for (const off of [link.onMessage(() => stale++), link.onUp(() => stale++), link.onDown(() => stale++)]) off();
  link.subscribe('early', 1);
  link.start();
  await until(() => link.up, 'up');
  link.subscribe('late', 0);
  await until(async () => {
    await link.publish(message({ topic: 'late' }));
    return received.includes('late x');
  }, 'what was subscribed late');
  const before = clock.waits.length;
  cut();
  await nextWait(clock, before);
  await clock.advance(5_000);
  await until(() => events.length === 3, 'up again');
  received.length = 0;
  await link.publish(message({ topic: 'early', payload: Buffer.from('1') }));
  await link.publish(message({ topic: 'late', payload: '2' }));
  await until(() => received.length === 2, 'both');
  expect(received.toSorted()).toEqual(['early 1', 'late 2']);
  expect(stale).toBe(0);
});

test('what the broker is told: name, credentials, will, version, keep-alive, a clean session', async () => {
  const connects: IConnectPacket[] = [];
  const { url } = await speaking((packet, socket) => {
    if (packet.cmd !== 'connect') return;
    connects.push(packet as IConnectPacket);
    connack(socket);
  });
  const full = setup(url, {
    username: 'u',
    password: 'p',
    will: { topic: 'gone', payload: 'dead', qos: 1, retain: true },
    keepaliveS: 7,
  });
  full.link.start();
  await until(() => connects.length === 1, 'the first');
  const [first] = connects;
  expect(first).toMatchObject({ clientId: 'box-1', username: 'u', clean: true, keepalive: 7, protocolVersion: 4 });
  expect(String(first?.password)).toBe('p');
  expect(first?.will).toMatchObject({ topic: 'gone', payload: Buffer.from('dead'), qos: 1, retain: true });
  const least = setup(url, { protocolVersion: 5 });
  least.link.start();
  await until(() => connects.length === 2, 'the second');
  expect(connects[1]).toMatchObject({ keepalive: 30, protocolVersion: 5, clean: true });
  expect([connects[1]?.username, connects[1]?.password, connects[1]?.will]).toEqual([undefined, undefined, undefined]);
});

test('stop: while it waits nothing is sent and nothing comes back; while it is up its last word is sent', async () => {
  let connections = 0;
  const published: string[] = [];
  const { url } = await speaking((packet, socket) => {
    if (packet.cmd === 'connect') {
      connections++;
      connack(socket);
    }
    if (packet.cmd === 'publish') {
      published.push('publish');
      socket.write(generate({ cmd: 'puback', messageId: packet.messageId ?? 0 }));
    }
    if (packet.cmd === 'disconnect') published.push('disconnect');
  });
  const { clock, events, link, complaints } = setup(url);
  await link.stop(message());
  link.start();
  await until(() => link.up, 'up');
  await link.stop(message());
  await until(() => published.length === 2, 'the farewell');
  expect(published).toEqual(['publish', 'disconnect']);
  await clock.advance(1e6);
  expect([connections, events, link.up, complaints]).toEqual([1, ['up', 'down'], false, []]);
  expect(clock.open).toBe(0);

  const away = setup('mqtt://127.0.0.1:1');
  away.link.start();
  await nextWait(away.clock, 0);
  await away.link.stop(message());
  expect(away.clock.open).toBe(0);
  await away.clock.advance(1e6);
  expect(away.clock.waits).toHaveLength(1);
});

test('stop ends after 800 ms although the broker says nothing', async () => {
  const { url } = await speaking((packet, socket) => {
    if (packet.cmd === 'connect') connack(socket);
  });
  const { clock, link } = setup(url);
  link.start();
  await until(() => link.up, 'up');
  let ended = false;
  const stopped = link.stop(message()).then(() => {
    ended = true;
  });
  await clock.advance(799);
  expect(ended).toBe(false);
  await clock.advance(1);
  await stopped;
  expect(link.up).toBe(false);
});

test('a complaint that fails hurts nobody', async () => {
  const { clock, link } = setup('mqtt://127.0.0.1:1', {
    onComplaint: () => {
      throw new Error('listener');
    },
  });
  link.start();
  expect(await nextWait(clock, 0)).toBeGreaterThan(0);
});

test.each(['mqtt', 'mqtts', 'ws', 'wss'])('%s:// is an address', (scheme) => {
  expect(() => setup(`${scheme}://127.0.0.1:1`)).not.toThrow();
  expect(() => setup(`${scheme}://:secret@127.0.0.1:1`)).toThrow('carries credentials');
});
