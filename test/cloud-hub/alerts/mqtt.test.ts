/** Notifications over MQTT, to a real Mosquitto. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { connectAsync } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { passwordLine } from '../../../cloud-hub/broker/mosquitto/files.ts';
import { notification } from '../../../cloud-hub/contract/alert.ts';
import { channelTest } from '../../../cloud-hub/contract/alert-channel.ts';
import { freePort } from '../../support/free-port.ts';
import { createMosquitto, hasMosquitto, withoutMosquitto } from '../../support/mosquitto.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { eventRecord, type TestHub, testDevice, testHub } from '../support.ts';

const put = (hub: TestHub, at: string, body: unknown) =>
  hub.api(at, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
const tried = async (hub: TestHub, name: string) =>
  channelTest.parse(await (await hub.post(`/alert-channels/${name}/test`, {})).json());

async function broker() {
  const [folder, port] = [tempFolder(), await freePort()];
  const config = path.join(folder, 'mosquitto.conf');
  const passwords = path.join(folder, 'passwords');
  writeFileSync(passwords, `${passwordLine('pager', 'a long password')}\n`);
  writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous false\npassword_file ${passwords}\nuser root\n`);
  const mosquitto = createMosquitto(config, port);
  await mosquitto.start();
  onTestFinished(() => mosquitto.kill());
  return { url: `mqtt://127.0.0.1:${port}`, mosquitto };
}

test.skipIf(!hasMosquitto)(
  `an alert arrives at a topic; a broker that is away or refuses is named, and the alert comes when it is back${withoutMosquitto}`,
  async () => {
    const { url, mosquitto } = await broker();
    const hub = await testHub({ config: { alertNetworks: '127.0.0.1' as never } });
    const channel = { kind: 'mqtt', url, topic: 'site/alerts', user: 'pager' };
    expect((await put(hub, '/alert-channels/bus', { ...channel, secret: 'a long password' })).status).toBe(200);
    expect((await put(hub, '/alert-channels/wrong', { ...channel, secret: 'another password' })).status).toBe(200);
    const heard: { topic: string; text: string; retain: boolean }[] = [];
    const listen = async () => {
      const client = await connectAsync(url, { username: 'pager', password: 'a long password', reconnectPeriod: 0 });
      onTestFinished(() => {
        client.end(true);
      });
      client.on('error', () => undefined);
      client.on('message', (topic, text, { retain }) => heard.push({ topic, text: String(text), retain }));
      await client.subscribeAsync('site/#', { qos: 1 });
    };
    await listen();
    expect(await tried(hub, 'bus')).toMatchObject({ ok: true });
    expect(await tried(hub, 'wrong')).toMatchObject({ ok: false, reason: expect.stringMatching(/refused|authori/i) });
    expect(JSON.stringify(await hub.json('/alert-channels'))).not.toContain('password');
    await until(() => heard.length === 1, 'the test');

    await mosquitto.kill();
    expect(await tried(hub, 'bus')).toMatchObject({ ok: false, reason: expect.stringContaining('ECONNREFUSED') });
    await put(hub, '/alert-rules/line', { condition: { kind: 'event' }, channels: ['bus'], everyS: 0 });
    const cam = await testDevice(hub, 'cam');
    await cam.publish('records', { epoch: 'e1', from: 1, to: 1, records: [eventRecord(1, { wall: Date.now() })] });
    await cam.nextAck();
    const isWaiting = async () => JSON.stringify(await hub.json('/alert-deliveries')).includes('ECONNREFUSED');
    await until(isWaiting, 'the first try');
    await mosquitto.start();
    await listen();
    await until(() => heard.length === 2, 'the alert', 40_000);
    const [, alert] = heard;
    expect(alert).toMatchObject({ topic: 'site/alerts', retain: false });
    const event = JSON.parse(alert?.text ?? '') as { id: string; data: unknown };
    expect(event).toMatchObject({ specversion: '1.0', type: 'vedette.alert.firing', subject: 'line' });
    expect(notification.parse(event.data)).toMatchObject({ id: event.id, firing: 1, alerts: [{ device: 'cam' }] });
  },
  90_000,
);

test('a broker at an internal address is refused unless it is allowed; addresses and topics are of their kind', async () => {
  const hub = await testHub();
  const channel = { kind: 'mqtt', url: 'mqtt://127.0.0.1:1', topic: 'a/b' };
  expect((await put(hub, '/alert-channels/bus', channel)).status).toBe(200);
  expect(await tried(hub, 'bus')).toMatchObject({ ok: false, reason: expect.stringContaining('--alert-networks') });
  for (const bad of [
    { ...channel, url: 'http://b' },
    { ...channel, url: 'mqtt://user:secret@b' },
    { ...channel, topic: 'a/#' },
    { ...channel, topic: '/a' },
    { kind: 'mqtt', url: 'mqtt://b' },
    { kind: 'webhook', url: 'mqtt://b' },
    { kind: 'ntfy', url: 'http://b', topic: 'a/b' },
  ])
    expect((await put(hub, '/alert-channels/x', bad)).status, JSON.stringify(bad)).toBe(400);
});
