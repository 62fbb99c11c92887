/**
 * Signing in with Chromium: by a real identity provider, with a second factor, and what the audit says of both. A row of it that
 * was edited in the database is named by `vedette-hub audit verify`.
 */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { systemClock } from '../../shared/kit/clock.ts';
import { openSqlite } from '../../shared/kit/sqlite.ts';
import { eventRecord, type TestHub, testDevice, testHub } from '../cloud-hub/support.ts';
import { hasChromium, startChromium } from '../support/chromium.ts';
import { freePort } from '../support/free-port.ts';
import { startIdentityProvider } from '../support/identity-provider.ts';
import { startProgram } from '../support/program.ts';
import { shots } from '../support/shots.ts';
import { built } from '../support/spawn.ts';
import { tempFolder } from '../support/temp.ts';

const dashboard = built('cloud-hub/dashboard');
const PASSWORD = 'correct horse battery';

async function setUp() {
  const port = await freePort();
  const home = `http://127.0.0.1:${port}/`;
  const there = await startIdentityProvider(home);
  const folder = tempFolder();
  const oidcFile = path.join(folder, 'oidc.yaml');
  writeFileSync(path.join(folder, 'oidc.secret'), there.clientSecret);
  writeFileSync(
    oidcFile,
    `issuer: ${there.issuer}\nclientId: ${there.clientId}\nclientSecretFile: oidc.secret\ntitle: Plant account\n`,
  );
  let ahead = 0;
  const wall = () => systemClock.wall() + ahead;
  const hub = await testHub({
    ...{ folder, dashboard, clock: { ...systemClock, wall } },
    config: { httpPort: port, publicUrl: home, oidcFile, secondFactor: 'admins' },
  });
  for (const id of ['cam', 'gate']) {
    const device = await testDevice(hub, id);
    await device.publish('records', { epoch: 'e1', from: 1, to: 1, records: [eventRecord(1, { wall: Date.now() })] });
    await device.nextAck();
    const body = JSON.stringify({ site: id === 'cam' ? 'oslo' : 'berlin' });
    await hub.api(`/devices/${id}/labels`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body });
  }
  const chromium = await startChromium();
  const problems: string[] = [];
  const open = async (address: string) => {
    const page = await (await chromium.newContext({ viewport: { width: 1440, height: 1000 } })).newPage();
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(address);
    return page;
  };
  const move = (ms: number) => {
    ahead += ms;
  };
  return { hub, there, folder, open, problems, wall, move };
}

async function invited(hub: TestHub, body: Record<string, unknown>): Promise<string> {
  const made = (await (await hub.post('/users', body)).json()) as { invitation: string };
  return `${hub.url}/#invite=${made.invitation}`;
}

/** The form of the provider. */
async function signInThere(page: Page, account: string): Promise<void> {
  await page.getByLabel('Account').fill(account);
  await page.getByRole('button', { name: 'Continue' }).click();
}

const canRun = hasChromium && existsSync(path.join(dashboard, 'index.html'));

test.skipIf(!canRun)(
  'a viewer of one group comes by the identity provider, to the page that he wanted, and signs out in both places',
  { timeout: 240_000 },
  async () => {
    const { hub, there, open, problems } = await setUp();
    there.people.set('person-7', { preferred_username: 'Ann' });
    there.people.set('person-8', { preferred_username: 'Eve' });
    const page = await open(await invited(hub, { name: 'ann', role: 'viewer', scope: { site: 'berlin' } }));
    await page.getByRole('button', { name: 'Sign in with Plant account' }).waitFor();
    await shots(page, 'join-provider');
    await page.getByRole('button', { name: 'Sign in with Plant account' }).click();
    await signInThere(page, 'person-7');
    await page.locator('[data-testid=device][data-id=gate]').waitFor();
    expect(await page.locator('[data-testid=device]').count()).toBe(1);
    expect(new URL(page.url()).hash).toBe('');
    await page.goto(`${hub.url}/devices/cam`);
    await page.getByRole('heading', { name: 'There is no device "cam"' }).waitFor();
    // He changes nothing: neither by a button nor by a request of his page.
    await page.goto(`${hub.url}/devices/gate`);
    await page.getByRole('heading', { name: 'gate' }).waitFor();
    const put = `fetch('/api/v1/devices/gate/labels', { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"site":"x"}' }).then((answer) => answer.status)`;
    expect(await page.evaluate(put)).toBe(403);
    await page.getByRole('link', { name: 'Access' }).click();
    await page.getByTestId('session').getByText('by the identity provider').waitFor();
    await page.getByTestId('provider-on').waitFor();
    expect(await page.getByRole('heading', { name: 'Your password' }).count()).toBe(0);
    await shots(page, 'sessions-provider');

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('perhaps still signed in at Plant account').waitFor();
    await shots(page, 'signed-out-provider');
    await page.getByRole('link', { name: 'Sign out there too' }).click();
    await page.waitForURL(`${there.issuer}/**`);
    await page.getByRole('button').first().click();
    await page.waitForURL(`${hub.url}/**`);

    // Back to the page that was asked for, through both sites.
    await page.goto(`${hub.url}/devices/gate`);
    await page.getByRole('button', { name: 'Sign in with Plant account' }).click();
    await signInThere(page, 'person-7');
    await page.waitForURL(`${hub.url}/devices/gate`);
    await page.getByRole('heading', { name: 'gate' }).waitFor();

    const eve = await open(hub.url);
    await eve.getByRole('button', { name: 'Sign in with Plant account' }).click();
    await signInThere(eve, 'person-8');
    await eve.getByText('Your account is not known here').waitFor();
    expect(eve.url()).toBe(`${hub.url}/`);
    await shots(eve, 'not-invited');
    expect(problems).toEqual([]);
  },
);

