/** ntfy, as its documentation describes publishing as JSON: a receiver that takes nothing else. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { channelTest } from '../../../cloud-hub/contract/alert-channel.ts';
import { eventRecord, type TestHub, testDevice, testHub } from '../support.ts';
import { receiver } from './receiver.ts';

/** "Publish as JSON": its fields, their types and ranges. */
const message = z.strictObject({
  topic: z.string().regex(/^[-_A-Za-z0-9]{1,64}$/),
  message: z.string().optional(),
  title: z.string().optional(),
  tags: z.array(z.string()).optional(),
  priority: z.int().min(1).max(5).optional(),
  actions: z.array(z.looseObject({})).optional(),
  click: z.url().optional(),
  attach: z.url().optional(),
  markdown: z.boolean().optional(),
  icon: z.url().optional(),
  filename: z.string().optional(),
  delay: z.string().optional(),
  email: z.string().optional(),
  call: z.string().optional(),
});
const TOKEN = 'tk_a_token_of_the_test';

const put = (hub: TestHub, at: string, body: unknown) =>
  hub.api(at, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

test('an alert is published to the root of the server, with its topic, title, priority and token', async () => {
  // Its answer is the message with an id.
  const { url, get, received } = await receiver((response, n) => {
    const isAllowed = received[n - 1]?.headers.authorization === `Bearer ${TOKEN}`;
    response.writeHead(isAllowed ? 200 : 403, { 'content-type': 'application/json' });
    response.end(isAllowed ? '{"id":"x","event":"message"}' : '{"code":40301,"http":403,"error":"forbidden"}');
  });
  const hub = await testHub({ config: { alertNetworks: '127.0.0.1' as never } });
  const channel = { kind: 'ntfy', url: `${url}/ignored`, topic: 'my-fleet' };
  await put(hub, '/alert-channels/pager', { ...channel, secret: TOKEN });
  await put(hub, '/alert-channels/wrong', { ...channel, secret: 'tk_another_one' });
  const refused = await hub.post('/alert-channels/wrong/test', {});
  expect(channelTest.parse(await refused.json())).toMatchObject({ ok: false, reason: 'answered 403' });

  const rule = { condition: { kind: 'event' }, severity: 'critical', channels: ['pager'], everyS: 0 };
  await put(hub, '/alert-rules/line', { ...rule, title: 'Zaun übertreten \u{1F6A8}' });
  const cam = await testDevice(hub, 'cam');
  await cam.publish('records', { epoch: 'e1', from: 1, to: 1, records: [eventRecord(1, { wall: Date.now() })] });
  await cam.nextAck();
  const [, got] = await get(2);
  expect(got?.path).toBe('/');
  const sent = message.parse(JSON.parse(got?.text ?? ''));
  expect(sent).toMatchObject({ topic: 'my-fleet', priority: 5, tags: ['warning'] });
  expect(sent.title).toContain('Zaun übertreten \u{1F6A8}');
});
