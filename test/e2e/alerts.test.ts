/** What an operator does with alerts in the browser: a channel, its test, a rule, an event that is told, a silence. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { receiver } from '../cloud-hub/alerts/receiver.ts';
import { eventRecord, testDevice, testHub } from '../cloud-hub/support.ts';
import { hasChromium, startChromium } from '../support/chromium.ts';
import { shots } from '../support/shots.ts';
import { built } from '../support/spawn.ts';

const dashboard = built('cloud-hub/dashboard');

test.skipIf(!hasChromium || !existsSync(path.join(dashboard, 'index.html')))(
  'a channel is made and tested, a rule fires, its notification is told and shown, and it is silenced',
  { timeout: 240_000 },
  async () => {
    const hub = await testHub({ dashboard, config: { alertNetworks: '127.0.0.1' as never } });
    const { url, get } = await receiver();
    const cam = await testDevice(hub, 'cam');
    const page = await (await startChromium()).newPage({ viewport: { width: 1440, height: 1000 } });
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(`${hub.url}/alerts`);
    await page.getByLabel('Token').fill(hub.token);
    await page.getByRole('button', { name: 'Sign in' }).click();

    await page.getByRole('button', { name: 'New channel…' }).click();
    await page.getByLabel('Name').fill('pager');
    await page.getByLabel('Address').fill('ftp://nowhere');
    await page.getByRole('button', { name: 'Make the channel' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Address').fill(url);
    await page.getByLabel('Secret (may be empty)').fill('a secret of the test');
    await page.getByRole('button', { name: 'Make the channel' }).click();
    const channel = page.getByTestId('alert-channel');
    await channel.getByRole('button', { name: 'Test' }).click();
    await channel.getByText(/^Arrived after \d+ ms\.$/).waitFor();
    expect((await get(1))[0]?.headers['vedette-signature']).toBeDefined();

    // By keyboard alone.
    await page.getByRole('button', { name: 'New rule…' }).press('Enter');
    await page.getByLabel('Name').fill('line');
    await page.getByLabel('Tell').selectOption('pager');
    await page.getByLabel('Name').press('Enter');
    await page.getByTestId('alert-rule').waitFor();

    const record = eventRecord(1, { wall: Date.now() });
    await cam.publish('records', { epoch: 'e1', from: 1, to: 1, records: [record] });
    await get(2);
    await page.locator('[data-testid=delivery][data-state=delivered]').waitFor();
    await page.locator('[data-testid=alert][data-rule=line][data-state=firing]').waitFor();
    await shots(page, 'alerts');

    await page.getByTestId('alert-rule').getByRole('button', { name: 'Silence…' }).click();
    await page.getByLabel('Why').fill('the gate is mended');
    await page.getByRole('button', { name: 'Silence', exact: true }).click();
    await page.locator('[data-testid=silence][data-state=active]').waitFor();
    await page.locator('[data-testid=alert][data-state=silenced]').waitFor();
    await page.getByTestId('silence').getByRole('button', { name: 'End' }).click();
    await page.getByText('Nothing is silenced.').waitFor();
    // On a phone nothing is wider than the screen, the bar of pages included.
    await page.setViewportSize({ width: 360, height: 800 });
    const [wide, bar] = (await page.evaluate(
      "[document.documentElement.scrollWidth, document.querySelector('nav.nav').scrollWidth]",
    )) as [number, number];
    expect([wide, bar]).toEqual([360, 360]);
    expect(problems).toEqual([]);
  },
);
