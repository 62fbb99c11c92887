/** A batch that nobody can read, of a real outbox and uplink, at a real hub: it is sent once, set aside, and the rest goes on. */
import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { Downlink } from '../../agent/sync/downlink.ts';
import { Uplink } from '../../agent/sync/uplink.ts';
import { channels } from '../../shared/contract/channels.ts';
import { decode } from '../../shared/contract/codec.ts';
import { batch } from '../../shared/contract/messages/batch.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { createLink, type Link } from '../../shared/kit/link.ts';
import { body, open, silent } from '../agent/buffer/fixture.ts';
import { addDevice, testHub } from '../cloud-hub/support.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

const BAD = 7;
const COUNT = 40;

/** A connection on which each batch that holds this record arrives damaged behind its frame. */
function damaging(link: Link, mark: number, sent: (numbers: readonly [number, number]) => void): Link {
  const publish: Link['publish'] = (message) => {
    const payload = Buffer.from(message.payload);
    const { from, to, records } = batch.parse(decode(payload, channels.records.maxBytes));
    if (!records.some((record) => 'mark' in record && record.mark === mark)) return link.publish(message);
    sent([from, to]);
    payload.fill(0xff, Math.floor(payload.length / 2));
    return link.publish({ ...message, payload });
  };
  return new Proxy(link, { get: (target, key) => (key === 'publish' ? publish : Reflect.get(target, key)) });
}

test('an unreadable batch is not sent for ever, and holds nothing up', async () => {
  const hub = await testHub();
  const token = await addDevice(hub, 'cam');
  const outbox = open(tempFolder(), { clock: systemClock });
  const about = { clientId: 'cam', username: 'cam', password: token, clock: systemClock, log: silent };
  const real = createLink({ url: `mqtt://127.0.0.1:${hub.hub.mqttPort}`, ...about });
  const damaged: (readonly [number, number])[] = [];
  const link = damaging(real, BAD, (numbers) => damaged.push(numbers));
  const problems: string[] = [];
  const shared = { device: 'cam', link, clock: systemClock, log: silent };
  const limits = { lingerMs: 5, maxRecords: 5, retryMs: { first: 20, max: 100 } };
  const onProblem = (code: string) => problems.push(code);
  const uplink = new Uplink({ ...shared, outbox, onProblem, limits });
  const none = { onCommand: () => undefined, onDesired: () => undefined, onVerdict: () => undefined };
  const downlink = new Downlink({ ...shared, ...none, onAck: (ack) => uplink.onAck(ack) });
  onTestFinished(async () => {
    uplink.stop();
    downlink.stop();
    await real.stop();
    outbox.close();
  });
  await outbox.append(
    Array.from({ length: COUNT }, (_, mark) => ({ ...body(mark), noise: randomBytes(400).toString('hex') })),
  );
  downlink.start();
  uplink.start();
  real.start();
  await until(() => outbox.state().waiting === 0, 'all is settled', 60_000);

  const refused = damaged.map(([from, to]) => to - from + 1)[0] ?? 0;
  expect(refused).toBeGreaterThan(0);
  expect(new Set(damaged.map(String)).size).toBe(1);
  expect(outbox.state()).toMatchObject({ refused, givenUp: 0 });
  expect(problems).toEqual(['records-refused']);
  const { items } = await hub.json<{ items: { device: string; from: number; to: number }[] }>('/quarantine');
  expect(items).toMatchObject([{ device: 'cam', from: damaged[0]?.[0], to: damaged[0]?.[1] }]);
  // What comes after is sent as ever, and the bad one never again.
  const before = damaged.length;
  await outbox.append(body(1000));
  await until(() => outbox.state().waiting === 0, 'the next is settled', 60_000);
  expect(damaged).toHaveLength(before);
});
