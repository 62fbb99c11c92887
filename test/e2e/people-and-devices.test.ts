/** What a person does with boxes in the browser: lets one in, gives a device a new token, and removes it. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { certificateRequest, keyPem, newKey } from '../../shared/pki/keys.ts';
import { hasChromium, startChromium } from '../support/chromium.ts';
import { newClaim, secureHub } from '../support/secure-hub.ts';
import { shots } from '../support/shots.ts';
import { built } from '../support/spawn.ts';
import { until } from '../support/until.ts';

const dashboard = built('cloud-hub/dashboard');

test.skipIf(!hasChromium || !existsSync(path.join(dashboard, 'index.html')))(
  'a box is approved by its fingerprint, gets a new token, and is removed',
  { timeout: 120_000 },
  async () => {
    const hub = await secureHub({ dashboard });
    const claim = await newClaim(hub, { approve: true });
    const key = keyPem(newKey());
    const body = { claim, request: await certificateRequest('gate-3', key) };
    const ask = async () => {
      const response = await hub.request('/api/v1/enrol', { body, headers: { authorization: '' } });
      return (await response.json()) as { readonly certificate?: string };
    };
    expect(await ask()).not.toHaveProperty('certificate');

    const browser = await startChromium();
    const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
    await page.setViewportSize({ width: 1440, height: 1000 });
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(`${hub.url}/`);
    await page.getByLabel('Token').fill(hub.token);
    await page.getByRole('button', { name: 'Sign in' }).click();

    const box = page.locator('[data-testid=waiting-box][data-device=gate-3]');
    await box.waitFor();
    await shots(page, 'waiting-box');
    const fingerprint = await box.locator('code').textContent();
    await box.getByRole('button', { name: 'Approve' }).click();
    const question = page.getByRole('dialog');
    expect(await question.textContent()).toContain(fingerprint ?? 'no fingerprint');
    await shots(page, 'approve', false);
    await question.getByRole('button', { name: 'Approve' }).click();
    await box.waitFor({ state: 'detached' });
    const issued = await until(async () => (await ask()).certificate, 'the certificate is issued');
    expect(issued).toContain('BEGIN CERTIFICATE');

    await page.goto(`${hub.url}/devices/gate-3`);
    await page.getByRole('button', { name: 'New token' }).click();
    await page.getByRole('button', { name: 'Make a new token' }).click();
    const secret = page.locator('.secret');
    await secret.waitFor();
    expect((await secret.textContent())?.length).toBeGreaterThan(20);
    await shots(page, 'new-token', false);
    await page.getByRole('button', { name: 'I have saved it' }).click();
    const certificate = page.getByTestId('certificate');
    await certificate.waitFor();
    expect(await certificate.textContent()).toMatch(/Ends.*ends in \d+ d/);
    await shots(page, 'device');

    await page.getByRole('button', { name: 'Remove device' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove device' }).click();
    await page.waitForURL(`${hub.url}/`);
    expect((await hub.request('/api/v1/devices/gate-3')).status).toBe(404);
    expect(problems).toEqual([]);
  },
);
