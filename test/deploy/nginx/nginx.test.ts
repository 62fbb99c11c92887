/** The site of deploy/nginx in a real nginx: the hub below a path, with TLS taken off in front of it. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { type RequestOptions, request } from 'node:https';
import path from 'node:path';
import { connectAsync } from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { archiveOf } from '../../cloud-hub/registry/package.ts';
import { addDevice, type TestHub, testHub } from '../../cloud-hub/support.ts';
import { builtFile } from '../../support/built.ts';
import { hasChromium, startChromium } from '../../support/chromium.ts';
import { freePort } from '../../support/free-port.ts';
import { hasNginx, startNginx, withoutNginx } from '../../support/nginx.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

const dashboard = builtFile('cloud-hub/dashboard');
const isBuilt = existsSync(path.join(dashboard, 'index.html'));
const siteFile = path.join(import.meta.dirname, '../../../deploy/nginx/vedette.conf');

interface Behind {
  readonly hub: TestHub;
  /** Scheme, host and port of the proxy. */
  readonly origin: string;
  ask(target: string, options?: RequestOptions & { body?: string | Buffer }): Promise<Answer>;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

async function behind(change: (site: string) => string = (site) => site): Promise<Behind> {
  const port = await freePort();
  const origin = `https://localhost:${port}`;
  const hub = await testHub({
    dashboard,
    config: { publicUrl: `${origin}/vedette/`, trustProxy: '127.0.0.1' as never },
  });
  const folder = tempFolder();
  const [cert, key] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const files = ['-keyout', key, '-out', cert, '-days', '2'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', ...files, ...subject],
    {
      stdio: 'ignore',
    },
  );
  const site = change(readFileSync(siteFile, 'utf8'))
    .replace('listen 443', `listen 127.0.0.1:${port}`)
    .replace('server_name hub.example', 'server_name localhost')
    .replace('/etc/ssl/certs/hub.example.pem', cert)
    .replace('/etc/ssl/private/hub.example.key', key)
    .replace('127.0.0.1:8080', `127.0.0.1:${hub.hub.httpPort}`);
  await startNginx(site, port);
  const ca = readFileSync(cert);
  const ask: Behind['ask'] = async (target, { body, ...options } = {}) => {
    const asked = request(`${origin}${target}`, { ca, agent: false, family: 4, ...options });
    asked.end(body);
    const [response] = await once(asked, 'response');
    let text = '';
    response.setEncoding('utf8').on('data', (part: string) => (text += part));
    await once(response, 'end');
    return { status: response.statusCode, headers: response.headers, text };
  };
  return { hub, origin, ask };
}

const json = (more: Record<string, string> = {}) => ({ 'content-type': 'application/json', ...more });

async function signIn({ ask, hub, origin }: Behind): Promise<string> {
  const body = JSON.stringify({ token: hub.token });
  const answer = await ask('/vedette/api/v1/sign-in', { method: 'POST', headers: json({ origin }), body });
  expect(answer.status).toBe(200);
  const [cookie = ''] = answer.headers['set-cookie'] ?? [];
  expect(cookie).toMatch(/; Path=\/vedette\/; HttpOnly; Secure; SameSite=Strict$/);
  return cookie.split(';')[0] ?? '';
}

