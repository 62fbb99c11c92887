/**
 * A hub that is killed at any instant between an event and its delivery: each event is told by webhook and by mail, alone or counted
 * with the next one, and what is told twice carries the same id. The device, the broker, the database, the kill, and both receivers
 * are real. `VEDETTE_KILLS=100` takes more instants.
 */
import { connectAsync } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { ownDownFilter, topicOf } from '../../shared/contract/channels.ts';
import { decode, encode } from '../../shared/contract/codec.ts';
import { ack } from '../../shared/contract/messages/batch.ts';
import { receiver } from '../cloud-hub/alerts/receiver.ts';
import { type Mail, sink } from '../cloud-hub/alerts/smtp-sink.ts';
import { eventRecord } from '../cloud-hub/support.ts';
import { createHubProgram, type HubProgram } from '../support/hub-program.ts';
import { seeded } from '../support/random.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

const ROUNDS = Number(process.env.VEDETTE_KILLS ?? 8);
const webhook = z.object({
  id: z.string(),
  data: z.looseObject({ alerts: z.looseObject({ count: z.number(), event: z.string() }).array() }),
});

/** Sends one event. @returns true when it was acknowledged, false when the hub went away before */
async function send(hub: HubProgram, token: string, seq: number): Promise<boolean> {
  const options = { username: 'cam', password: token, clientId: 'cam', reconnectPeriod: 0, connectTimeout: 5000 };
  const client = await connectAsync(
    `mqtt://127.0.0.1:${hub.mqttPort()}`,
    { ...options, protocolVersion: 4 },
    false,
  ).catch(() => undefined);
  if (!client) return false;
  client.on('error', () => undefined);
  const settled = new Promise<boolean>((resolve) => {
    client.on('close', () => resolve(false));
    client.on('message', (_topic, payload) => {
      const parsed = ack.safeParse(decode(payload, 1 << 20));
      if (parsed.success && parsed.data.upTo >= seq) resolve(true);
    });
  });
  const records = [eventRecord(seq, { wall: Date.now() })];
  client.subscribe(ownDownFilter('cam'), { qos: 1 }, () => {
    client.publish(topicOf('cam', 'records'), encode({ epoch: 'e1', from: seq, to: seq, records }), { qos: 1 });
  });
  try {
    return await settled;
  } finally {
    client.end(true);
  }
}

test('killed at any instant, the hub tells of every event, and repeats carry the same id', async () => {
  const { url, received } = await receiver();
  const { port, mails } = await sink();
  const hub = createHubProgram(tempFolder(), ['--alert-networks', '127.0.0.1']);
  onTestFinished(() => hub.kill());
  await hub.start();
  const { token } = (await hub.api('/devices', { id: 'cam' })) as { token: string };
  await hub.put('/alert-channels/hook', { kind: 'webhook', url });
  const mail = {
    kind: 'email',
    host: '127.0.0.1',
    port,
    tls: 'none',
    from: 'hub@example.com',
    to: ['ann@example.com'],
  };
  await hub.put('/alert-channels/mail', mail);
  const title = '{count} events';
  await hub.put('/alert-rules/each', { condition: { kind: 'event' }, channels: ['hook', 'mail'], everyS: 0, title });
  const random = seeded(7);
  for (let seq = 1; seq <= ROUNDS; seq++) {
    // From before the commit until after the delivery, which takes about a tenth of a second.
    const wait = new Promise((resolve) => setTimeout(resolve, random() * 250));
    const sent = send(hub, token, seq);
    await wait;
    await hub.kill();
    await sent;
    await hub.start();
    // A device sends again what was not acknowledged.
    await until(() => send(hub, token, seq), `the acknowledgement of ${seq}`);
  }
  const all = () => received.map(({ text }) => webhook.parse(JSON.parse(text)).data.alerts[0]);
  await until(() => all().some((alert) => alert?.event === `${ROUNDS}`), 'a word of the last event');
  // Events that a start finds together are one notification. It counts them: none is missing, and none counts twice.
  for (const alert of all()) expect(`${alert?.count}`).toBe(alert?.event);
  // Of one id there is one body, however often it came.
  const byId = new Map<string, Set<string>>();
  for (const { text } of received) {
    const { id } = webhook.parse(JSON.parse(text));
    byId.set(id, (byId.get(id) ?? new Set()).add(text));
  }
  expect([...byId.values()].every((bodies) => bodies.size === 1)).toBe(true);
  // The mails are the same notifications: of as many events, each under a name of its own.
  const mailOf = ({ text }: Mail) => ({
    id: /^message-id: <([0-9a-f-]{36})@vedette>/im.exec(text)?.[1] ?? '',
    count: Number(/^subject: (\d+) events/im.exec(text)?.[1]),
  });
  await until(() => mails.some((one) => mailOf(one).count === ROUNDS), 'a mail of the last event');
  const counts = new Map<string, Set<number>>();
  for (const { id, count } of mails.map(mailOf)) counts.set(id, (counts.get(id) ?? new Set()).add(count));
  expect([...counts.values()].every((each) => each.size === 1)).toBe(true);
  const told = new Set(all().map((alert) => alert?.count));
  expect(new Set([...counts.values()].flatMap((each) => [...each]))).toEqual(told);
  expect(counts.size).toBe(byId.size);
  expect(hub.complaints()).toBe('');
}, 600_000);
