/** The page Hybrid in the browser: what streams chose, what was sent, and why the rest was not. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Hybrid } from '../../cloud-hub/contract/opinion.ts';
import { addJudged, halfWrongBelow } from '../cloud-hub/inference/judged.ts';
import { reportOf } from '../cloud-hub/rollout/reports.ts';
import { summaryRecord, testDevice, testHub } from '../cloud-hub/support.ts';
import { hasChromium, startChromium } from '../support/chromium.ts';
import { shots } from '../support/shots.ts';
import { built } from '../support/spawn.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

const dashboard = built('cloud-hub/dashboard');
const counts = { bytes: 90_000, confirmed: 7, changed: 1, withdrawn: 1 };

test.skipIf(!hasChromium || !existsSync(path.join(dashboard, 'index.html')))(
  'each stream that asks tells what it chose, what was sent, and by reason what was not',
  { timeout: 120_000 },
  async () => {
    const folder = tempFolder();
    await addJudged(
      folder,
      halfWrongBelow.map((one) => ({ ...one, edge: { ...one.edge, model: 'small@1.0.0 (int8)' } })),
    );
    const hub = await testHub({ folder, dashboard });
    const [cam, plain] = [await testDevice(hub, 'cam'), await testDevice(hub, 'plain')];
    const escalation = {
      waiting: 2,
      left: 0.1,
      streams: {
        door: { ...counts, chosen: 60, sent: 12, refused: 3, unsent: { budget: 40, late: 5, disk: 0 } },
        yard: { ...counts, chosen: 9, sent: 9, refused: 0, unsent: {} },
      },
    };
    await plain.publish('report', reportOf(undefined, undefined));
    await cam.publish('report', { ...reportOf(undefined, undefined), escalation });
    await until(async () => (await hub.json<Hybrid>('/hybrid')).asking.length === 2, 'the hub has heard it', 30_000);
    expect((await hub.json<Hybrid>('/hybrid')).asking).toEqual([
      { device: 'cam', stream: 'door', chosen: 60, sent: 12, refused: 3, unsent: { budget: 40, late: 5, disk: 0 } },
      { device: 'cam', stream: 'yard', chosen: 9, sent: 9, refused: 0, unsent: {} },
    ]);

    // Ten minutes of a stream at 500 frames per second: after a moment there are some.
    const records = [summaryRecord(1, { stream: 'door', inferred: 300_000, intervalMs: 600_000 })];
    await cam.publish('records', { epoch: 'e1', from: 1, to: 1, records });
    await cam.nextAck();

    const page = await (await startChromium()).newPage({ viewport: { width: 1440, height: 1000 } });
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(`${hub.url}/hybrid`);
    await page.getByLabel('Token').fill(hub.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    const door = page.locator('[data-testid=hybrid-unsent][data-stream=door]');
    await door.getByText('budget 40', { exact: true }).waitFor();
    expect(await door.locator('td').allTextContents()).toEqual(['60', '12', '3', 'budget 40 late 5 ']);
    expect(await door.getByText('late 5').getAttribute('title')).toBe('its deadline passed while it waited');
    const yard = page.locator('[data-testid=hybrid-unsent][data-stream=yard]');
    expect(await yard.textContent()).toContain('nothing was held back');
    const person = page.locator('[data-testid=hybrid-threshold][data-label=person]');
    await person.getByText('0.4: 75% right').waitFor();
    expect(await person.locator('td').nth(1).textContent()).toMatch(/^0\.7: 100% right \(9\d–100%\)$/);
    expect(await person.locator('td').nth(2).textContent()).toBe('50% fewer objects; keeps 67% of the right objects');
    // One press sends it to the device, another one takes it back.
    const tuning = page.getByTestId('hybrid-tuning');
    await tuning.getByText('In force: the threshold of the device’s own configuration.').waitFor();
    await person.getByRole('button', { name: 'Apply' }).click();
    await tuning.getByText('In force: person 0.7.').waitFor();
    await shots(page, 'hybrid-applied');
    expect(await cam.next('desired')).toMatchObject({ thresholds: { door: { labels: { person: 0.7 } } } });
    await tuning.getByRole('button', { name: 'Undo' }).click();
    await person.getByText('0.4: 75% right').waitFor();
    await page.getByLabel('Wanted precision').selectOption('0.99');
    await person.getByText('no threshold is known to give 99 % right').waitFor();
    await page
      .locator('[data-testid=hybrid-drift][data-drift=unknown]')
      .getByText('200 frames that chance chose lately')
      .waitFor();
    // The rate of the stream is known by now: what another budget would give.
    const answer = page.locator('[data-testid=what-if-answer]');
    const slider = page.getByLabel('What if this share of the frames were sent');
    await slider.fill('1');
    await answer.getByText('100%', { exact: true }).waitFor();
    expect(await answer.textContent()).toContain(
      'Events first: 100% (100–100%); random frames alone: 100% (100–100%).',
    );
    await slider.fill('0.5');
    expect(await answer.textContent()).toContain('random frames alone: 75.');
    await shots(page, 'hybrid');
    expect(problems).toEqual([]);
  },
);
