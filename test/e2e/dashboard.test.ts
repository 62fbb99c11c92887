/** The life of a model in the browser, against a hub with devices over real MQTT: upload, roll out, watch, abort, look why. */
import { existsSync, truncateSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import type { DesiredModel } from '../../shared/contract/messages/desired.ts';
import type { ModelReport } from '../../shared/contract/messages/model-report.ts';
import { archiveOf, Owner } from '../cloud-hub/registry/package.ts';
import { failsBy, rolloutDevice, serves } from '../cloud-hub/rollout/device.ts';
import { shadowOf } from '../cloud-hub/rollout/fleet.ts';
import { type TestHub, testHub } from '../cloud-hub/support.ts';
import { hasChromium, startChromium } from '../support/chromium.ts';
import { shots } from '../support/shots.ts';
import { built } from '../support/spawn.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

const dashboard = built('cloud-hub/dashboard');
const FLEET = 24;

const underWay =
  (phase: 'downloading' | 'proving' | 'shadowing') =>
  (model: DesiredModel): ModelReport => {
    const { name, version, digest } = model;
    const shadow = phase === 'shadowing' ? { shadow: shadowOf({ frames: 80 }) } : {};
    const { active } = serves({ ...model, version: '1.0.0', digest: `sha256:${'0'.repeat(64)}` });
    return {
      ...(active ? { active } : {}),
      candidate: { name, version, digest, phase, progress: 0.4, ...shadow },
      failures: [],
    };
  };

/** Of the second version: the first three that are asked serve, the others are caught at every step. */
const fates = [
  serves,
  serves,
  serves,
  failsBy('proof', 'golden/000.png: a box of "person" at score 0.91 was expected, and none came'),
  serves,
  underWay('downloading'),
  underWay('proving'),
  underWay('shadowing'),
];

test.skipIf(!hasChromium || !existsSync(path.join(dashboard, 'index.html')))(
  'a model is uploaded, rolled out and watched in the dashboard, and a device that failed says why',
  { timeout: 240_000 },
  async () => {
    const hub = await testHub({ dashboard });
    const [first, second] = [await archiveOf('1.0.0'), await archiveOf('2.0.0')];
    let asked = 0;
    for (let n = 1; n <= FLEET; n++) {
      const id = `gate-${String(n).padStart(2, '0')}`;
      await rolloutDevice(hub, id, (model) => {
        const fate = model.version === '1.0.0' ? serves : fates[asked++ % fates.length];
        return (fate ?? serves)(model);
      });
      if (n > 4) await hub.api(`/devices/${id}/labels`, labelsOf({ site: 'berlin' }));
    }
    const owner = await Owner.of(hub);

    const page = await (await startChromium()).newPage({ viewport: { width: 1440, height: 1000 } });
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(`${hub.url}/models`);
    await page.getByLabel('Token').fill(hub.token);
    await page.getByRole('button', { name: 'Sign in' }).click();

    // A file that is no package is refused with the hub's own words.
    const file = page.getByTestId('upload-file');
    await file.setInputFiles({ name: 'cat.tar.gz', mimeType: 'application/gzip', buffer: Buffer.from('a cat') });
    const upload = page.getByTestId('upload');
    await page.locator('[data-testid=upload][data-state=failed]').waitFor();
    expect(await upload.textContent()).toMatch(/cat\.tar\.gz was not registered: .*(gzip|archive|tar)/i);
    await shots(page, 'models-refused', false);
    // So is one that the hub will not read to its end.
    const busy = await Promise.all([unendingUpload(hub), unendingUpload(hub)]);
    await file.setInputFiles(largeFile());
    await until(
      async () => (await upload.textContent())?.includes('large.tar.gz was not registered'),
      'the refusal',
      60_000,
    );
    expect(await upload.textContent()).toContain('2 uploads are under way');
    for (const end of busy) end();
    for (const { version, bytes } of [first, second]) {
      const name = `bright-${version}.tar.gz`;
      await until(async () => {
        if (version === '1.0.0') await file.setInputFiles({ name, mimeType: 'application/gzip', buffer: bytes });
        else await drop(page, name, bytes);
        await page.locator('[data-testid=upload]:not([data-state=sending])').waitFor();
        return (await upload.getAttribute('data-state')) === 'done';
      }, 'the hub has room for another upload');
      await page.locator(`[data-testid=model][data-name="bright@${version}"]`).waitFor();
    }
    await page.getByRole('button', { name: 'Aliases of bright@1.0.0' }).click();
    await page.getByLabel('Point an alias').fill('stable');
    await page.getByRole('button', { name: 'Set the alias' }).click();
    const versionOne = page.locator('[data-testid=model][data-name="bright@1.0.0"]');
    await versionOne.getByText('stable').waitFor();
    expect(await versionOne.getByText('not signed').isVisible()).toBe(true);
    await owner.sign([first, second]);
    await page.reload();
    await versionOne.getByText('✓ signed').waitFor();

    // The first version goes to everybody.
    await versionOne.getByRole('link', { name: 'Roll out…' }).click();
    await page.getByLabel('Runs as').fill('detector');
    await page.locator('input[name=size-0]').fill('many');
    await page.getByRole('button', { name: 'Dry run' }).click();
    await page.getByText('must be a share such as 10%, or a number of devices').waitFor();
    await page.locator('input[name=size-0]').fill('1');
    for (const wave of [0, 1, 2]) await page.locator(`input[name=soak-${wave}]`).fill('0');
    await page.getByRole('button', { name: 'Dry run' }).click();
    await page.getByTestId('preview').getByText('24 devices').waitFor();
    await shots(page, 'rollout-new');
    await page.getByRole('button', { name: 'Start the rollout' }).click();
    await page.getByTestId('wave').nth(3).waitFor();
    expect(await page.getByTestId('wave').count()).toBe(4);
    // Nobody reloads: the feed brings the rest.
    await page.locator('[data-testid=rollout-status][data-state=done]').waitFor({ timeout: 60_000 });
    await until(async () => (await squares(page, 'serving')) === FLEET, 'every device serves');
    await page.locator('[data-testid=decision][data-action=done]').waitFor();
    await page.locator('[data-testid=gate][data-gate=agreement][data-state=ok]').waitFor();
    await shots(page, 'rollout-done', false);

    // The second meets problem on the way, and is aborted.
    await page.goto(`${hub.url}/rollouts?create=bright%402.0.0`);
    await page.getByLabel('Only devices with these labels').fill('site=berlin');
    await until(async () => (await page.getByLabel('Runs as').inputValue()) === 'detector', 'the entry of the fleet');
    const waves = ['3', '80%', '100%'];
    await page.getByRole('button', { name: 'Remove wave 1' }).click();
    for (const [wave, size] of waves.entries()) await page.locator(`input[name=size-${wave}]`).fill(size);
    await page.locator('input[name=soak-0]').fill('0.2');
    await page.getByLabel('Failed devices, at most').fill('50');
    await page.getByRole('button', { name: 'Start the rollout' }).click();
    await page.getByTestId('soak').waitFor();
    await shots(page, 'rollout-soaking', false);
    await until(async () => (await squares(page, 'failed')) >= 2, 'devices have failed', 60_000);
    expect(await squares(page, 'excluded')).toBe(4);
    for (const state of ['waiting', 'downloading', 'proving', 'shadow', 'serving'])
      await until(async () => (await squares(page, state)) > 0, state);
    const failed = page.getByTestId('failed-device').first();
    expect(await failed.textContent()).toContain('proof: golden/000.png');
    await shots(page, 'rollout-running');
    await page.getByRole('button', { name: 'Pause…' }).click();
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.locator('[data-testid=rollout-status][data-state=paused]').waitFor();
    await page
      .locator('[data-testid=decision][data-action=paused]')
      .getByText('by admin', { exact: false })
      .first()
      .waitFor();

    // The device itself says at which stage it failed, and what it runs instead.
    const address = page.url();
    await failed.getByRole('link').click();
    const failure = page.locator('[data-testid=model-failure][data-stage=proof]');
    await failure.waitFor();
    expect(await failure.textContent()).toContain('bright@2.0.0 failed at the proof stage: golden/000.png');
    expect(await page.locator('[data-testid=slot][data-slot=active]').textContent()).toContain('factory@1.0.0');
    await shots(page, 'device');
    await page.goto(address);
    await page.getByRole('button', { name: 'Resume…' }).click();
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await page.locator('[data-testid=rollout-status][data-state=running]').waitFor();
    await page.getByRole('button', { name: 'Abort…' }).click();
    await shots(page, 'rollout-abort', false);
    await page.getByRole('button', { name: 'Abort and roll back' }).click();
    await page.locator('[data-testid=rollout-status][data-state=aborted]').waitFor();
    await until(async () => (await squares(page, 'rolled-back')) > 0, 'devices are rolled back');
    await shots(page, 'rollout-aborted', false);

    await page.goto(`${hub.url}/rollouts`);
    await page.locator('[data-testid=rollout][data-state=aborted]').waitFor();
    expect(await page.getByTestId('rollout').count()).toBe(2);
    await shots(page, 'rollouts');
    await page.goto(`${hub.url}/models`);
    await versionOne.getByText('active on').waitFor();
    await shots(page, 'models');
    expect(problems).toEqual([]);
  },
);

/** An upload of which the hub waits for the rest; the function given back ends it. */
async function unendingUpload(hub: TestHub): Promise<() => void> {
  const headers = { authorization: `Bearer ${hub.token}`, 'content-type': 'application/gzip' };
  const upload = request(`${hub.url}/api/v1/models`, { method: 'POST', headers });
  upload.on('error', () => undefined);
  await new Promise<void>((resolve) => upload.write(Buffer.alloc(1000), () => resolve()));
  onTestFinished(() => void upload.destroy());
  return () => upload.destroy();
}

/** Larger than what a socket swallows by itself. */
function largeFile(): string {
  const file = path.join(tempFolder(), 'large.tar.gz');
  writeFileSync(file, '');
  truncateSync(file, 64 * 1024 ** 2);
  return file;
}

/** As dragged out of a file manager. */
async function drop(page: Page, name: string, bytes: Buffer): Promise<void> {
  const dataTransfer = await page.evaluateHandle(`(() => {
    const transfer = new DataTransfer();
    const bytes = Uint8Array.from(atob('${bytes.toString('base64')}'), (c) => c.charCodeAt(0));
    transfer.items.add(new File([bytes], '${name}'));
    return transfer;
  })()`);
  await page.getByRole('region', { name: 'Upload a model package' }).dispatchEvent('drop', { dataTransfer });
}

function labelsOf(labels: Record<string, string>): RequestInit {
  return { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(labels) };
}

const squares = (page: Page, state: string) => page.locator(`[data-testid=square][data-state=${state}]`).count();
