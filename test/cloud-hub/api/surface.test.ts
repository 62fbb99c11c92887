import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { tempFolder } from '../../support/temp.ts';
import { eventRecord, summaryRecord, testDevice, testHub } from '../support.ts';
import { problemOf } from './problems.ts';
import { routes } from './route-table.ts';

describe('health, metrics, docs', () => {
  test('healthz and readyz need nothing', async () => {
    const hub = await testHub();
    for (const target of ['/healthz', '/readyz']) {
      expect(await (await fetch(hub.url + target)).json()).toEqual({ status: 'ok' });
    }
  });

  test('metrics count; through a proxy they need a token', async () => {
    const hub = await testHub();
    const cam = await testDevice(hub, 'cam');
    await cam.publish('records', { epoch: 'e1', from: 1, to: 2, records: [eventRecord(1), summaryRecord(2)] });
    await cam.nextAck();
    const text = await (await fetch(`${hub.url}/metrics`)).text();
    expect(text).toContain('vedette_records_total{kind="event"} 1');
    expect(text).toContain('vedette_connected_devices 1');
    const proxied = (headers: Record<string, string>) =>
      fetch(`${hub.url}/metrics`, { headers: { 'x-forwarded-for': '10.0.0.1', ...headers } });
    expect((await proxied({})).status).toBe(401);
    expect((await proxied({ authorization: `Bearer ${hub.token}` })).status).toBe(200);
  });

  test('metrics without a token are only for programs of this machine that ask for themselves', async () => {
    const hub = await testHub();
    const port = hub.hub.httpPort;
    const ask = (headers: Record<string, string>) =>
      new Promise<number | undefined>((resolve, reject) => {
        const sent = request({ port, host: '127.0.0.1', path: '/metrics', headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        sent.on('error', reject).end();
      });
    for (const host of ['localhost', `localhost:${port}`, `127.0.0.1:${port}`, '127.9.9.9', `[::1]:${port}`])
      expect(await ask({ host }), host).toBe(200);
    for (const host of [
      'hub.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example:80',
      'evil-localhost',
      '10.0.0.1',
    ])
      expect(await ask({ host }), host).toBe(401);
    for (const name of [
      'forwarded',
      'via',
      'x-real-ip',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
      'x-client-ip',
      'true-client-ip',
      'cf-connecting-ip',
    ])
      expect(await ask({ [name]: '127.0.0.1' }), name).toBe(401);
    expect(await ask({ host: 'hub.example', authorization: `Bearer ${hub.token}` })).toBe(200);
  });

  test('OpenAPI lists every route, and answers and parameters are described', async () => {
    const hub = await testHub();
    const document = z
      .object({
        openapi: z.string().startsWith('3.1'),
        info: z.object({ version: z.literal('1.2.3') }),
        paths: z.record(
          z.string(),
          z.record(z.string(), z.looseObject({ summary: z.string(), responses: z.looseObject({}) })),
        ),
      })
      .parse(await (await fetch(`${hub.url}/api/v1/openapi.json`)).json());
    const found = Object.entries(document.paths).flatMap(([target, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${target}`),
    );
    expect(found.toSorted()).toEqual(Object.keys(routes).toSorted());
    const events = document.paths['/api/v1/events']?.get;
    expect(
      z
        .array(z.looseObject({ name: z.string() }))
        .parse(events?.parameters)
        .map((p) => p.name),
    ).toContain('cursor');
    expect(JSON.stringify(events?.responses)).toContain('application/problem+json');
  });

  test('the document is made once: the page of the API gets the very bytes, whichever form it asks for', async () => {
    const hub = await testHub();
    const ask = async (target: string) => {
      const response = await fetch(`${hub.url}/api/v1/${target}`);
      return [response.headers.get('content-type'), await response.text()];
    };
    const document = await ask('openapi.json');
    expect(document[0]).toMatch(/^application\/json/);
    expect(await ask('docs/json')).toEqual(document);
    // JSON is YAML. To write another form of it took a quarter of a second of the event loop, for anybody who asked.
    expect(await ask('docs/yaml')).toEqual(document);
  });

  test('the page of the API needs no other server', async () => {
    const hub = await testHub();
    const page = await fetch(`${hub.url}/api/v1/docs/`);
    const html = await page.text();
    expect(page.status).toBe(200);
    expect(html).not.toMatch(/(src|href)="https?:/);
    for (const [, target] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
      expect((await fetch(new URL(target ?? '', `${hub.url}/api/v1/docs/`))).status).toBe(200);
    }
  });
});

describe('pages', () => {
  function dashboard(): string {
    const folder = tempFolder();
    mkdirSync(path.join(folder, 'assets'));
    writeFileSync(path.join(folder, 'index.html'), '<!doctype html>dashboard');
    writeFileSync(path.join(folder, 'assets', 'app-1a2b.js'), '1');
    return folder;
  }
  const html = { accept: 'text/html' };

  test('the dashboard, with deep links', async () => {
    const hub = await testHub({ dashboard: dashboard() });
    for (const target of ['/', '/devices/cam', '/events']) {
      const response = await fetch(hub.url + target, { headers: html });
      expect(await response.text()).toContain('dashboard');
      expect(response.headers.get('cache-control')).toBe('no-cache');
      expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    }
    const asset = await fetch(`${hub.url}/assets/app-1a2b.js`);
    expect(asset.headers.get('cache-control')).toMatch(/immutable/);
  });

  test('what is no page is a problem, and nothing outside the folder is served', async () => {
    const hub = await testHub({ dashboard: dashboard() });
    for (const target of ['/assets/none.js', '/api/v1/none', '/api/none', '/..%2f..%2fetc/passwd', '/%2e%2e/hub.db']) {
      const response = await fetch(hub.url + target, { headers: target.startsWith('/a') ? html : {} });
      expect(response.status, target).toBeGreaterThanOrEqual(400);
      await problemOf(response);
    }
  });

  test('without a build the page says how to make one', async () => {
    const hub = await testHub({ dashboard: path.join(tempFolder(), 'none') });
    expect(await (await fetch(hub.url)).text()).toContain('npm run build');
  });
});
