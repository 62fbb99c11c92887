/** What the embedded broker logs of clients that do what they may not. */
import { expect, test } from 'vitest';
import { topicOf } from '../../../shared/contract/channels.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { connectPacket, device, peer, publishPacket, startBroker, subscribePacket, warnings } from './fixture.ts';

async function start() {
  const clock = new ManualClock();
  const { log, lines } = warnings();
  const { broker } = await startBroker({ clock, log });
  /** The lines of what is done, a second after the last ones. */
  const during = async (act: () => Promise<void>) => {
    await clock.advance(1000);
    lines.length = 0;
    await act();
    return lines;
  };
  const refuse = async (name = 'cam') => {
    const stranger = await peer(broker.port, connectPacket(name, { password: Buffer.from('wrong') }));
    await stranger.got('connack');
    await stranger.closed();
  };
  return { clock, lines, port: broker.port, during, refuse };
}

test('one line a second, with how many there were not', async () => {
  const { clock, lines, refuse } = await start();
  const refusals = () => lines.filter((line) => 'username' in line);
  await refuse();
  await refuse();
  await clock.advance(999);
  await refuse();
  expect(refusals()).toEqual([
    { reason: 'bad username or password', username: 'cam', text: 'MQTT connection refused' },
  ]);
  await clock.advance(1);
  await refuse();
  expect(refusals()[1]).toMatchObject({ username: 'cam', suppressed: expect.any(Number) });
  expect(Reflect.get(refusals()[1] ?? {}, 'suppressed')).toBeGreaterThanOrEqual(2);
});

test('long names, topics and filters are cut, and each line says who and what', async () => {
  const { port, during, refuse } = await start();
  const long = 'x'.repeat(200);
  expect((await during(() => refuse(long)))[0]).toMatchObject({ username: 'x'.repeat(64) });
  const topic = `${topicOf('cam', 'log')}/${long}`;
  const denied = await during(async () => {
    const cam = await device(port, 'cam');
    cam.write(publishPacket(topic, Buffer.from('x')));
    await cam.closed();
  });
  expect(denied[0]).toMatchObject({
    reason: 'foreign topic',
    device: 'cam',
    topic: topic.slice(0, 128),
    text: 'publish denied',
  });
  const refused = await during(async () => {
    const cam = await device(port, 'cam');
    cam.write(subscribePacket([topic]));
    cam.write(publishPacket(topicOf('cam', 'log'), Buffer.from('x')));
    await cam.got('puback');
  });
  expect(refused[0]).toMatchObject({
    reason: 'foreign filter',
    device: 'cam',
    filter: topic.slice(0, 128),
    text: 'subscription denied',
  });
});

test('a connection that fails is told with the reason, before and after it has signed in', async () => {
  const { port, during } = await start();
  const announced = Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]);
  const stranger = await during(async () => {
    await (await peer(port, announced)).closed();
  });
  expect(stranger[0]).toMatchObject({
    reason: expect.stringMatching(/^packet of at least/),
    text: 'MQTT connection failed',
  });
  const known = await during(async () => {
    const cam = await device(port, 'cam');
    cam.write(announced);
    await cam.closed();
  });
  expect(known[0]).toMatchObject({ device: 'cam', reason: expect.stringMatching(/^packet of at least/) });
});
