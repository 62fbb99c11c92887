/** A hub, a real Mosquitto, and a client that listens as Home Assistant does. */
import { connectAsync } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { MAX_ENTITIES } from '../../../cloud-hub/home-assistant/discovery.ts';
import { freePort } from '../../support/free-port.ts';
import { hasMosquitto, startOpenMosquitto, withoutMosquitto } from '../../support/mosquitto.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { eventRecord, jpeg, snapshotOf, type TestDevice, testDevice, testHub } from '../support.ts';
import { documented } from './documented.ts';

const report = (streams: unknown[]) => ({
  ...{ version: '1.0.0', boot: 'b1', config: 'c1', process: { rssMb: 1, uptimeS: 1 } },
  host: { platform: 'linux', arch: 'x64', cpus: 4, memoryMb: 100, name: 'box' },
  outbox: { epoch: 'e1', waiting: 0, bytes: 0, lastSeq: 0 },
  streams,
});
const door = (rule: string, fps = 5) => ({
  ...{ id: 'door', state: 'running', source: 'rtsp://x', fps },
  rules: [{ name: rule, kind: 'zone' }],
});

/** Hears what is sent, and knows what the broker keeps. */
async function listener(url: string) {
  const client = await connectAsync(url);
  onTestFinished(() => {
    client.end(true);
  });
  const heard: { topic: string; payload: string }[] = [];
  client.on('message', (topic, payload) => heard.push({ topic, payload: payload.toString('latin1') }));
  await client.subscribeAsync('#', { qos: 1 });
  /** Topics with a payload, as a client that comes now gets them. */
  const kept = async () => {
    const other = await connectAsync(url);
    const found = new Map<string, Buffer>();
    other.on('message', (topic, payload) => found.set(topic, payload));
    await other.subscribeAsync('#', { qos: 1 });
    // What is kept comes before what is sent now.
    await other.publishAsync('the/end', 'x', { qos: 1 });
    await until(() => found.has('the/end'), 'the end of what is kept');
    other.end(true);
    found.delete('the/end');
    return found;
  };
  return { client, heard, kept };
}

const settled = async (kept: () => Promise<Map<string, Buffer>>, is: (now: Map<string, Buffer>) => boolean) => {
  let now = await kept();
  await until(async () => {
    now = await kept();
    if (!is(now)) throw new Error([...now.keys()].join(' '));
    return true;
  }, 'what the broker shall keep');
  return now;
};

const say = (device: TestDevice, ...streams: unknown[]) => device.publish('report', report(streams));