describe.skipIf(!hasNginx || !isBuilt)(`below /vedette/ of nginx${withoutNginx}`, () => {
  test.each([
    ['and nginx takes the path off', (site: string) => site],
    ['and nginx leaves the path on', (site: string) => site.replace(':8080/;', ':8080;')],
  ])('the page comes with its files, on deep links too, %s', async (_what, change) => {
    const { ask, origin } = await behind(change);
    for (const target of ['/vedette/', '/vedette/devices/cam?stream=x', '/vedette/api/v1/docs/']) {
      const page = await ask(target, { headers: { accept: 'text/html' } });
      expect(page.status, target).toBe(200);
      const base = /<base href="([^"]*)"/.exec(page.text)?.[1] ?? target;
      const named = [...page.text.matchAll(/(?:src|href)="([^"#]+\.(?:js|css|svg|png))"/g)].map(
        ([, name = '']) => name,
      );
      expect(named.length, target).toBeGreaterThan(2);
      for (const name of named) {
        const file = new URL(name, new URL(base, origin + target));
        expect((await ask(file.pathname)).status, file.href).toBe(200);
      }
    }
    expect((await ask('/vedette/api/v1/openapi.json')).text).toContain('"servers":[{"url":"/vedette/"}]');
  });

  test('a session is for this path and TLS only; changes and the live feed need the public origin', async () => {
    const made = await behind();
    const { ask, origin } = made;
    const cookie = await signIn(made);
    const add = (id: string, from: string) =>
      ask('/vedette/api/v1/devices', {
        method: 'POST',
        headers: json({ cookie, origin: from }),
        body: JSON.stringify({ id }),
      });
    expect((await add('cam', origin)).status).toBe(201);
    const other = await add('other', 'https://localhost');
    expect([other.status, other.text]).toEqual([403, expect.stringContaining(`the hub's own pages (${origin})`)]);
    const live = async (from: string) => {
      const socket = new WebSocket(`${origin.replace('https', 'wss')}/vedette/api/v1/live`, {
        headers: { cookie, origin: from },
        rejectUnauthorized: false,
        family: 4,
      });
      onTestFinished(() => socket.terminate());
      socket.on('error', () => undefined);
      return await Promise.race([
        once(socket, 'open').then(() => 'open'),
        once(socket, 'unexpected-response').then(([, response]) => response.statusCode),
      ]);
    };
    expect(await live(origin)).toBe('open');
    expect(await live('https://evil.example')).toBe(403);
  });

  test('failed sign-ins count for the client, whatever it says of itself', async () => {
    const { ask } = await behind();
    const guess = async (localAddress: string, overrides: string) => {
      const headers = json({ 'x-forwarded-for': overrides });
      const body = JSON.stringify({ token: 'guess' });
      return (await ask('/vedette/api/v1/sign-in', { method: 'POST', headers, body, localAddress })).status;
    };
    for (let n = 0; n < 10; n++) expect(await guess('127.0.0.2', `10.0.0.${n}`)).toBe(401);
    expect(await guess('127.0.0.2', '10.0.0.99')).toBe(429);
    expect(await guess('127.0.0.3', '127.0.0.2')).toBe(401);
  });

  test('metrics need a token, also where nginx says nothing of itself', async () => {
    const { ask, hub } = await behind((site) => site.replaceAll(/^ +proxy_(set_header|http_version) .*$/gm, ''));
    expect((await ask('/vedette/metrics')).status).toBe(401);
    expect((await fetch(`${hub.url}/metrics`)).status).toBe(401);
    const headers = { authorization: `Bearer ${hub.token}` };
    expect((await ask('/vedette/metrics', { headers })).status).toBe(200);
  });

  test('packages come in, and devices reach the broker over the same port', async () => {
    const { ask, hub, origin } = await behind();
    const headers = { authorization: `Bearer ${hub.token}`, 'content-type': 'application/gzip' };
    const { bytes } = await archiveOf();
    expect((await ask('/vedette/api/v1/models', { method: 'POST', headers, body: bytes })).status).toBe(201);
    const client = await connectAsync(`${origin.replace('https', 'wss')}/vedette/mqtt`, {
      username: 'cam',
      password: await addDevice(hub, 'cam'),
      protocolVersion: 4,
      rejectUnauthorized: false,
    });
    expect(client.connected).toBe(true);
    await client.endAsync();
  });

  test.skipIf(!hasChromium)(
    'a person signs in by a link, follows the feed and reloads a page',
    { timeout: 120_000 },
    async () => {
      const { hub, origin } = await behind();
      await addDevice(hub, 'cam');
      const { code } = (await (await hub.post('/sign-in-codes')).json()) as { code: string };
      const browser = await startChromium();
      const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
      const complaints: string[] = [];
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(`${origin}/vedette/#code=${code}`);
      await page.getByTestId('device').waitFor();
      await page.locator('.feed.good').waitFor();
      await page.getByRole('link', { name: 'Models' }).click();
      await until(() => page.url() === `${origin}/vedette/models`, 'the address of the models');
      await page.goto(`${origin}/vedette/devices/cam`);
      await page.getByRole('heading', { name: 'cam' }).waitFor();
      await page.getByRole('button', { name: 'Skip to the content' }).press('Enter');
      expect(page.url()).toBe(`${origin}/vedette/devices/cam`);
      expect(complaints).toEqual([]);
    },
  );
});
