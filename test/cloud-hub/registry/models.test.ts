import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { create } from 'tar';
import { describe, expect, test } from 'vitest';
import { auditEntry } from '../../../cloud-hub/contract/audit.ts';
import { type Alias, type Model, model, uploaded } from '../../../cloud-hub/contract/model.ts';
import { page } from '../../../cloud-hub/contract/page.ts';
import { keptLog } from '../../support/kept-log.ts';
import { brightModel } from '../../support/onnx.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { problemOf } from '../api/problems.ts';
import { testHub } from '../support.ts';
import { archiveOf, upload } from './package.ts';

const blobs = (folder: string) => readdirSync(path.join(folder, 'models', 'sha256'));
const incoming = (folder: string) => readdirSync(path.join(folder, 'models', 'incoming'));

async function withHub() {
  const folder = tempFolder();
  return { folder, hub: await testHub({ folder }) };
}

describe('an upload', () => {
  test('is a version with its digest, and the same again is no news', async () => {
    const { hub, folder } = await withHub();
    const archive = await archiveOf();
    const response = await upload(hub, archive.bytes, { digest: archive.digest });
    expect(response.status).toBe(201);
    const made = model.parse(await response.json());
    expect(made).toMatchObject({
      name: 'bright',
      version: '1.0.0',
      digest: archive.digest,
      bytes: archive.bytes.length,
      task: 'detect',
      signed: false,
      createdBy: 'admin',
    });
    expect(blobs(folder)).toEqual([`${archive.digest.slice(7)}.tar.gz`]);
    const again = await upload(hub, archive.bytes);
    expect(again.status).toBe(200);
    expect(await again.json()).toEqual(made);
    expect(incoming(folder)).toEqual([]);
    const audit = page(auditEntry).parse(await hub.json('/audit'));
    expect(audit.items[0]).toMatchObject({ action: 'model.upload', subject: 'bright@1.0.0', actor: 'admin' });
    expect(audit.items.filter(({ action }) => action === 'model.upload')).toHaveLength(1);
  });

  test('of other content under the same version is refused: versions never change', async () => {
    const { hub, folder } = await withHub();
    await upload(hub, (await archiveOf()).bytes);
    const other = await upload(hub, (await archiveOf('1.0.0', { threshold: 0.6 })).bytes);
    expect(other.status).toBe(409);
    expect((await problemOf(other)).detail).toMatch(/bright@1\.0\.0 is there already.*raise `version`/);
    expect(blobs(folder)).toHaveLength(1);
  });

  test('may be a bare ONNX file: a package is made of it, and what was guessed is said', async () => {
    const { hub } = await withHub();
    const send = (bytes: Uint8Array, query: string) =>
      hub.api(`/models?${query}`, {
        method: 'POST',
        body: Buffer.from(bytes),
        headers: { 'content-type': 'application/octet-stream' },
      });
    const response = await send(brightModel(), 'name=mine');
    expect(response.status).toBe(201);
    const made = uploaded.parse(await response.json());
    expect(made).toMatchObject({ name: 'mine', version: '1.0.0', task: 'detect', signed: false });
    expect(made.guesses).toContainEqual(expect.objectContaining({ field: 'labels', sure: false }));
    expect((await hub.api('/models/mine/1.0.0')).status).toBe(200);
    const none = await send(new TextEncoder().encode('no model'), 'name=other');
    expect([none.status, (await problemOf(none)).detail]).toEqual([422, expect.stringMatching(/^the ONNX file: /)]);
  });

  test('in a folder of its own inside the archive is taken too', async () => {
    const { hub } = await withHub();
    const folder = tempFolder();
    const { writeBrightPackage } = await import('../../support/onnx.ts');
    writeBrightPackage(path.join(folder, 'bright-1'));
    const file = path.join(folder, 'a.tar.gz');
    await create({ file, cwd: folder, gzip: true }, ['bright-1']);
    const { readFileSync } = await import('node:fs');
    expect((await upload(hub, readFileSync(file))).status).toBe(201);
  });

  test('with another digest than announced is refused', async () => {
    const { hub, folder } = await withHub();
    const response = await upload(hub, (await archiveOf()).bytes, { digest: `sha256:${'00'.repeat(32)}` });
    expect(response.status).toBe(400);
    expect((await problemOf(response)).detail).toContain('was announced');
    expect([...blobs(folder), ...incoming(folder)]).toEqual([]);
  });

  test.each<[string, () => Promise<Uint8Array>, RegExp]>([
    ['no gzip', async () => Buffer.from('hello'), /archive/],
    ['an empty body', async () => Buffer.alloc(0), /archive|model\.yaml/],
    ['gzip of no archive', async () => gzipSync(Buffer.alloc(5000, 7)), /archive/],
    ['half an archive', async () => (await archiveOf()).bytes.subarray(0, 200), /archive/],
    ['a manifest that is wrong', async () => (await archiveOf('1.0.0', { task: 'sing' })).bytes, /model\.yaml: task/],
    [
      'a manifest that contradicts its graph',
      async () => (await archiveOf('1.0.0', { input: { width: 32, height: 64 } })).bytes,
      /input\.width/,
    ],
    [
      'a variant that is missing',
      async () => (await archiveOf('1.0.0', { variants: [{ file: 'no.onnx', precision: 'fp32' }] })).bytes,
      /no\.onnx/,
    ],
  ])('of %s is refused, and leaves nothing', async (_what, make, detail) => {
    const { hub, folder } = await withHub();
    const response = await upload(hub, await make());
    expect(response.status).toBe(422);
    const problem = await problemOf(response);
    expect(problem.detail).toMatch(detail);
    expect(problem.detail).not.toContain(folder);
    expect([...blobs(folder), ...incoming(folder)]).toEqual([]);
  });

  test('with a link in it is refused', async () => {
    const { hub } = await withHub();
    const folder = tempFolder();
    const { symlinkSync, readFileSync } = await import('node:fs');
    writeFileSync(path.join(folder, 'model.yaml'), 'name: x');
    symlinkSync('/etc/passwd', path.join(folder, 'labels.txt'));
    const file = path.join(folder, 'a.tar.gz');
    await create({ file, cwd: folder, gzip: true }, ['model.yaml', 'labels.txt']);
    const response = await upload(hub, readFileSync(file));
    expect(response.status).toBe(422);
    expect((await problemOf(response)).detail).toContain('SymbolicLink');
  });

  test('that breaks off leaves nothing, and is no error of the hub', async () => {
    const { log, lines } = keptLog();
    const folder = tempFolder();
    const hub = await testHub({ folder, log });
    const { bytes } = await archiveOf();
    const sent = request(`${hub.url}/api/v1/models`, {
      method: 'POST',
      headers: { authorization: `Bearer ${hub.token}`, 'content-type': 'application/gzip', 'content-length': 1e6 },
    });
    sent.on('error', () => undefined);
    sent.write(bytes);
    await until(() => incoming(folder).length > 0, 'a part of the archive');
    sent.destroy();
    await until(() => incoming(folder).length === 0, 'nothing of it');
    expect(blobs(folder)).toEqual([]);
    expect((await upload(hub, bytes)).status).toBe(201);
    expect(lines.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
    expect(lines.filter(({ msg }) => msg === 'request broken off')).toMatchObject([{ route: '/api/v1/models' }]);
  });

  test('needs an operator, before a byte is read', async () => {
    const { hub } = await withHub();
    const viewer = ((await (await hub.post('/tokens', { name: 'eve', role: 'viewer' })).json()) as { token: string })
      .token;
    expect((await upload(hub, (await archiveOf()).bytes, { token: viewer })).status).toBe(403);
  });
});

describe('versions', () => {
  test('page, newest first, by name', async () => {
    const { hub } = await withHub();
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) await upload(hub, (await archiveOf(version)).bytes);
    await upload(hub, (await archiveOf('9.0.0', { name: 'other' })).bytes);
    const first = page(model).parse(await hub.json('/models?name=bright&limit=2'));
    expect(first.items.map((m) => m.version)).toEqual(['1.2.0', '1.1.0']);
    const second = page(model).parse(await hub.json(`/models?name=bright&limit=2&cursor=${first.next}`));
    expect(second.items.map((m) => m.version)).toEqual(['1.0.0']);
    expect(second.next).toBeUndefined();
  });

  test('have labels, metrics and aliases; an aliased one is not deleted', async () => {
    const { hub, folder } = await withHub();
    const archive = await archiveOf();
    await upload(hub, archive.bytes);
    const put = (target: string, body: unknown) =>
      hub.api(target, { method: 'PUT', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
    expect((await put('/models/bright/1.0.0/labels', { site: 'berlin' })).status).toBe(200);
    expect((await put('/models/bright/1.0.0/metrics', { map50: 0.61 })).status).toBe(200);
    expect((await put('/models/bright/1.0.0/metrics', { map50: 'good' })).status).toBe(400);
    expect((await put('/models/bright/aliases/stable', { version: '2.0.0' })).status).toBe(404);
    expect((await put('/models/bright/aliases/stable', { version: '1.0.0' })).status).toBe(200);
    expect(await hub.json<Model>('/models/bright/1.0.0')).toMatchObject({
      labels: { site: 'berlin' },
      metrics: { map50: 0.61 },
      aliases: ['stable'],
    });
    const { items } = await hub.json<{ items: Alias[] }>('/models/bright/aliases');
    expect(items).toMatchObject([{ alias: 'stable', version: '1.0.0', changedBy: 'admin' }]);

    const remove = (target: string) => hub.api(target, { method: 'DELETE' });
    const kept = await remove('/models/bright/1.0.0');
    expect(kept.status).toBe(409);
    expect((await problemOf(kept)).detail).toMatch(/alias "stable" points to it/);
    expect((await remove('/models/bright/aliases/stable')).status).toBe(204);
    expect((await remove('/models/bright/aliases/stable')).status).toBe(404);
    expect((await remove('/models/bright/1.0.0')).status).toBe(204);
    expect((await hub.api('/models/bright/1.0.0')).status).toBe(404);
    expect(blobs(folder)).toEqual([]);
  });

  test('survive a restart; rests of a crash do not', async () => {
    const folder = tempFolder();
    const archive = await archiveOf();
    const first = await testHub({ folder });
    await upload(first, archive.bytes);
    await first.hub.stop();
    const orphan = path.join(folder, 'models', 'sha256', `${'00'.repeat(32)}.tar.gz`);
    const rest = path.join(folder, 'models', 'incoming', 'x.tar.gz');
    for (const file of [orphan, rest]) writeFileSync(file, 'x');
    const second = await testHub({ folder });
    expect(page(model).parse(await second.json('/models')).items).toHaveLength(1);
    expect(existsSync(orphan) || existsSync(rest)).toBe(false);
    expect(blobs(folder)).toHaveLength(1);
  });
});
