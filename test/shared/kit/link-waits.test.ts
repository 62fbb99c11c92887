/** How the connection waits, complains and gives up: a real broker, and a clock that the test moves. */
import { expect, test } from 'vitest';
import { rights } from '../../agent/sync/tiny-hub.ts';
import { until } from '../../support/until.ts';
import { broker, connack, message, nextWait, setup, speaking } from './link-setup.ts';

test('without a broker the waits double from half a second to half a minute, with jitter, and one complaint is made', async () => {
  const { clock, complaints, link } = setup('mqtt://127.0.0.1:1');
  link.start();
  for (let tries = 0; tries < 9; tries++) {
    const bound = Math.min(30_000, 500 * 2 ** tries);
    const wait = await nextWait(clock, tries);
    expect(wait).toBeGreaterThanOrEqual(bound / 2);
    expect(wait).toBeLessThan(bound);
    await clock.advance(wait);
  }
  await until(() => clock.waits.length === 10, 'the tenth');
  expect(complaints).toEqual([[expect.stringMatching(/^no MQTT connection: .*ECONNREFUSED.*; trying again$/), false]]);
});

test('refused by the broker it tries slowly, five seconds to a minute, and says so once', async () => {
  const { url } = await broker(rights({ 'box-1': 'right' }));
  const { clock, complaints, events, link } = setup(url, { username: 'box-1', password: 'wrong' });
  link.start();
  for (let tries = 0; tries < 6; tries++) {
    const bound = Math.min(60_000, 5000 * 2 ** tries);
    const wait = await nextWait(clock, tries);
    expect(wait).toBeGreaterThanOrEqual(bound / 2);
    expect(wait).toBeLessThan(bound);
    await clock.advance(wait);
  }
  expect(complaints).toEqual([
    [expect.stringMatching(/refused this client: .*; check its name, token and rights; trying again slowly$/), true],
  ]);
  expect(events).toEqual([]);
});

test.each([
  [1, false],
  [2, true],
  [3, false],
  [4, true],
  [5, true],
])('return code %s of MQTT 3.1.1: does the broker not want this client? %s', async (code, refused) => {
  const { url } = await speaking((packet, socket) => {
    if (packet.cmd === 'connect') connack(socket, code);
  });
  const { complaints, link } = setup(url);
  link.start();
  await until(() => complaints.length === 1, 'a complaint');
  expect(complaints[0]?.[1]).toBe(refused);
});

