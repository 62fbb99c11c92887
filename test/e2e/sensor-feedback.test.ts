/** "This was normal": a person says so in the browser, and the online detector of a real agent learns it. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { hasChromium, startChromium } from '../support/chromium.ts';
import { seeded } from '../support/random.ts';
import { writeCsv } from '../support/sensor.ts';
import { shots } from '../support/shots.ts';
import { built } from '../support/spawn.ts';
import { configureAgent, listAll, startAgent, startHub } from '../support/stack.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

const STEP_MS = 300_000;
const event = z.looseObject({ id: z.string(), action: z.string(), ptsMs: z.number() });
/** The same anomaly twice, five rows of 50 where 20 is usual; then another one. */
const [FIRST, AGAIN, OTHER] = [600, 1800, 2600];

function rows(): string[] {
  const random = seeded(9);
  return Array.from({ length: 2800 }, (_, i) => {
    const within = (from: number) => i >= from && i < from + 5;
    const value = within(FIRST) || within(AGAIN) ? 50 : within(OTHER) ? -30 : 20;
    return `${new Date(Date.UTC(2026, 0, 1) + i * STEP_MS).toISOString()},${(value + random()).toFixed(3)}`;
  });
}

test.skipIf(!hasChromium || !existsSync(path.join(built('cloud-hub/dashboard'), 'index.html')))(
  'an anomaly that was normal is called so in the browser; its like is not told again, another anomaly is',
  { timeout: 240_000 },
  async () => {
    const folder = tempFolder();
    const hub = await startHub(folder);
    const page = await (await startChromium()).newPage({ viewport: { width: 1440, height: 1000 } });
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    await page.goto(`http://127.0.0.1:${hub.httpPort}/events`);
    await page.getByLabel('Token').fill(readFileSync(path.join(folder, 'hub', 'admin.token'), 'utf8').trim());
    await page.getByRole('button', { name: 'Sign in' }).click();

    // 40 rows per second.
    const source = { url: writeCsv(folder, 'pump.csv', rows()), speed: (40 * STEP_MS) / 1000 };
    const rules = [{ kind: 'anomaly', name: 'odd', frames: 1 }];
    const streams = { pump: { kind: 'sensor', detector: 'online', source, rules } };
    startAgent(await configureAgent(folder, hub, { streams }));

    const odd = page.locator('[data-testid=event]').first();
    await odd.waitFor({ timeout: 60_000 });
    await odd.click();
    const dialog = page.getByRole('dialog');
    const said = dialog.getByTestId('normal');
    await dialog.getByRole('button', { name: 'This was normal' }).click();
    await dialog.locator('[data-testid=normal][data-state=normal]').waitFor();
    expect(await said.textContent()).toContain('the device learns it');
    await shots(page, 'anomaly-called-normal', false);

    const taught = z.object({ taught: z.array(z.string()) });
    const stateFile = path.join(folder, 'agent', 'data', 'detectors', 'pump.json');
    await until(
      () => existsSync(stateFile) && taught.parse(JSON.parse(readFileSync(stateFile, 'utf8'))).taught.length === 1,
      'the detector has learned it',
      20_000,
    );
    const starts = async () => {
      const all = await listAll(hub, '/events?device=box', event);
      return all.filter(({ action }) => action === 'start').map(({ ptsMs }) => ptsMs / STEP_MS);
    };
    await until(async () => (await starts()).some((row) => row >= OTHER), 'the other anomaly', 120_000);
    const told = (await starts()).toSorted((a, b) => a - b);
    expect(told.filter((row) => row >= FIRST && row < FIRST + 40).length).toBeGreaterThan(0);
    expect(told.filter((row) => row >= AGAIN - 1 && row < OTHER)).toEqual([]);

    await page.goto(`http://127.0.0.1:${hub.httpPort}/devices/box?stream=pump`);
    await page
      .locator('[data-testid=live-reading][data-state=normal], [data-testid=live-reading][data-state=anomalous]')
      .waitFor();
    await page.getByText('shaded: where it was expected').waitFor();
    await shots(page, 'sensor-with-band', false);
    await page.getByRole('button', { name: 'Day before' }).click();
    await page.getByText('No readings are kept of the day before').waitFor();
    expect(faults).toEqual([]);
  },
);
