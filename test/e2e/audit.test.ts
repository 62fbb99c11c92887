/** What an admin does with the audit in the browser: reads who did what, narrows it, checks its chain before and after an edit. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openSqlite } from '../../shared/kit/sqlite.ts';
import { addDevice, testHub } from '../cloud-hub/support.ts';
import { hasChromium, startChromium } from '../support/chromium.ts';
import { shots } from '../support/shots.ts';
import { built } from '../support/spawn.ts';
import { tempFolder } from '../support/temp.ts';

const dashboard = built('cloud-hub/dashboard');

test.skipIf(!hasChromium || !existsSync(path.join(dashboard, 'index.html')))(
  'the audit is read, narrowed and checked; an edited row is named; a viewer does not get there',
  { timeout: 240_000 },
  async () => {
    const folder = tempFolder();
    const hub = await testHub({ folder, dashboard });
    for (const id of ['cam', 'gate']) await addDevice(hub, id);
    const made = await hub.post('/tokens', { name: 'ann', role: 'viewer' });
    const { token } = (await made.json()) as { token: string };
    expect((await hub.api('/devices/cam', { method: 'DELETE', token })).status).toBe(403);
    expect((await hub.api('/devices/gate', { method: 'DELETE' })).status).toBe(204);

    const page = await (await startChromium()).newPage({ viewport: { width: 1440, height: 1000 } });
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(hub.url);
    await page.getByLabel('Token').fill(hub.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'Access' }).click();
    await page.getByRole('link', { name: 'Audit' }).click();
    const entries = page.getByTestId('audit-entry');
    await entries.filter({ hasText: 'DELETE /api/v1/devices/:device' }).filter({ hasText: 'by ann' }).waitFor();
    const all = await entries.count();
    await page.getByRole('button', { name: 'Check' }).click();
    await page.locator('[data-testid=audit-check][data-faults="0"]').waitFor();
    await shots(page, 'audit');

    await page.getByLabel('what', { exact: true }).fill('device');
    await page.waitForURL(/action=device$/);
    await page.locator('[data-testid=audit-entry][data-action="session.begin"]').waitFor({ state: 'detached' });
    await entries.nth(2).waitFor();
    expect(await entries.count()).toBe(3);
    expect(all).toBeGreaterThan(3);

    const database = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'FULL' });
    database.exec("DROP TRIGGER audit_no_update; UPDATE audit SET actor = 'nobody' WHERE action = 'device.remove'");
    database.close();
    await page.getByRole('button', { name: 'Check' }).click();
    const broken = page.locator('[data-testid=audit-check][data-faults="1"]');
    await broken.getByText('it was changed or inserted').waitFor();
    // On a phone nothing is wider than the screen.
    await page.setViewportSize({ width: 360, height: 800 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    await shots(page, 'audit-broken', false);

    await page.setViewportSize({ width: 1440, height: 1000 });
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Only for admins').waitFor();
    expect(await page.getByRole('link', { name: 'Audit' }).count()).toBe(0);
    expect(problems).toEqual([]);
  },
);
