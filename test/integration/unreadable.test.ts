/** Batches that the hub cannot read, of a real outbox and uplink, at a real hub: none is sent for ever, and none is lost by accident. */
import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { Downlink } from '../../agent/sync/downlink.ts';
import { Uplink } from '../../agent/sync/uplink.ts';
import { channels } from '../../shared/contract/channels.ts';
import { decode } from '../../shared/contract/codec.ts';
import { type Batch, batch } from '../../shared/contract/messages/batch.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { createLink, type Link } from '../../shared/kit/link.ts';
import { body, open, silent } from '../agent/buffer/fixture.ts';
import { addDevice, testHub } from '../cloud-hub/support.ts';
import { seeded } from '../support/random.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

const BAD = 7;
const COUNT = 40;

/** A connection that damages what passes. */
function damaging(link: Link, damage: (payload: Buffer, sent: Batch) => void): Link {
  const publish: Link['publish'] = (message) => {
    const payload = Buffer.from(message.payload);
    damage(payload, batch.parse(decode(payload, channels.records.maxBytes)));
    return link.publish({ ...message, payload });
  };
  return new Proxy(link, { get: (target, key) => (key === 'publish' ? publish : Reflect.get(target, key)) });
}

async function start(damage: (payload: Buffer, sent: Batch) => void) {
  const hub = await testHub();
  const token = await addDevice(hub, 'cam');
  const outbox = open(tempFolder(), { clock: systemClock });
  const about = { clientId: 'cam', username: 'cam', password: token, clock: systemClock, log: silent };
  const real = createLink({ url: `mqtt://127.0.0.1:${hub.hub.mqttPort}`, ...about });
  const link = damaging(real, damage);
  const problems: string[] = [];
  const shared = { device: 'cam', link, clock: systemClock, log: silent };
  const limits = { lingerMs: 5, maxRecords: 5, retryMs: { first: 20, max: 100 } };
  const onProblem = (code: string) => problems.push(code);
  const uplink = new Uplink({ ...shared, outbox, onProblem, limits });
  const none = { onCommand: () => undefined, onDesired: () => undefined, onVerdict: () => undefined };
  const downlink = new Downlink({
    ...shared,
    ...none,
    onAck: (ack) => uplink.onAck(ack),
    onUnread: (unread) => uplink.onUnread(unread),
  });
  onTestFinished(async () => {
    uplink.stop();
    downlink.stop();
    await real.stop();
    outbox.close();
  });
  downlink.start();
  uplink.start();
  real.start();
  const settled = () => until(() => outbox.state().waiting === 0, 'all is settled', 60_000);
  const marks = async () => {
    const { items } = await hub.json<{ items: { ptsMs: number }[] }>('/events?limit=500');
    return items.map(({ ptsMs }) => ptsMs).toSorted((a, b) => a - b);
  };
  const quarantined = async () => (await hub.json<{ items: { bytes: number }[] }>('/quarantine')).items.length;
  return { outbox, problems, settled, marks, quarantined };
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
const noisy = (mark: number) => ({ ...body(mark), ptsMs: mark, noise: randomBytes(400).toString('hex') });

test('bits that flip on the way, in one of three batches: all records arrive, each once, none is refused', async () => {
  const random = seeded(5);
  let flips = 0;
  const t = await start((payload) => {
    if (random() > 1 / 3) return;
    flips++;
    // Behind the header of gzip, of which nobody reads some bytes.
    const bit = 80 + Math.floor(random() * (payload.length * 8 - 80));
    payload[bit >> 3] = (payload[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  });
  await t.outbox.append(numbers(COUNT).map(noisy));
  await t.settled();
  expect(flips).toBeGreaterThan(2);
  expect(t.outbox.state()).toMatchObject({ refused: 0, givenUp: 0 });
  expect(t.problems).toEqual([]);
  expect(await t.marks()).toEqual(numbers(COUNT));
  expect(await t.quarantined()).toBe(flips);
});

test('a record whose batches always arrive damaged is set aside alone, and holds nothing up', async () => {
  let damaged = 0;
  const t = await start((payload, { records }) => {
    if (!records.some((record) => 'ptsMs' in record && record.ptsMs === BAD)) return;
    damaged++;
    payload.fill(0xff, Math.floor(payload.length / 2));
  });
  await t.outbox.append(numbers(COUNT).map(noisy));
  await t.settled();
  expect(t.outbox.state()).toMatchObject({ refused: 1, givenUp: 0 });
  expect(t.problems).toEqual(['records-refused']);
  expect(await t.marks()).toEqual(numbers(COUNT).filter((mark) => mark !== BAD));
  // What comes after is sent as ever, and the bad one never again.
  const before = damaged;
  await t.outbox.append(noisy(1000));
  await t.settled();
  expect(damaged).toBe(before);
});

test('a record that no hub can read, as the outbox holds it, is set aside alone without a wait for better times', async () => {
  let batches = 0;
  const t = await start(() => batches++);
  const large = { ...noisy(BAD), pad: 'x'.repeat(3_000_000) };
  await t.outbox.append(numbers(COUNT).map((mark) => (mark === BAD ? large : noisy(mark))));
  await t.settled();
  expect(t.outbox.state()).toMatchObject({ refused: 1, givenUp: 0 });
  expect(t.problems).toEqual(['records-refused']);
  expect(await t.marks()).toEqual(numbers(COUNT).filter((mark) => mark !== BAD));
  expect(batches).toBeLessThan(60);
});
