/** What the fleet's page says of boxes and devices: who waits to be let in, whose certificate ends soon, and which versions run. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { MqttClient } from 'mqtt';
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { topicOf } from '../../shared/contract/channels.ts';
import { encode } from '../../shared/contract/codec.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { certificateRequest, keyPem, newKey } from '../../shared/pki/keys.ts';
import { reportOf } from '../cloud-hub/rollout/reports.ts';
import { hasChromium, startChromium } from '../support/chromium.ts';
import { enrolled, newClaim, type SecureHub, secureHub } from '../support/secure-hub.ts';
import { shots } from '../support/shots.ts';
import { built } from '../support/spawn.ts';

const dashboard = built('cloud-hub/dashboard');
const DAY_MS = 86_400_000;

/** A device that says which version it runs. */
async function deviceWith(hub: SecureHub, name: string, version: string): Promise<void> {
  const stream = await hub.mqtt('mqtts', await enrolled(hub, name));
  const client = new MqttClient(() => stream, { clientId: name, reconnectPeriod: 0 });
  onTestFinished(() => void client.end(true));
  await once(client as unknown as NodeJS.EventEmitter, 'connect');
  const report = { ...reportOf(undefined, undefined), version };
  await client.publishAsync(topicOf(name, 'report'), encode(report), { qos: 1, retain: true });
}

const shownDevices = (page: Page) =>
  page.getByTestId('device').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-id')));

test.skipIf(!hasChromium || !existsSync(path.join(dashboard, 'index.html')))(
  'who waits, whose certificate ends soon, and the versions, each of which can be chosen',
  { timeout: 120_000 },
  async () => {
    const shift = { ms: -25 * DAY_MS };
    const hub = await secureHub({ dashboard, clock: { ...systemClock, wall: () => systemClock.wall() + shift.ms } });
    await enrolled(hub, 'lobby');
    shift.ms = 0;
    for (const [name, version] of [
      ['gate-1', '0.2.0'],
      ['gate-2', '0.2.0'],
      ['yard', '0.1.0'],
    ] as const)
      await deviceWith(hub, name, version);
    const claim = await newClaim(hub, { approve: true });
    const body = { claim, request: await certificateRequest('gate-3', keyPem(newKey())) };
    expect((await hub.request('/api/v1/enrol', { body, headers: { authorization: '' } })).ok).toBe(true);

    const browser = await startChromium();
    const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
    await page.setViewportSize({ width: 1440, height: 1000 });
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(`${hub.url}/`);
    await page.getByLabel('Token').fill(hub.token);
    await page.getByRole('button', { name: 'Sign in' }).click();

    await page.locator('[data-testid=waiting-box][data-device=gate-3]').waitFor();
    const ending = page.getByTestId('ending-certificates').locator('li');
    await ending.first().waitFor();
    expect(await ending.allTextContents()).toEqual([expect.stringMatching(/^lobby\s*ends in [45] d/)]);

    const versions = page.getByTestId('versions');
    await versions.getByRole('button', { name: '0.2.0 2' }).waitFor();
    await shots(page, 'fleet');
    await versions.getByRole('button', { name: '0.2.0 2' }).click();
    expect(await shownDevices(page)).toEqual(['gate-1', 'gate-2']);
    await versions.getByRole('button', { name: '0.1.0 1' }).click();
    expect(await shownDevices(page)).toEqual(['yard']);
    await versions.getByRole('button', { name: '0.1.0 1' }).click();
    expect(await shownDevices(page)).toEqual(['gate-1', 'gate-2', 'lobby', 'yard']);
    expect(problems).toEqual([]);
  },
);
