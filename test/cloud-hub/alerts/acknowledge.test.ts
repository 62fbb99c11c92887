/** Acknowledging by the API and by the link of a notification, and the notification as a CloudEvent that others can read. */
import { CloudEvent, HTTP } from 'cloudevents';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { notification } from '../../../cloud-hub/contract/alert.ts';
import { eventRecord, testDevice, testHub } from '../support.ts';
import { receiver } from './receiver.ts';

const alerts = z.object({
  items: z.array(z.looseObject({ id: z.string(), acknowledged: z.looseObject({ by: z.string() }).optional() })),
});

async function firing(rules: readonly string[]) {
  const publicUrl = 'https://hub.example/vedette/';
  const hub = await testHub({ config: { alertNetworks: '127.0.0.1' as never, publicUrl } });
  const { url, get } = await receiver();
  const put = async (at: string, body: unknown) => {
    const headers = { 'content-type': 'application/json' };
    expect((await hub.api(at, { method: 'PUT', headers, body: JSON.stringify(body) })).status, at).toBe(200);
  };
  await put('/alert-channels/hook', { kind: 'webhook', url });
  for (const rule of rules) await put(`/alert-rules/${rule}`, { condition: { kind: 'event' }, channels: ['hook'] });
  const cam = await testDevice(hub, 'cam');
  await cam.publish('records', { epoch: 'e1', from: 1, to: 1, records: [eventRecord(1, { wall: Date.now() })] });
  const got = await get(rules.length);
  const events = got.map(({ headers, text }) => {
    const event = HTTP.toEvent({ headers, body: text });
    if (!(event instanceof CloudEvent)) throw new Error('more than one event');
    return event;
  });
  const of = async (rule: string) => alerts.parse(await hub.json(`/alerts?rule=${rule}`)).items[0];
  return { hub, events, of, put };
}

const tokenOf = (event: CloudEvent<unknown>) =>
  new URL(notification.parse(event.data).acknowledge ?? '').hash.replace('#acknowledge=', '');

test('a notification is a CloudEvent for its own SDK, and its link acknowledges its rule, once, until it is changed', async () => {
  const { hub, events, of } = await firing(['gate', 'yard']);
  for (const event of events) {
    expect(event.validate()).toBe(true);
    expect(event).toMatchObject({ specversion: '1.0', type: 'vedette.alert.firing', source: 'vedette-hub' });
    expect(notification.parse(event.data).acknowledge).toMatch(/^https:\/\/hub\.example\/vedette\/#acknowledge=/);
  }
  const gate = events.find(({ subject }) => subject === 'gate');
  const token = tokenOf(gate ?? events[0] ?? new CloudEvent({ type: 'x', source: 'x' }));
  const ask = async (given: string, headers = {}) => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers } };
    const answer = await hub.api('/alert-acknowledgements', {
      ...init,
      token: null,
      body: JSON.stringify({ token: given }),
    });
    return { status: answer.status, body: (await answer.json()) as unknown };
  };
  const [text = '', mac = ''] = token.split('.');
  const says = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as object;
  const forged = Buffer.from(JSON.stringify({ ...says, rule: 'yard' })).toString('base64url');
  for (const bad of [text, `${text}.`, `${forged}.${mac}`, `${text}.${mac.slice(2)}`, `${token}.x`, 'x', '.'])
    expect((await ask(bad)).status, bad).toBe(401);
  // A foreign page cannot acknowledge in the name of its reader.
  expect((await ask(token, { origin: 'https://elsewhere.example' })).status).toBe(403);
  expect(await of('gate')).not.toHaveProperty('acknowledged');
  expect(await ask(token)).toEqual({ status: 200, body: { rule: 'gate', alerts: 1 } });
  expect(await ask(token)).toEqual({ status: 200, body: { rule: 'gate', alerts: 0 } });
  expect((await of('gate'))?.acknowledged?.by).toBe('link:hook');
  expect(await of('yard')).not.toHaveProperty('acknowledged');
  const { items } = await hub.json<{ items: unknown[] }>('/audit?action=alert.acknowledge');
  expect(items).toMatchObject([{ actor: 'link:hook', subject: 'gate' }]);
});

test('who acknowledges second sees who was first; what is over cannot be acknowledged', async () => {
  const { hub, of, put } = await firing(['gate']);
  const alert = await of('gate');
  const { token } = (await (await hub.post('/tokens', { name: 'ann', role: 'operator' })).json()) as { token: string };
  const ask = (who: string) => hub.api(`/alerts/${alert?.id}/acknowledgement`, { method: 'PUT', token: who });
  expect(await (await ask(token)).json()).toMatchObject({ acknowledged: { by: 'ann' } });
  expect(await (await ask(hub.token)).json()).toMatchObject({ acknowledged: { by: 'ann' } });
  await put('/alert-rules/gate', { condition: { kind: 'event' }, enabled: false });
  await expect.poll(async () => (await ask(token)).status, { timeout: 10_000 }).toBe(409);
});