test.skipIf(!hasMosquitto)(
  `devices come, fire, are renamed and go; the broker keeps what there is and nothing else${withoutMosquitto}`,
  async () => {
    const [{ url }, folder] = [await startOpenMosquitto(), tempFolder()];
    const { heard, kept, client } = await listener(url);
    // Of somebody else, and of a hub with another name: they stay.
    const foreign = ['homeassistant/device/other/cam/config', 'homeassistant/sensor/x/config', 'vedette-home/other/x'];
    for (const topic of foreign) await client.publishAsync(topic, 'x', { retain: true });
    const config = { homeAssistantUrl: url };
    const hub = await testHub({ folder, config });
    const cam = await testDevice(hub, 'cam');
    await say(cam, door('enter'));
    const topic = 'homeassistant/device/vedette/cam/config';
    const first = await settled(kept, (now) => String(now.get(topic)).includes('door.enter'));
    const message = documented.parse(JSON.parse(String(first.get(topic))));
    expect(Object.keys(message.components)).toEqual([
      ...['online', 'picture', 'update', 'door.running', 'door.fps', 'door.enter', 'door.enter.count'],
    ]);
    const state = String(
      (await settled(kept, (now) => now.has('vedette-home/vedette/cam/state'))).get('vedette-home/vedette/cam/state'),
    );
    expect(JSON.parse(state)).toEqual({
      ...{ online: true, version: '1.0.0', latest: '1.2.3' },
      streams: { door: { state: 'running', fps: 5 } },
    });
    expect(String(first.get('vedette-home/vedette/$hub'))).toBe('online');

    await cam.publish('records', {
      epoch: 'e1',
      from: 1,
      to: 1,
      records: [eventRecord(1, { snapshot: snapshotOf(jpeg) })],
    });
    await cam.nextAck();
    await until(() => heard.some((one) => one.topic === 'vedette-home/vedette/cam/fired/door/enter'), 'the rule');
    const withPicture = await settled(kept, (now) => now.has('vedette-home/vedette/cam/picture'));
    expect(withPicture.get('vedette-home/vedette/cam/picture')).toEqual(Buffer.from(jpeg));
    const counted = await settled(kept, (now) => String(now.get('vedette-home/vedette/cam/counts')).includes('1'));
    expect(JSON.parse(String(counted.get('vedette-home/vedette/cam/counts')))).toEqual({ 'door/enter': 1 });
    // That it fired is no state: who comes later is not told.
    expect([...counted.keys()].filter((one) => one.includes('/fired/'))).toEqual([]);

    heard.length = 0;
    await say(cam, door('leave'));
    await settled(
      kept,
      (now) => String(now.get(topic)).includes('door.leave') && !String(now.get(topic)).includes('door.enter'),
    );
    const messages = heard
      .filter((one) => one.topic === topic)
      .map(({ payload }) => documented.parse(JSON.parse(payload)));
    expect(messages.map(({ components }) => components['door.enter'])).toEqual([
      { platform: 'binary_sensor' },
      undefined,
    ]);

    // One goes while the hub runs, one while it does not.
    await testDevice(hub, 'gate');
    await settled(kept, (now) => now.has('homeassistant/device/vedette/gate/config'));
    expect((await hub.api('/devices/gate', { method: 'DELETE' })).status).toBe(204);
    const mine = (now: Map<string, Buffer>) => [...now.keys()].filter((one) => !foreign.includes(one)).toSorted();
    const ofCam = [
      topic,
      ...['$hub', 'cam/counts', 'cam/picture', 'cam/state'].map((one) => `vedette-home/vedette/${one}`),
    ];
    await settled(kept, (now) => JSON.stringify(mine(now)) === JSON.stringify(ofCam.toSorted()));
    await hub.hub.stop();
    expect(String((await kept()).get('vedette-home/vedette/$hub'))).toBe('offline');
    const ghost = ['homeassistant/device/vedette/ghost/config', 'vedette-home/vedette/ghost/state'];
    for (const one of ghost) await client.publishAsync(one, '{}', { retain: true, qos: 1 });
    const again = await testHub({ folder, config });
    await settled(kept, (now) => JSON.stringify(mine(now)) === JSON.stringify(ofCam.toSorted()));
    // The hub is there already when the last of a run before it arrives.
    heard.length = 0;
    for (const one of ghost) await client.publishAsync(one, '{}', { retain: true, qos: 1 });
    await settled(kept, (now) => JSON.stringify(mine(now)) === JSON.stringify(ofCam.toSorted()));
    expect(heard.filter(({ topic: one, payload }) => ghost.includes(one) && payload === '{}')).toHaveLength(2);
    // Renamed while the hub was not there: the entity of the run before goes too.
    heard.length = 0;
    await say(await testDevice(again, 'cam', cam.token), door('third'));
    await settled(kept, (now) => {
      const text = String(now.get(topic));
      return text.includes('door.third') && !text.includes('door.leave');
    });
    const stubs = heard
      .filter((one) => one.topic === topic)
      .map(({ payload }) => documented.parse(JSON.parse(payload)).components['door.leave']);
    expect(stubs).toContainEqual({ platform: 'binary_sensor' });
    await settled(kept, (now) => JSON.stringify(mine(now)) === JSON.stringify(ofCam.toSorted()));
    const left = [...(await kept()).keys()].filter((one) => foreign.includes(one));
    expect(left.toSorted()).toEqual(foreign.toSorted());
  },
  60_000,
);

