/** From a device's event to a real receiver, over a whole hub. */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { notification } from '../../../cloud-hub/contract/alert.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { eventRecord, jpeg, snapshotOf, type TestDevice, type TestHub, testDevice, testHub } from '../support.ts';
import { receiver } from './receiver.ts';

const secret = 'a secret of the test';
const cloudEvent = z.strictObject({
  specversion: z.literal('1.0'),
  id: z.uuid(),
  source: z.literal('vedette-hub'),
  type: z.enum(['vedette.alert.firing', 'vedette.alert.resolved']),
  subject: z.string(),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  data: notification,
});
const items = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });
const deliveries = items(
  z.looseObject({ key: z.string(), state: z.string(), tries: z.number(), reason: z.string().optional() }),
);

async function hubWith(url: string, rule: Record<string, unknown> = {}, folder = tempFolder()) {
  const hub = await testHub({ folder, config: { alertNetworks: '127.0.0.1' as never } });
  await put(hub, '/alert-channels/hook', { kind: 'webhook', url, secret });
  await put(hub, '/alert-rules/line', {
    condition: { kind: 'event', label: 'person' },
    channels: ['hook'],
    everyS: 0,
    ...rule,
  });
  return { hub, cam: await testDevice(hub, 'cam'), folder };
}

async function put(hub: TestHub, at: string, body: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  const response = await hub.api(at, { method: 'PUT', headers, body: JSON.stringify(body) });
  expect(response.status, at).toBe(200);
  return response;
}

async function send(cam: TestDevice, seq: number, more: Record<string, unknown> = {}): Promise<void> {
  const record = eventRecord(seq, { wall: Date.now(), ...more });
  await cam.publish('records', { epoch: 'e1', from: seq, to: seq, records: [record] });
  await cam.nextAck();
}

test('an event arrives as a signed CloudEvent, and the delivery is recorded', async () => {
  const { url, get } = await receiver();
  const { hub, cam } = await hubWith(`${url}/hook?x=1`);
  await send(cam, 1, { label: 'person' });
  await send(cam, 2, { label: 'cat' });
  const [got] = await get(1);
  const [, seconds, hex] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(got?.headers['vedette-signature'])) ?? [];
  expect(createHmac('sha256', secret).update(`${seconds}.${got?.text}`).digest('hex')).toBe(hex);
  expect(got).toMatchObject({ path: '/hook?x=1', headers: { 'content-type': 'application/cloudevents+json' } });
  const event = cloudEvent.parse(JSON.parse(got?.text ?? ''));
  expect(event).toMatchObject({
    subject: 'line',
    type: 'vedette.alert.firing',
    data: { id: event.id, firing: 1, devices: 1, alerts: [{ device: 'cam', count: 1, event: '1' }] },
  });
  const done = await until(async () => {
    const { items: all } = deliveries.parse(await hub.json('/alert-deliveries'));
    return all[0]?.state === 'delivered' && all;
  }, 'the delivery');
  expect(done).toMatchObject([{ key: event.id, tries: 1 }]);
  const { items: alerts } = items(z.looseObject({})).parse(await hub.json('/alerts?alertState=firing&rule=line'));
  expect(alerts).toMatchObject([{ rule: 'line', device: 'cam', state: 'firing', count: 1, silenced: false }]);
});

test('a channel that asks for pictures gets that of the event', async () => {
  const { url, get } = await receiver();
  const { hub, cam } = await hubWith(url);
  await put(hub, '/alert-channels/hook', { kind: 'webhook', url, pictures: true });
  await send(cam, 1, { label: 'person', snapshot: snapshotOf(jpeg) });
  const [got] = await get(1);
  const { data } = cloudEvent.parse(JSON.parse(got?.text ?? ''));
  expect(data.picture).toEqual({ mime: 'image/jpeg', data: jpeg.toString('base64') });
});

test('a receiver that fails gets the same id again, and its reason is shown; the secret is nowhere', async () => {
  const { url, get } = await receiver((response, n) => void response.writeHead(n === 1 ? 503 : 200).end());
  const { hub, cam, folder } = await hubWith(url);
  await send(cam, 1);
  await get(1);
  const failed = await until(async () => {
    const { items: all } = deliveries.parse(await hub.json('/alert-deliveries?deliveryState=waiting'));
    return all[0]?.tries === 1 && all[0];
  }, 'the failure');
  expect(failed).toMatchObject({ reason: 'answered 503' });
  const [first, second] = await get(2);
  const [one, two] = [first, second].map((got) => cloudEvent.parse(JSON.parse(got?.text ?? '')));
  expect(two).toEqual(one);
  const seen = ['/alert-channels', '/audit', '/alert-deliveries', '/alert-rules'].map(
    async (at) => await (await hub.api(at)).text(),
  );
  expect((await Promise.all(seen)).join()).not.toContain(secret);
  const stored = ['hub.db', 'hub.db-wal'].map((file) => readFileSync(path.join(folder, file)).toString('latin1'));
  expect(stored.join()).not.toContain(secret);
  expect(await hub.json('/alert-channels')).toMatchObject({ items: [{ name: 'hook', hasSecret: true }] });
});

test('a redirect is not followed, and a flood of an answer is cut off', async () => {
  const target = await receiver();
  const answers = await receiver((response) => void response.writeHead(307, { location: target.url }).end());
  const flood = await receiver((response) => {
    response.writeHead(200);
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    };
    response.on('drain', more);
    more();
  });
  const { hub } = await hubWith(answers.url);
  await put(hub, '/alert-channels/flood', { kind: 'webhook', url: flood.url });
  const result = async (name: string) => (await hub.post(`/alert-channels/${name}/test`)).json();
  expect(await result('hook')).toMatchObject({ ok: false, reason: expect.stringMatching(/redirect/) });
  expect(await result('flood')).toMatchObject({ ok: true });
  expect(target.received).toEqual([]);
});

test('a silence keeps it back; when it is ended, what still fires is told', async () => {
  const { url, get, received } = await receiver();
  const { hub, cam } = await hubWith(url);
  const made = await hub.post('/alert-silences', { endsAt: '2100-01-01T00:00:00Z', rules: ['line'], comment: 'works' });
  const { id } = (await made.json()) as { id: string };
  await send(cam, 1);
  const silent = await until(async () => {
    const { items: all } = items(z.looseObject({ silenced: z.boolean() })).parse(await hub.json('/alerts'));
    return all[0];
  }, 'the alert');
  expect(silent.silenced).toBe(true);
  expect(received).toEqual([]);
  expect((await hub.api(`/alert-silences/${id}`, { method: 'DELETE' })).status).toBe(204);
  await get(1);
});

test('a channel that was given another address does not keep its secret', async () => {
  const { url } = await receiver();
  const { hub } = await hubWith(url);
  const there = await put(hub, '/alert-channels/hook', { kind: 'webhook', url });
  expect(await there.json()).toMatchObject({ hasSecret: true });
  const other = await put(hub, '/alert-channels/hook', { kind: 'webhook', url: `${url}/other` });
  expect(await other.json()).toMatchObject({ hasSecret: false });
});