test.skipIf(!canRun)(
  'an admin sets up a second factor before anything else, signs in with it; the audit tells it, and an edit of it is named',
  { timeout: 240_000 },
  async () => {
    const { hub, folder, open, problems, wall, move } = await setUp();
    const page = await open(await invited(hub, { name: 'boss', role: 'admin' }));
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Choose the password and sign in' }).click();
    await page.getByText('Your role needs a second factor').waitFor();
    await shots(page, 'enrol');
    expect(await page.evaluate("fetch('/api/v1/users').then((answer) => answer.status)")).toBe(403);
    await page.getByLabel('Your password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Set up a second factor' }).click();
    const shown = (await page.getByTestId('factor-secret').textContent()) ?? '';
    const phone = new TOTP({ secret: Secret.fromBase32(shown.replaceAll(/\s/g, '')), digits: 6, period: 30 });
    const code = () => phone.generate({ timestamp: wall() });
    await shots(page, 'enrol-qr');
    await page.getByLabel('Code', { exact: true }).fill('000000');
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByRole('alert').getByText('the code is not right').waitFor();
    await page.getByLabel('Code', { exact: true }).fill(code());
    await page.getByRole('button', { name: 'Confirm' }).click();
    const recovery = ((await page.getByTestId('recovery-codes').textContent()) ?? '').trim().split('\n');
    expect(recovery).toHaveLength(10);
    await shots(page, 'recovery-codes');
    await page.getByRole('button', { name: 'I have saved them' }).click();
    await page.locator('[data-testid=device][data-id=cam]').waitFor();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Name').fill('boss');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByLabel('Code', { exact: true }).waitFor();
    await shots(page, 'sign-in-code');
    await page.getByLabel('Code', { exact: true }).fill('123456');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('alert').getByText('the code is not right').waitFor();
    move(30_000);
    await page.getByLabel('Code', { exact: true }).fill(code());
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('link', { name: 'Access' }).click();
    await page.getByTestId('user').getByText('has a second factor').waitFor();
    await shots(page, 'users-factor');
    await page.getByRole('link', { name: 'Sessions' }).click();
    await page.getByTestId('factor-on').getByText('10 recovery codes are left').waitFor();
    await page.getByTestId('session').getByText('by password and code').waitFor();
    await shots(page, 'sessions-factor');

    await page.getByRole('link', { name: 'Audit' }).click();
    const entries = page.getByTestId('audit-entry');
    await entries.filter({ hasText: 'by: second-factor' }).first().waitFor();
    await entries.filter({ hasText: 'second-factor.refuse' }).first().waitFor();
    const database = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'FULL' });
    const row = database.prepare("SELECT id FROM audit WHERE action = 'second-factor.refuse'").pluck().get();
    database.exec("DROP TRIGGER audit_no_update; UPDATE audit SET actor = 'eve' WHERE action = 'second-factor.refuse'");
    database.close();
    const verify = startProgram('cloud-hub/main.js', ['audit', 'verify', '--data-dir', folder], { cwd: folder });
    expect(await verify.ended).toMatchObject({ code: 1, stdout: expect.stringContaining(`entry ${String(row)}:`) });

    const access = ['--url', hub.url, '--token-file', hub.hub.adminToken.file];
    const run = (...args: string[]) =>
      startProgram('cloud-hub/main.js', ['user', ...args, ...access], { cwd: folder }).ended;
    expect((await run('list')).stdout).toContain('boss\tadmin\tactive\tevery device\tsecond factor');
    expect((await run('reset-second-factor', 'boss')).code).toBe(0);
    await page.getByLabel('Name').waitFor();
    await page.getByLabel('Name').fill('boss');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText('Your role needs a second factor').waitFor();
    expect(problems).toEqual([]);
  },
);