test('a subscription that is refused counts as a refusal', async () => {
  const { url } = await broker(rights({ 'box-1': 'right' }));
  const { clock, complaints, events, link } = setup(url, { username: 'box-1', password: 'right' });
  link.subscribe('#', 1);
  link.start();
  await until(() => complaints.length === 1, 'a complaint');
  expect(complaints).toEqual([[expect.stringMatching(/subscription to # refused/), true]]);
  const wait = clock.waits.at(-1) ?? 0;
  expect(wait).toBeGreaterThanOrEqual(2500);
  expect([events, link.up]).toEqual([[], false]);
});

test('a connection that lasted ten seconds begins afresh and comes back at a random moment; a shorter one backs off', async () => {
  const { url, cut } = await broker();
  const { clock, complaints, events, link } = setup(url, { retryMs: { first: 100_000, max: 400_000 } });
  link.start();
  const lasting = async (ms: number, times: number) => {
    await until(() => events.filter((e) => e === 'up').length === times, `up ${times}`);
    await clock.advance(ms);
    const before = clock.waits.length;
    cut();
    const wait = await nextWait(clock, before);
    await clock.advance(wait);
    return wait;
  };
  const first = await lasting(9_999, 1);
  expect(first).toBeGreaterThanOrEqual(50_000);
  expect(first).toBeLessThan(100_000);
  expect(await lasting(0, 2)).toBeGreaterThanOrEqual(100_000);
  expect(await lasting(10_000, 3)).toBeLessThan(5_000);
  const fresh = await lasting(9_999, 4);
  expect(fresh).toBeGreaterThanOrEqual(50_000);
  expect(fresh).toBeLessThan(100_000);
  await until(() => events.length === 9, 'up again');
  expect(events).toEqual(['up', 'down', 'up', 'down', 'up', 'down', 'up', 'down', 'up']);
  // Each time it was up in between: the same reason is news again.
  expect(complaints).toHaveLength(4);
});

test('a connection that lasted forgets the refusals before it: the next refusal waits as the first did', async () => {
  let returnCode = 5;
  const { url, sockets } = await speaking((packet, socket) => {
    if (packet.cmd === 'connect') connack(socket, returnCode);
  });
  const { clock, link } = setup(url);
  link.start();
  for (let tries = 0; tries < 3; tries++) {
    const wait = await nextWait(clock, tries);
    if (tries === 2) returnCode = 0;
    await clock.advance(wait);
  }
  await until(() => link.up, 'up');
  await clock.advance(10_000);
  returnCode = 5;
  for (const socket of sockets) socket.destroy();
  await clock.advance(await nextWait(clock, 3));
  const wait = await nextWait(clock, 4);
  expect(wait).toBeGreaterThanOrEqual(2500);
  expect(wait).toBeLessThan(5000);
});

test('a publish that is not confirmed in time takes the connection down, and every other with it', async () => {
  const { url } = await speaking((packet, socket) => {
    if (packet.cmd === 'connect') connack(socket);
  });
  const { clock, complaints, events, link } = setup(url);
  link.start();
  await until(() => link.up, 'up');
  const failures: string[] = [];
  const publish = () => link.publish(message()).catch((error: Error) => failures.push(error.message));
  const first = publish();
  await clock.advance(10_000);
  const second = publish();
  await clock.advance(19_999);
  expect([failures, link.up]).toEqual([[], true]);
  await clock.advance(1);
  await Promise.all([first, second]);
  expect(failures).toEqual(new Array(2).fill('MQTT: the broker did not confirm a message in 30000 ms'));
  expect([events, link.up]).toEqual([['up', 'down'], false]);
  expect(complaints).toHaveLength(1);
  // Only the wait for the next try is left.
  expect(clock.open).toBe(1);
  await expect(link.publish(message())).rejects.toThrow('MQTT: not connected');
});

test('a subscription that is not granted in time takes the connection down', async () => {
  const { url } = await speaking((packet, socket) => {
    if (packet.cmd === 'connect') connack(socket);
  });
  const { clock, complaints, events, link } = setup(url);
  link.subscribe('a/#', 1);
  link.start();
  await until(() => clock.waits.length === 1, 'the subscription');
  expect([clock.waits[0], link.up]).toEqual([10_000, false]);
  await clock.advance(10_000);
  expect(complaints).toEqual([[expect.stringContaining('did not confirm a subscription in 10000 ms'), false]]);
  expect([events, link.up]).toEqual([[], false]);
});

test('what is confirmed leaves nothing waiting', async () => {
  const { url } = await broker();
  const { clock, link } = setup(url);
  link.subscribe('a/#', 0);
  link.start();
  await until(() => link.up, 'up');
  await Promise.all([link.publish(message()), link.publish(message({ qos: 0 }))]);
  expect(clock.open).toBe(0);
});

test('one whose connections end soon each time asks whether another signs in with its name, until one lasts', async () => {
  const { url, cut } = await broker();
  const { clock, complaints, events, link } = setup(url, { retryMs: { first: 1000, max: 1000 } });
  link.start();
  let times = 0;
  const endAfter = async (ms: number) => {
    times++;
    await until(() => events.filter((e) => e === 'up').length === times, `up ${times}`);
    await clock.advance(ms);
    const before = clock.waits.length;
    cut();
    await clock.advance(await nextWait(clock, before));
  };
  for (const ms of [100, 100, 100, 100, 10_000, 100]) await endAfter(ms);
  const asked = complaints.map(([message]) => /does another box sign in with this name\?/.test(message));
  expect(asked).toEqual([false, false, true, true, false, false]);
});