test.skipIf(!hasMosquitto)(
  `a broker that forgot everything is told everything again, each time${withoutMosquitto}`,
  async () => {
    const { url, restart } = await startOpenMosquitto();
    const hub = await testHub({ folder: tempFolder(), config: { homeAssistantUrl: url } });
    const cam = await testDevice(hub, 'cam');
    await say(cam, door('enter'));
    const mine = ['$hub', 'cam/counts', 'cam/state'].map((one) => `vedette-home/vedette/${one}`);
    const all = ['homeassistant/device/vedette/cam/config', ...mine];
    for (let outage = 0; outage < 3; outage++) {
      if (outage > 0) await restart();
      const { kept, client } = await listener(url);
      const now = await settled(kept, (found) => all.every((topic) => found.has(topic)));
      expect(String(now.get('vedette-home/vedette/$hub'))).toBe('online');
      expect(String(now.get(all[0] ?? ''))).toContain('door.enter');
      client.end(true);
    }
  },
  60_000,
);

test.skipIf(!hasMosquitto)(`records are stored whether that broker is there or not${withoutMosquitto}`, async () => {
  const hub = await testHub({ config: { homeAssistantUrl: `mqtt://127.0.0.1:${await freePort()}` } });
  const cam = await testDevice(hub, 'cam');
  await cam.publish('records', { epoch: 'e1', from: 1, to: 1, records: [eventRecord(1)] });
  expect(await cam.nextAck()).toMatchObject({ upTo: 1 });
});

test.skipIf(!hasMosquitto)(
  `after an order to erase the broker keeps no picture of the device, and takes the next one${withoutMosquitto}`,
  async () => {
    const { url } = await startOpenMosquitto();
    const { kept } = await listener(url);
    const hub = await testHub({ folder: tempFolder(), config: { homeAssistantUrl: url } });
    const cam = await testDevice(hub, 'cam');
    const topic = 'vedette-home/vedette/cam/picture';
    const fire = async (seq: number) => {
      const records = [eventRecord(seq, { snapshot: snapshotOf(jpeg) })];
      await cam.publish('records', { epoch: 'e1', from: seq, to: seq, records });
      await cam.nextAck();
      await settled(kept, (now) => now.has(topic));
    };
    await fire(1);
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ device: 'cam', picturesOnly: true });
    expect((await hub.api('/erasures', { method: 'POST', headers, body })).status).toBe(201);
    await settled(kept, (now) => !now.has(topic));
    await fire(2);
  },
  60_000,
);

test.skipIf(!hasMosquitto)(
  `a device that invents rules fills no memory, and its own rules are told${withoutMosquitto}`,
  async () => {
    const { url } = await startOpenMosquitto();
    const { kept } = await listener(url);
    const hub = await testHub({ folder: tempFolder(), config: { homeAssistantUrl: url } });
    const cam = await testDevice(hub, 'cam');
    const fire = async (from: number, rules: string[]) => {
      const records = rules.map((rule, i) => eventRecord(from + i, { stream: 'door', rule }));
      await cam.publish('records', { epoch: 'e1', from, to: from + rules.length - 1, records });
      await cam.nextAck();
    };
    const counts = (now: Map<string, Buffer>): Record<string, number> =>
      JSON.parse(String(now.get('vedette-home/vedette/cam/counts') ?? '{}'));
    await fire(
      1,
      Array.from({ length: 900 }, (_, i) => `r${i}`),
    );
    await say(cam, door('enter'));
    await settled(kept, (now) => String(now.get('homeassistant/device/vedette/cam/config')).includes('door.enter'));
    await fire(901, ['enter', 'enter']);
    const now = await settled(kept, (found) => counts(found)['door/enter'] === 2);
    expect(Object.keys(counts(now)).length).toBeLessThanOrEqual(MAX_ENTITIES);
  },
  60_000,
);
