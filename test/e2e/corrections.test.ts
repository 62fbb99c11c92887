/** An operator corrects events in the gallery, with one press each, takes one back, and finds them; a viewer only reads. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { Event } from '../../cloud-hub/contract/event.ts';
import { eventRecord, snapshotOf, testDevice, testHub } from '../cloud-hub/support.ts';
import { hasChromium, startChromium } from '../support/chromium.ts';
import { shots } from '../support/shots.ts';
import { built } from '../support/spawn.ts';
import { until } from '../support/until.ts';

const dashboard = built('cloud-hub/dashboard');

test.skipIf(!hasChromium || !existsSync(path.join(dashboard, 'index.html')))(
  'events are right, wrong or something else with a press, and back again',
  { timeout: 240_000 },
  async () => {
    const hub = await testHub({ dashboard });
    const cam = await testDevice(hub, 'cam');
    const colours = ['#456', '#764', '#547', '#475', '#654', '#567'];
    const records = await Promise.all(
      colours.map(async (background, i) => {
        const crop = await sharp({ create: { width: 120, height: 90, channels: 3, background } })
          .jpeg()
          .toBuffer();
        return eventRecord(i + 1, { wall: Date.now(), snapshot: snapshotOf(crop), label: i % 2 ? 'person' : 'car' });
      }),
    );
    await cam.publish('records', { epoch: 'e1', from: 1, to: records.length, records });
    await cam.nextAck();
    const verdicts = async () => {
      const { items } = await hub.json<{ items: Event[] }>('/events');
      return items.map(({ correction }) => correction?.label ?? correction?.verdict ?? '-').toReversed();
    };
    const signIn = async (token: string) => {
      const page = await (await startChromium()).newPage({ viewport: { width: 1440, height: 1000 } });
      page.on('pageerror', (error) => problems.push(String(error)));
      await page.goto(`${hub.url}/events`);
      await page.getByLabel('Token').fill(token);
      await page.getByRole('button', { name: 'Sign in' }).click();
      return page;
    };
    const problems: string[] = [];
    const page = await signIn(hub.token);
    const of = (id: number) => page.locator(`[data-testid=event][data-id="${id}"]`);

    await of(1).getByRole('button', { name: 'Right' }).click();
    await of(1).getByText('right', { exact: true }).waitFor();
    await of(2).getByRole('button', { name: 'Wrong' }).click();
    await of(2).getByText('wrong', { exact: true }).waitFor();
    // By keyboard alone; Escape leaves the field, and nothing is said.
    const field = of(3).locator('input:focus');
    await of(3).getByRole('button', { name: 'Other label' }).press('Enter');
    await field.waitFor();
    await page.keyboard.press('Escape');
    await field.waitFor({ state: 'detached' });
    await of(3).getByRole('button', { name: 'Other label' }).press('Enter');
    await field.waitFor();
    await page.keyboard.type('dog');
    await page.keyboard.press('Enter');
    await of(3).getByText('is: dog').waitFor();
    expect(await verdicts()).toEqual(['right', 'wrong', 'dog', '-', '-', '-']);
    await shots(page, 'corrections');

    await of(2).getByRole('button', { name: 'Undo' }).click();
    await of(2).getByRole('button', { name: 'Wrong' }).waitFor();
    expect(await verdicts()).toEqual(['right', '-', 'dog', '-', '-', '-']);

    // In the dialog of one event, and told to another page at once.
    const other = await signIn(hub.token);
    await of(4).locator('button.event').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Wrong' }).click();
    await dialog.getByText(/^wrong, by admin/).waitFor();
    await other.locator('[data-id="4"] [data-verdict=wrong]').waitFor();
    await shots(page, 'correction-dialog', false);
    await page.keyboard.press('Escape');

    await page.getByLabel('correction').selectOption('other');
    await until(async () => (await page.getByTestId('event').count()) === 1, 'only what has another label');
    await until(() => page.url().endsWith('/events?correction=other'), 'the address says the filter');
    await shots(page, 'corrections-found', false);

    const made = await hub.post('/tokens', { name: 'watcher', role: 'viewer' });
    const watcher = await signIn(((await made.json()) as { token: string }).token);
    await watcher.locator('[data-id="1"]').getByText('right', { exact: true }).waitFor();
    expect(await watcher.getByRole('button', { name: /^(Undo|Right|Wrong|Other label)$/ }).count()).toBe(0);
    expect(problems).toEqual([]);
  },
);
