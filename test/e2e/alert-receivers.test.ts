/**
 * An operator makes three channels in the browser (webhook, mail, this browser) and a rule on a line's event, and an event comes: the
 * webhook's signature, the picture in the mail, and the notification of the browser are looked at by receivers that are real. The
 * push service of Chromium is out of reach of a test: one written from the RFCs stands in for it, and what it decrypts is
 * delivered to the service worker as Chromium would.
 */
import { createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { connectAsync } from 'mqtt';
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { topicOf } from '../../shared/contract/channels.ts';
import { encode } from '../../shared/contract/codec.ts';
import { pushService } from '../cloud-hub/alerts/push-service.ts';
import { receiver } from '../cloud-hub/alerts/receiver.ts';
import { sink } from '../cloud-hub/alerts/smtp-sink.ts';
import { eventRecord, jpeg, snapshotOf } from '../cloud-hub/support.ts';
import { hasChromium, startChromium } from '../support/chromium.ts';
import { createHubProgram, type HubProgram } from '../support/hub-program.ts';
import { shots } from '../support/shots.ts';
import { built } from '../support/spawn.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

const SECRET = 'a secret of the test';
const dashboard = built('cloud-hub/dashboard');

/** A line's event with its picture, from a device. */
async function crossing(hub: HubProgram, seq: number): Promise<void> {
  const { token } = z.object({ token: z.string() }).parse(await hub.api('/devices', { id: 'gate' }));
  const options = { username: 'gate', password: token, clientId: 'gate', protocolVersion: 4 as const };
  const client = await connectAsync(`mqtt://127.0.0.1:${hub.mqttPort()}`, options);
  onTestFinished(() => void client.end(true));
  const line = { rule: 'fence', ruleKind: 'line', action: 'forward', wall: Date.now(), snapshot: snapshotOf(jpeg) };
  const records = [eventRecord(seq, line)];
  await client.publishAsync(topicOf('gate', 'records'), encode({ epoch: 'e1', from: seq, to: seq, records }), {
    qos: 1,
  });
}

/** A channel, filled in as a person would: fields by their labels. */
async function makeChannel(page: Page, name: string, kind: string, fields: Readonly<Record<string, string>>) {
  await page.getByRole('button', { name: 'New channel…' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Kind').selectOption(kind);
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value);
  await page.getByRole('button', { name: 'Make the channel' }).click();
  await page.locator(`[data-testid=alert-channel][data-name=${name}]`).waitFor();
}

const shown = z.array(z.object({ title: z.string(), body: z.string(), tag: z.string() }));
/** What the service worker shows. */
const shownBy = async (page: Page) =>
  shown.parse(
    await page.evaluate(`navigator.serviceWorker.ready
      .then((worker) => worker.getNotifications())
      .then((all) => all.map(({ title, body, tag }) => ({ title, body, tag })))`),
  );

test.skipIf(!hasChromium || !existsSync(path.join(dashboard, 'index.html')))(
  'webhook, mail and browser get a line’s event and a test; it is silenced, and acknowledged by the link of the mail',
  { timeout: 240_000 },
  async () => {
    let key = '';
    const service = await pushService(tempFolder(), () => key);
    const { url, get } = await receiver();
    const { port, mails } = await sink();
    const folder = tempFolder();
    const base = 'http://localhost:9/';
    const hub = createHubProgram(folder, ['--alert-networks', '127.0.0.1', '--public-url', base], {
      NODE_EXTRA_CA_CERTS: service.caFile,
    });
    onTestFinished(() => hub.kill());
    await hub.start();
    // A public address has to be the one that the browser sees: the hub is started again with its own port in it.
    await hub.stop();
    const origin = `http://localhost:${hub.httpPort()}`;
    const own = createHubProgram(
      folder,
      ['--alert-networks', '127.0.0.1', '--public-url', `${origin}/`, '--http-port', `${hub.httpPort()}`],
      { NODE_EXTRA_CA_CERTS: service.caFile },
    );
    onTestFinished(() => own.kill());
    await own.start();
    ({ key } = z.object({ key: z.string() }).parse(await own.api('/push-key')));
    const { code } = z.object({ code: z.string() }).parse(await own.api('/sign-in-codes', {}));

    const browser = await startChromium();
    const context = await browser.newContext({ viewport: { width: 1440, height: 1000 } });
    await context.grantPermissions(['notifications'], { origin });
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    // Only what asks Google's push service is replaced; worker, permission and all that follows are the browser's own.
    const given = JSON.stringify(service.subscribe('/chromium'));
    await page.addInitScript(`
      PushManager.prototype.getSubscription = async () => null;
      PushManager.prototype.subscribe = async () => ({ toJSON: () => (${given}) });
    `);
    await page.goto(`${origin}/alerts#code=${code}`);
    await page.getByRole('button', { name: 'Notify this browser' }).click();
    await page.getByTestId('browser').getByText('Chrome on Linux').waitFor();

    await makeChannel(page, 'hook', 'webhook', { Address: url, 'Secret (may be empty)': SECRET });
    await makeChannel(page, 'mail', 'email', {
      ...{ 'Mail server': '127.0.0.1', 'Port (empty: 587)': String(port) },
      'Security: starttls, tls or none (empty: starttls)': 'none',
      ...{ Sender: 'hub@example.com', 'Receivers, with commas between': 'ann@example.com' },
    });
    await makeChannel(page, 'screens', 'push', {});
    for (const name of ['hook', 'mail', 'screens']) {
      const row = page.locator(`[data-testid=alert-channel][data-name=${name}]`);
      await row.getByRole('button', { name: 'Test' }).click();
      await row.getByText(/^Arrived after \d+ ms\.$/).waitFor();
    }
    const signed = ({ headers, text }: Awaited<ReturnType<typeof get>>[number]) => {
      const [, seconds, hex] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['vedette-signature'])) ?? [];
      return createHmac('sha256', SECRET).update(`${seconds}.${text}`).digest('hex') === hex;
    };
    expect((await get(1)).every(signed)).toBe(true);
    expect(mails[0]?.text).toMatch(/^subject: Test of channel mail/im);

    await page.getByRole('button', { name: 'New rule…' }).click();
    await page.getByLabel('Name').fill('line');
    await page.getByLabel('Of the rule').fill('fence');
    await page.getByLabel('Tell', { exact: true }).selectOption('hook');
    await page.getByLabel('If nobody acknowledges').selectOption('mail');
    await page.getByLabel('After').fill('0.05');
    await shots(page, 'alert-rule', false);
    await page.getByRole('button', { name: 'Make the rule' }).click();
    await page.getByTestId('alert-rule').getByText('not acknowledged: after 3 s → mail').waitFor();
    // The dialog tells one channel; the API tells several.
    const rule = { condition: { kind: 'event', rule: 'fence' }, channels: ['hook', 'screens'], everyS: 0 };
    await own.put('/alert-rules/line', { ...rule, steps: [{ afterS: 3, channels: ['mail'] }] });

    await crossing(own, 1);
    await get(2);
    const [, event] = await get(2);
    expect(event && signed(event)).toBe(true);
    const [, pushed] = await service.get(2);
    expect(service.broken).toEqual([]);
    // As Chromium's push service would, with what the hub encrypted for this browser.
    const devtools = await context.newCDPSession(page);
    const registrationId = await new Promise<string>((resolve) => {
      devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations: [one] }) => {
        if (one) resolve(one.registrationId);
      });
      void devtools.send('ServiceWorker.enable');
    });
    const deliver = (data: string) =>
      devtools.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data });
    const first = await until(async () => {
      const [shown] = await shownBy(page);
      // The browser drops a message that comes before its worker has begun. One that comes twice is shown once.
      if (!shown) await deliver(pushed?.text ?? '');
      return shown;
    }, 'the notification of the browser');
    expect(first).toMatchObject({ title: 'line: gate/door', body: expect.stringContaining('person forward (fence)') });
    // A repeat replaces it; what cannot be read is shown as such.
    await deliver(pushed?.text ?? '');
    await deliver('garbage');
    await until(async () => (await shownBy(page)).length === 2, 'the second notification');

    // Nobody acknowledges: the mail comes, with the picture and a link.
    await until(() => mails.length > 1, 'the mail of the step');
    const mail = mails[1]?.text.replaceAll('=\r\n', '').replaceAll('=3D', '=') ?? '';
    expect(mail).toMatch(/^subject: line: gate\/door \(not acknowledged\)/im);
    expect(mails[1]?.text).toContain(jpeg.toString('base64'));
    await page.getByTestId('alert').getByText('nobody has acknowledged it: step 1 was told').waitFor();
    await page.locator('[data-testid=delivery][data-state=delivered]').nth(2).waitFor();
    await shots(page, 'alert-receivers');

    const link = /https?:\S+#acknowledge=\S+/.exec(mail)?.[0] ?? '';
    const stranger = await (await browser.newContext()).newPage();
    await stranger.goto(link);
    await stranger.getByRole('button', { name: 'I take care of it' }).waitFor();
    expect(new URL(stranger.url()).hash).toBe('');
    await shots(stranger, 'alert-acknowledge');
    await stranger.getByRole('button', { name: 'I take care of it' }).click();
    await stranger.getByText(/You take care of it \(rule line, alerts: 1\)/).waitFor();
    await page.getByTestId('alert').getByText('link:mail takes care of it').waitFor();

    await page.getByRole('button', { name: 'New silence…' }).click();
    await page.getByLabel('For').selectOption('weekly');
    for (const day of ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']) await page.getByLabel(day).check();
    await page.getByLabel('From').fill('00:00');
    await page.getByLabel('To', { exact: true }).fill('24:00');
    await page.getByRole('button', { name: 'Silence', exact: true }).click();
    await page.getByRole('alert').getByText('"24:00" is no time of day').waitFor();
    await page.getByLabel('To', { exact: true }).fill('00:00');
    await shots(page, 'alert-window', false);
    await page.getByRole('button', { name: 'Silence', exact: true }).click();
    await page.locator('[data-testid=silence][data-state=active]').getByText('* 0-23 * * *').waitFor();
    await page.locator('[data-testid=alert][data-state=silenced]').waitFor();
    await page.setViewportSize({ width: 360, height: 800 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    expect(problems).toEqual([]);
  },
);
