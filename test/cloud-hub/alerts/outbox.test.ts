/** Deliveries against real receivers: one that hangs, one that is gone for long, a channel that is removed. */
import { expect, onTestFinished, test } from 'vitest';
import { createAddresses } from '../../../cloud-hub/alerts/addresses.ts';
import { AlertOutbox } from '../../../cloud-hub/alerts/outbox.ts';
import { createBrowsers } from '../../../cloud-hub/alerts/push/browsers.ts';
import { openPushKeys } from '../../../cloud-hub/alerts/push/keys.ts';
import { openSecrets } from '../../../cloud-hub/alerts/secrets.ts';
import { createSender } from '../../../cloud-hub/alerts/sender.ts';
import type { NewChannel } from '../../../cloud-hub/contract/alert-channel.ts';
import { type HubStore, openStore } from '../../../cloud-hub/store/store.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { receiver } from './receiver.ts';

async function outboxWith(
  channels: Record<string, Omit<NewChannel, 'secret'>>,
  broken?: (deliveries: HubStore['alertDeliveries']) => Partial<HubStore['alertDeliveries']>,
) {
  const clock = new ManualClock();
  const folder = tempFolder();
  const store = await openStore(folder, clock.wall());
  const secrets = openSecrets(folder);
  const addresses = createAddresses(['127.0.0.1']);
  const keys = openPushKeys(folder, 'mailto:ann@example.com');
  const browsers = createBrowsers({ store, secrets, keys, addresses, clock });
  const sender = createSender({ store, secrets, addresses, browsers, clock });
  const alertDeliveries = { ...store.alertDeliveries, ...broken?.(store.alertDeliveries) };
  const outbox = new AlertOutbox({
    store: { ...store, alertDeliveries },
    sender,
    clock,
    log: createLogger('test', 'silent'),
    random: () => 1,
  });
  onTestFinished(async () => {
    await outbox.stop();
    await store.close();
  });
  await store.transact(async (tx) => {
    for (const [name, channel] of Object.entries(channels))
      await tx.alertRules.setChannel(name, channel, undefined, { at: 0, actor: 'ann' });
  });
  const add = (channel: string, id: string) =>
    store.transact(async (tx) =>
      tx.alertDeliveries.add(
        channel,
        {
          ...{ id, at: '2026-01-01T00:00:00.000Z', rule: 'r', severity: 'info', state: 'firing', title: id, text: '' },
          ...{ firing: 1, resolved: 0, devices: 1, alerts: [] },
        },
        clock.wall(),
      ),
    );
  const list = () => store.alertDeliveries.list({ limit: 100 });
  return { clock, store, outbox, add, list };
}

test('a receiver that hangs holds only its own channel, and is tried again when its time is over', async () => {
  const hanging = await receiver(() => undefined);
  const good = await receiver();
  const { clock, outbox, add, list } = await outboxWith({
    slow: { kind: 'webhook', url: hanging.url },
    fast: { kind: 'webhook', url: good.url },
  });
  await add('slow', 'a');
  for (let i = 0; i < 20; i++) await add('fast', `b${i}`);
  outbox.start();
  await good.get(20);
  await hanging.get(1);
  expect(good.received.map(({ text }) => (JSON.parse(text) as { id: string }).id)).toEqual(
    Array.from({ length: 20 }, (_, i) => `b${i}`),
  );
  await clock.advance(10_000);
  const failed = await until(
    async () => (await list()).find(({ key, tries }) => key === 'a' && tries === 1),
    'the try',
  );
  expect(failed).toMatchObject({ state: 'waiting', reason: 'no answer within 10 s' });
});

test('it waits longer each time, and gives up after a day', async () => {
  const { clock, outbox, add, list } = await outboxWith({ gone: { kind: 'webhook', url: 'http://127.0.0.1:9/' } });
  await add('gone', 'a');
  outbox.start();
  const waits: number[] = [];
  for (;;) {
    const tries = waits.length + 1;
    const row = await until(async () => (await list()).find((one) => one.tries === tries), `try ${tries}`);
    if (row.state === 'failed') break;
    const wait = Date.parse(row.nextAt ?? '') - clock.wall();
    waits.push(wait / 1000);
    await clock.advance(wait);
  }
  expect(waits.slice(0, 11)).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600]);
  expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThanOrEqual(86_400);
  expect(waits.length).toBeLessThan(40);
});

test('of a channel that was removed it says so; of one that is crowded the oldest make room', async () => {
  const { outbox, add, list, store } = await outboxWith({});
  await add('gone', 'a');
  outbox.start();
  const row = await until(async () => (await list()).find(({ state }) => state === 'failed'), 'the end');
  expect(row).toMatchObject({ reason: 'the channel was removed', tries: 1 });
  await outbox.stop();
  for (let i = 0; i < 1002; i++) await add('crowd', `c${i}`);
  const failed = await store.alertDeliveries.list({ channel: 'crowd', state: 'failed', limit: 10 });
  expect(failed.map(({ key }) => key)).toEqual(['c1', 'c0']);
});

test('while the database does not take that something was delivered, it is not sent again and again', async () => {
  const good = await receiver();
  let refused = 0;
  const { clock, outbox, add, list } = await outboxWith({ one: { kind: 'webhook', url: good.url } }, (deliveries) => ({
    async delivered(...args) {
      if (refused++ < 1) throw new Error('the disk is full');
      return deliveries.delivered(...args);
    },
  }));
  await add('one', 'a');
  outbox.start();
  await until(() => refused === 1, 'the database has refused');
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(good.received.length).toBe(1);
  await clock.advance(10_000);
  await until(async () => (await list()).every(({ state }) => state === 'delivered'), 'it is noted');
  expect(good.received.length).toBe(2);
});
