/** What a newcomer meets in the browser: the page that asks for a token, and a device with more streams than fit in a row. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { reportOf } from '../cloud-hub/rollout/reports.ts';
import { testDevice, testHub } from '../cloud-hub/support.ts';
import { hasChromium, startChromium } from '../support/chromium.ts';
import { shots } from '../support/shots.ts';
import { built } from '../support/spawn.ts';
import { until } from '../support/until.ts';

const dashboard = built('cloud-hub/dashboard');
const STREAMS = 40;

test.skipIf(!hasChromium || !existsSync(path.join(dashboard, 'index.html')))(
  'the sign-in page says where the token lies; of forty streams each can be seen, found and opened',
  { timeout: 120_000 },
  async () => {
    const hub = await testHub({ dashboard });
    const device = await testDevice(hub, 'gate-3');
    const streams = Array.from({ length: STREAMS }, (_, n) => ({
      ...{ id: `camera-${String(n + 1).padStart(2, '0')}`, kind: 'picture', state: 'running', source: 'test:' },
      ...{ fps: 5, askedFps: 10, rules: [] },
    }));
    const report = reportOf(undefined, undefined);
    await device.publish('report', { ...report, host: { ...report.host, timezone: 'Asia/Tokyo' }, streams });

    const page = await (await startChromium()).newPage({ viewport: { width: 1440, height: 1000 } });
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(`${hub.url}/devices/gate-3`);
    const help = page.locator('#token-help');
    await help.waitFor();
    for (const place of ['data/admin.token', 'data/hub/admin.token', '/var/lib/vedette-hub/admin.token', '--data-dir'])
      expect(await help.textContent()).toContain(place);
    await shots(page, 'sign-in');
    await page.getByRole('button', { name: 'Sign in' }).click();
    expect(await page.getByRole('alert').textContent()).toBe('Give name and password, or paste the token.');
    await page.getByLabel('Token').fill('nobody');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await until(
      async () => (await page.getByRole('alert').textContent()) !== 'Give name and password, or paste the token.',
      'a refusal',
    );
    await page.getByLabel('Token').fill(hub.token);
    await page.getByRole('button', { name: 'Sign in' }).click();

    const tabs = page.getByRole('navigation', { name: 'Streams' }).getByRole('link');
    await tabs.first().waitFor();
    expect(await tabs.count()).toBe(STREAMS);
    await shots(page, 'forty-streams');
    // Wide and narrow, nothing makes the whole page scroll to the side, and no name is cut off.
    for (const width of [1440, 360]) {
      await page.setViewportSize({ width, height: 1000 });
      const over = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
      expect(over).toBeLessThanOrEqual(0);
      const cut = `[...document.querySelectorAll('.tabs .clip')].filter((n) => n.scrollWidth > n.clientWidth).length`;
      expect(await page.evaluate(cut)).toBe(0);
    }
    await page.getByLabel('Find a stream by its name or state').fill('camera-37');
    await until(async () => (await tabs.count()) === 1, 'one stream is left');
    await tabs.first().click();
    await page.waitForURL(/camera-37/);
    // What is analysed beside what is asked for, and in which time zone the box reads schedules.
    for (const fact of ['5 per second, 10 are asked for', 'Asia/Tokyo']) await page.getByText(fact).waitFor();
    await page.goto(`${hub.url}/devices/gate-3?straem=camera-37`);
    await page.getByText('straem').waitFor();
    expect(problems).toEqual([]);
  },
);
