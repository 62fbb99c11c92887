/** Sharing in the browser: an admin invites a person for one group, who chooses a password, sees that group alone, and is removed. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { eventRecord, testDevice, testHub } from '../cloud-hub/support.ts';
import { hasChromium, startChromium } from '../support/chromium.ts';
import { shots } from '../support/shots.ts';
import { built } from '../support/spawn.ts';

const dashboard = built('cloud-hub/dashboard');
const PASSWORD = 'correct horse battery';

test.skipIf(!hasChromium || !existsSync(path.join(dashboard, 'index.html')))(
  'a viewer of one group is invited, sees that group and changes nothing, and is signed out when he is removed',
  { timeout: 240_000 },
  async () => {
    const hub = await testHub({ dashboard });
    for (const id of ['cam', 'gate']) {
      const device = await testDevice(hub, id);
      await device.publish('records', { epoch: 'e1', from: 1, to: 1, records: [eventRecord(1, { wall: Date.now() })] });
      await device.nextAck();
    }
    const labels = { method: 'PUT', headers: { 'content-type': 'application/json' } };
    await hub.api('/devices/cam/labels', { ...labels, body: JSON.stringify({ site: 'oslo' }) });
    await hub.api('/devices/gate/labels', { ...labels, body: JSON.stringify({ site: 'berlin' }) });

    const chromium = await startChromium();
    const problems: string[] = [];
    const open = async (address: string) => {
      const page = await (await chromium.newContext({ viewport: { width: 1440, height: 1000 } })).newPage();
      page.on('pageerror', (error) => problems.push(String(error)));
      await page.goto(address);
      return page;
    };
    const admin = await open(hub.url);
    await shots(admin, 'sign-in');
    await admin.getByLabel('Token').fill(hub.token);
    await admin.getByRole('button', { name: 'Sign in' }).click();
    await admin.getByRole('link', { name: 'Access' }).click();
    await admin.getByRole('button', { name: 'Invite…' }).click();
    await admin.getByLabel('Name').fill('ann');
    await admin.getByLabel('Only devices with these labels').fill('berlin');
    await admin.getByRole('button', { name: 'Invite', exact: true }).click();
    await admin.getByRole('alert').getByText('must be a label such as site=berlin').waitFor();
    await admin.getByLabel('Only devices with these labels').fill('site=berlin');
    await admin.getByRole('button', { name: 'Invite', exact: true }).click();
    const link = (await admin.getByTestId('invite-link').textContent())?.trim() ?? '';
    expect(link).toMatch(new RegExp(`^${hub.url}/#invite=[\\w-]{43}$`));
    await admin.getByRole('button', { name: 'Done' }).click();
    await admin.locator('[data-testid=user][data-state=invited]').getByText('site=berlin').waitFor();
    await shots(admin, 'users');

    const ann = await open(link);
    // The address bar gets copied and filmed.
    expect(ann.url()).not.toContain('invite');
    await ann.getByLabel('Password').fill(PASSWORD);
    await shots(ann, 'join', false);
    await ann.getByRole('button', { name: 'Choose the password and sign in' }).click();
    await ann.locator('[data-testid=device][data-id=gate]').waitFor();
    expect(await ann.locator('[data-testid=device]').count()).toBe(1);
    for (const name of ['Models', 'Rollouts', 'Hybrid'])
      expect(await ann.getByRole('link', { name }).count(), name).toBe(0);
    // Of alerts she has those of her group and her own browsers; rules and channels are about all devices.
    await ann.getByRole('link', { name: 'Alerts' }).click();
    await ann.getByText('No browser gets notifications yet.').waitFor();
    expect(await ann.getByRole('heading', { level: 2 }).allTextContents()).toEqual(['Firing now', 'Browsers']);
    await shots(ann, 'scoped-alerts', false);
    await ann.getByRole('link', { name: 'Events' }).click();
    await ann.getByTestId('event').first().waitFor();
    expect(await ann.getByTestId('event').count()).toBe(1);
    await ann.goto(`${hub.url}/devices/gate`);
    await ann.getByRole('heading', { name: 'gate' }).waitFor();
    await shots(ann, 'scoped-device', false);
    await ann.goto(`${hub.url}/devices/cam`);
    await ann.getByRole('heading', { name: 'There is no device "cam"' }).waitFor();
    await ann.getByRole('button', { name: 'Sign out' }).click();
    await ann.getByLabel('Name').fill('ann');
    await ann.getByLabel('Password').fill('not this one');
    await ann.getByRole('button', { name: 'Sign in' }).click();
    await ann.getByText('name or password is not right').waitFor();
    await ann.getByLabel('Password').fill(PASSWORD);
    await ann.getByRole('button', { name: 'Sign in' }).click();
    await ann.getByRole('link', { name: 'Access' }).click();
    await ann.locator('[data-testid=session][data-current=true]').waitFor();
    await shots(ann, 'own-sessions');

    await admin.getByRole('link', { name: 'Tokens' }).click();
    await admin.getByRole('button', { name: 'New token…' }).click();
    await admin.getByLabel('Name').fill('grafana');
    await admin.getByLabel('Ends after').fill('30');
    await admin.getByRole('button', { name: 'Make the token' }).click();
    expect(await admin.getByTestId('new-token').textContent()).toMatch(/^\s*[\w-]{43}\s*$/);
    await admin.getByRole('button', { name: 'I have saved it' }).click();
    await admin.getByTestId('token').getByText('grafana').waitFor();
    await shots(admin, 'tokens', false);

    await admin.getByRole('link', { name: 'Users' }).click();
    // Somebody else is quicker: nothing is written over.
    await admin.getByTestId('user').getByRole('button', { name: 'Change…' }).click();
    await admin.getByRole('button', { name: 'Change', exact: true }).waitFor();
    await hub.api('/users/ann', { ...labels, body: JSON.stringify({ role: 'viewer', scope: { site: 'oslo' } }) });
    await admin.getByRole('button', { name: 'Change', exact: true }).click();
    await admin.getByRole('alert').getByText('somebody has changed it meanwhile').waitFor();
    await shots(admin, 'changed-meanwhile');
    await admin.keyboard.press('Escape');
    await admin.getByTestId('user').getByText('site=oslo').waitFor();
    await admin.getByTestId('user').getByRole('button', { name: 'Remove…' }).click();
    await admin.getByRole('button', { name: 'Remove', exact: true }).click();
    await admin.getByText('Nobody was invited yet').waitFor();
    await ann.getByLabel('Token').waitFor();
    expect(problems).toEqual([]);
  },
);
