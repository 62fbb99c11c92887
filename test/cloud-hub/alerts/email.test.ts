/** Mails against a real SMTP server. */
import { expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { eventRecord, jpeg, snapshotOf, testDevice, testHub } from '../support.ts';
import { sink } from './smtp-sink.ts';

async function hubWith(channel: Record<string, unknown>) {
  const hub = await testHub({ config: { alertNetworks: '127.0.0.1' as never } });
  const put = async (at: string, body: unknown) => {
    const headers = { 'content-type': 'application/json' };
    const response = await hub.api(at, { method: 'PUT', headers, body: JSON.stringify(body) });
    expect(response.status, await response.text()).toBe(200);
  };
  const mail = { kind: 'email', host: '127.0.0.1', tls: 'none', from: 'hub@example.com', to: ['ann@example.com'] };
  await put('/alert-channels/mail', { ...mail, ...channel });
  const title = 'Somebody\r\nBcc: eve@example.com at {device}';
  await put('/alert-rules/door', { condition: { kind: 'event' }, channels: ['mail'], everyS: 0, title });
  return { hub, cam: await testDevice(hub, 'cam') };
}

const fields = (text: string) => text.slice(0, text.indexOf('\r\n\r\n'));

test('a mail has the picture of the event, and a repeat the same Message-ID', async () => {
  const { port, mails, setRefusing } = await sink({ user: 'hub', password: 'long enough' });
  const { hub, cam } = await hubWith({ port, user: 'hub', secret: 'long enough' });
  setRefusing(true);
  const record = eventRecord(1, { wall: Date.now(), snapshot: snapshotOf(jpeg) });
  await cam.publish('records', { epoch: 'e1', from: 1, to: 1, records: [record] });
  await cam.nextAck();
  await until(() => mails.length === 1, 'the first try');
  setRefusing(false);
  await until(() => mails.length === 2, 'the second try');
  const [first, second] = mails;
  const id = /^message-id: (<[0-9a-f-]{36}@vedette>)/im;
  expect(id.exec(first?.text ?? '')?.[1]).toBe(id.exec(second?.text ?? '')?.[1]);
  expect(second).toMatchObject({ from: 'hub@example.com', to: ['ann@example.com'] });
  expect(second?.text).toContain(jpeg.toString('base64'));
  // A title is one line: it makes no field of its own.
  expect(fields(second?.text ?? '')).not.toMatch(/^bcc:/im);
  expect(fields(second?.text ?? '')).toMatch(/^subject: Somebody Bcc: eve@example.com at cam/im);
  expect(await (await hub.api('/alert-channels')).text()).not.toContain('long enough');
});

test('a wrong password is told, without the password', async () => {
  const { port } = await sink({ user: 'hub', password: 'long enough' });
  const { hub } = await hubWith({ port, user: 'hub', secret: 'another one' });
  const result = async () => (await hub.post('/alert-channels/mail/test')).json();
  const wrong = (await result()) as { ok: boolean; reason: string };
  expect(wrong).toMatchObject({ ok: false, reason: expect.stringMatching(/wrong password|Invalid login/) });
  expect(wrong.reason).not.toContain('another one');
});
