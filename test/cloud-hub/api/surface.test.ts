import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { tempFolder } from '../../support/temp.ts';
import { eventRecord, summaryRecord, testDevice, testHub } from '../support.ts';
import { problemOf } from './problems.ts';

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
    const routes = Object.entries(document.paths).flatMap(([target, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${target}`),
    );
    expect(routes.toSorted()).toEqual(
      [
        'DELETE /api/v1/tokens/{id}',
        'DELETE /api/v1/models/{name}/aliases/{alias}',
        'DELETE /api/v1/models/{name}/{version}',
        'GET /api/v1/audit',
        'GET /api/v1/delivery/metadata/{file}',
        'GET /api/v1/delivery/packages/{digest}',
        'HEAD /api/v1/delivery/packages/{digest}',
        'GET /api/v1/devices/{device}/desired',
        'GET /api/v1/models',
        'GET /api/v1/models/{name}/aliases',
        'GET /api/v1/models/{name}/{version}',
        'GET /api/v1/rollouts',
        'GET /api/v1/rollouts/{id}',
        'GET /api/v1/rollouts/{id}/devices',
        'GET /api/v1/rollouts/{id}/history',
        'GET /api/v1/rollouts/{id}/waves',
        'GET /api/v1/stream-sets',
        'GET /api/v1/stream-sets/{revision}',
        'GET /api/v1/trust',
        'POST /api/v1/models',
        'POST /api/v1/rollouts',
        'POST /api/v1/rollouts/{id}/abort',
        'POST /api/v1/rollouts/{id}/pause',
        'POST /api/v1/rollouts/{id}/resume',
        'POST /api/v1/stream-sets',
        'POST /api/v1/trust/online-keys/{role}',
        'PUT /api/v1/devices/{device}/labels',
        'PUT /api/v1/models/{name}/aliases/{alias}',
        'PUT /api/v1/models/{name}/{version}/labels',
        'PUT /api/v1/models/{name}/{version}/metrics',
        'PUT /api/v1/trust/root',
        'PUT /api/v1/trust/targets',
        'GET /api/v1/devices',
        'GET /api/v1/devices/{device}',
        'GET /api/v1/devices/{device}/sequences',
        'GET /api/v1/events',
        'GET /api/v1/events/{id}',
        'GET /api/v1/live',
        'GET /api/v1/me',
        'GET /api/v1/quarantine',
        'GET /api/v1/readings',
        'GET /api/v1/readings/course',
        'GET /api/v1/snapshots/{id}',
        'GET /api/v1/summaries',
        'GET /api/v1/tokens',
        'GET /api/v1/troubles',
        'GET /healthz',
        'GET /metrics',
        'GET /readyz',
        'POST /api/v1/devices',
        'POST /api/v1/devices/{device}/token',
        'POST /api/v1/sign-in',
        'POST /api/v1/sign-in-codes',
        'POST /api/v1/sign-out',
        'POST /api/v1/tokens',
      ].toSorted(),
    );
    const events = document.paths['/api/v1/events']?.get;
    expect(
      z
        .array(z.looseObject({ name: z.string() }))
        .parse(events?.parameters)
        .map((p) => p.name),
    ).toContain('cursor');
    expect(JSON.stringify(events?.responses)).toContain('application/problem+json');
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
