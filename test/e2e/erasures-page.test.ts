/** A request of a person in the browser: an admin orders it, sees what went at the hub and what the device answers; others see nothing. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { desired } from '../../shared/contract/messages/desired.ts';
import { reportOf } from '../cloud-hub/rollout/reports.ts';
import { eventRecord, testDevice, testHub } from '../cloud-hub/support.ts';
import { hasChromium, startChromium } from '../support/chromium.ts';
import { shots } from '../support/shots.ts';
import { built } from '../support/spawn.ts';

const dashboard = built('cloud-hub/dashboard');

test.skipIf(!hasChromium || !existsSync(path.join(dashboard, 'index.html')))(
  'an order is asked twice, goes to the device, and what came of it is shown with who and when',
  { timeout: 240_000 },
  async () => {
    const hub = await testHub({ dashboard });
    const device = await testDevice(hub, 'gate');
    const records = [eventRecord(1, { stream: 'door' }), eventRecord(2, { stream: 'yard' })];
    await device.publish('records', { epoch: 'e1', from: 1, to: 2, records });
    await device.nextAck();

    const chromium = await startChromium();
    const problems: string[] = [];
    const page = await (await chromium.newContext({ viewport: { width: 1440, height: 1000 } })).newPage();
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(hub.url);
    await page.getByLabel('Token').fill(hub.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'Access' }).click();
    await page.getByRole('link', { name: 'Erasures' }).click();
    await page.getByText('Nothing was erased on request.').waitFor();
    await page.getByRole('button', { name: 'Erase…' }).click();
    await page.getByLabel('Device').fill('gate');
    await page.getByLabel('Stream').fill('door');
    await page.getByLabel('From').fill('last week');
    await page.getByText('write 2026-03-31 14:00').waitFor();
    expect(await page.getByRole('button', { name: 'Go on' }).isDisabled()).toBe(true);
    await page.getByLabel('From').fill('');
    await page.getByLabel('Reason').fill('request 17');
    await shots(page, 'erase-form', false);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('Nobody can take this back').waitFor();
    await shots(page, 'erase-sure', false);
    await page.getByRole('button', { name: 'Erase', exact: true }).click();

    const order = page.getByTestId('erasure');
    await order.getByText('At the hub: 1 record').waitFor();
    await order.getByText('no answer yet').waitFor();
    await order.getByText('request 17').waitFor();
    await device.client.endAsync();
    const back = await testDevice(hub, 'gate', device.token);
    const document = desired.parse(await back.next('desired'));
    const [asked] = document.erase ?? [];
    expect(asked).toMatchObject({ stream: 'door', pictures: false });
    const erased = { records: 4, pictures: 0, samples: 1, memories: 0 };
    await back.publish('report', {
      ...reportOf(undefined, undefined),
      erase: [{ id: asked?.id, state: 'done', erased }],
    });
    await order.getByText('On the device: 4 records, 1 sample').waitFor({ timeout: 30_000 });
    await shots(page, 'erasures');
    expect(problems).toEqual([]);
  },
);
