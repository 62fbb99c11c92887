/** Boxes become devices: by a claim, by a person, and not by anything else. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type EnrolOptions, enrol, filesOf } from '../../../agent/identity/enrol.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { certificateRequest, keyPem, newKey } from '../../../shared/pki/keys.ts';
import { certificatesOf } from '../../../shared/pki/pem.ts';
import { keptLog } from '../../support/kept-log.ts';
import { openssl } from '../../support/openssl.ts';
import { enrolled, newClaim, renewedFor, type SecureHub, secureHub } from '../../support/secure-hub.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

/** `vedette-agent enroll` of a box. */
function box(hub: SecureHub, claim: string, more: Partial<EnrolOptions> = {}) {
  const printed: string[] = [];
  const folder = more.folder ?? tempFolder();
  const run = () =>
    enrol({
      hub: hub.url,
      claim,
      device: 'gate-1',
      folder,
      reaches: async () => true,
      clock: systemClock,
      isSynced: () => true,
      print: (line) => printed.push(line),
      signal: new AbortController().signal,
      ...more,
    });
  return { printed, folder, run, files: filesOf(folder) };
}

const list = async <T>(hub: SecureHub, what: string): Promise<T[]> =>
  ((await (await hub.request(`/api/v1/${what}`)).json()) as { items: T[] }).items;

/** A hub whose clock the test sets. */
async function hubAt(more: Parameters<typeof secureHub>[0] = {}) {
  const shift = { ms: 0 };
  const clock = { ...systemClock, wall: () => systemClock.wall() + shift.ms };
  return { shift, hub: await secureHub({ ...more, clock }) };
}

test('a box with a claim becomes a device: key, certificate, configuration, labels', async () => {
  const hub = await secureHub();
  const claim = await newClaim(hub, { labels: { site: 'berlin' } });
  const { run, files, printed } = box(hub, claim);
  const result = await run();
  expect(result).toMatchObject({ isNewConfig: true, broker: `mqtts://127.0.0.1:${hub.hub.mqttPort}` });
  expect(readFileSync(files.config, 'utf8')).toContain('identityFile: ./identity.json');
  const { current, roots } = JSON.parse(readFileSync(files.identity, 'utf8'));
  const [leaf, issuer] = certificatesOf(current.certificate);
  const at = (name: string, text: string) => {
    writeFileSync(path.join(files.identity, '..', name), text);
    return path.join(files.identity, '..', name);
  };
  // OpenSSL agrees, strictly, and not when the certificate is to be a server's.
  const chain = [
    '-CAfile',
    at('roots.pem', roots),
    '-untrusted',
    at('issuer.pem', `${issuer}`),
    at('leaf.pem', `${leaf}`),
  ];
  const judged = (purpose: string) => openssl(['verify', '-x509_strict', '-purpose', purpose, ...chain]);
  expect(await judged('sslclient')).toMatchObject({ ok: true });
  expect(await judged('sslserver')).toMatchObject({ ok: false });
  const days = (Date.parse(leaf?.validTo ?? '') - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(29.9);
  expect(days).toBeLessThanOrEqual(30);
  expect(await list(hub, 'devices')).toMatchObject([{ id: 'gate-1', labels: { site: 'berlin' }, online: false }]);
  expect(await list(hub, 'claims')).toMatchObject([{ used: 1, uses: 1 }]);
  // The fingerprint that the box says is the one that people see.
  const [asked] = await list<{ fingerprint: string; state: string }>(hub, 'enrolments');
  expect(printed[0]).toContain(asked?.fingerprint);
  expect(asked?.state).toBe('enrolled');
  await expect(run()).rejects.toThrow(/enrolled already/);
  expect(readdirSync(path.dirname(files.identity))).not.toContain('enrolment.json');
});

test('the same key asks again as often as it wants, and counts once; another key is another box', async () => {
  const hub = await secureHub();
  const claim = await newClaim(hub, { uses: 2 });
  const key = keyPem(newKey());
  const ask = async (name: string, pem: string) => {
    const body = { claim, request: await certificateRequest(name, pem) };
    const response = await hub.request('/api/v1/enrol', { body, headers: { authorization: '' } });
    return { status: response.status, ...((await response.json()) as { certificate?: string; detail?: string }) };
  };
  const first = await ask('a', key);
  expect(await ask('a', key)).toEqual(first);
  expect(await list(hub, 'claims')).toMatchObject([{ used: 1 }]);
  expect(await ask('a', keyPem(newKey()))).toMatchObject({ status: 409, detail: expect.stringMatching(/another box/) });
  expect(await ask('b', keyPem(newKey()))).toMatchObject({ status: 200 });
  expect(await ask('c', keyPem(newKey()))).toMatchObject({
    status: 403,
    detail: expect.stringMatching(/used as often/),
  });
  expect(await ask('vedette-hub', keyPem(newKey()))).toMatchObject({ status: 422 });
});

test('a claim that expired, was revoked, was never made, or is for another hub', async () => {
  const { hub, shift } = await hubAt();
  const other = await secureHub();
  const [expiring, revoked, foreign] = [await newClaim(hub, { days: 1 }), await newClaim(hub), await newClaim(other)];
  await hub.request('/api/v1/claims/2', { method: 'DELETE' });
  await expect(box(hub, revoked).run()).rejects.toThrow(/403.*revoked/);
  shift.ms = 86_400_001;
  await expect(box(hub, expiring).run()).rejects.toThrow(/403.*expired/);
  shift.ms = 0;
  const invented = `vedette1.${'A'.repeat(43)}.-`;
  const anchors = [...hub.authority.roots()];
  await expect(box(hub, invented, { anchors }).run()).rejects.toThrow(/401.*does not know this claim/);
  await expect(box(hub, 'token').run()).rejects.toThrow(/this is no claim/);
  // The claim names the root of its own hub: it is not even shown to another one.
  await expect(box(hub, foreign).run()).rejects.toThrow(/does not have the root sha256:.*another hub/);
  await expect(box(hub, foreign, { fingerprint: hub.authority.fingerprint() }).run()).rejects.toThrow(
    /claim is for another hub/,
  );
  await expect(box(hub, foreign, { anchors }).run()).rejects.toThrow(/for another hub/);
  expect(await list(hub, 'devices')).toEqual([]);
});

test('guessing claims is slowed down', async () => {
  const hub = await secureHub();
  const request = await certificateRequest('a', keyPem(newKey()));
  const body = { claim: `vedette1.${'A'.repeat(43)}.-`, request };
  const statuses: number[] = [];
  for (let i = 0; i < 12; i++)
    statuses.push((await hub.request('/api/v1/enrol', { body, headers: { authorization: '' } })).status);
  expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
});

test('with --approve a person lets the box in, or turns it away', async () => {
  const hub = await secureHub();
  const claim = await newClaim(hub, { uses: 2, approve: true });
  const first = box(hub, claim, { device: 'a', clock: { ...systemClock, sleep: () => systemClock.sleep(50) } });
  const coming = first.run();
  const waiting = () => list<{ id: string; device: string; fingerprint: string }>(hub, 'enrolments?state=waiting');
  await until(async () => (await waiting()).length === 1, 'it waits');
  const [asked] = await waiting();
  expect(first.printed.join(' ')).toContain(asked?.fingerprint);
  expect(await list(hub, 'devices')).toEqual([]);
  // A thief with the same claim cannot take its name meanwhile.
  await expect(box(hub, claim, { device: 'a' }).run()).rejects.toThrow(/another box has this name/);
  expect((await hub.request(`/api/v1/enrolments/${asked?.id}/approve`, { body: {} })).status).toBe(204);
  await coming;
  expect(await list(hub, 'devices')).toMatchObject([{ id: 'a' }]);

  const second = box(hub, claim, { device: 'b', clock: { ...systemClock, sleep: () => systemClock.sleep(50) } }).run();
  second.catch(() => undefined);
  await until(async () => (await waiting()).length === 1, 'the second waits');
  const [other] = await waiting();
  expect((await hub.request(`/api/v1/enrolments/${other?.id}/refuse`, { body: {} })).status).toBe(204);
  await expect(second).rejects.toThrow(/403.*a person refused/);
  // Once only, and the use came back.
  expect((await hub.request(`/api/v1/enrolments/${other?.id}/approve`, { body: {} })).status).toBe(404);
  expect(await list(hub, 'claims')).toMatchObject([{ used: 1 }]);
});

test('a hub that somebody impersonates gets neither claim nor device', async () => {
  const [hub, impostor] = [await secureHub(), await secureHub()];
  const claim = await newClaim(hub);
  await expect(box(impostor, claim).run()).rejects.toThrow(/does not have the root/);
  await expect(box(impostor, claim, { anchors: [...hub.authority.roots()] }).run()).rejects.toThrow(
    /not signed by an authority that is trusted/,
  );
  // A device of the fleet is no hub: its certificate is not one of a server.
  const thief = await enrolled(hub, 'thief');
  const server = createServer({ key: thief.key, cert: thief.cert }, (_request, response) => {
    response.end([...hub.authority.roots()].join('\n'));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const url = `https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  await expect(box({ ...hub, url }, claim).run()).rejects.toThrow(/not one of a server/);
  server.close();
  server.closeAllConnections();
});

test('a claim is nowhere: not in the database, not in the audit, not in the log', async () => {
  const { log, lines } = keptLog();
  const hub = await secureHub({ log });
  const claim = await newClaim(hub, { uses: 3 });
  await box(hub, claim).run();
  await expect(box(hub, claim).run()).rejects.toThrow(/409/);
  await expect(box(hub, claim, { device: 'Bad' as string }).run()).rejects.toThrow(/422/);
  const audit = JSON.stringify(await list(hub, 'audit'));
  expect(audit).toMatch(/device\.enrol.*claim\.add/);
  await hub.hub.stop();
  const secret = claim.split('.')[1] ?? '';
  const stored = readdirSync(hub.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name)).toString('latin1'));
  for (const text of [audit, JSON.stringify(lines), ...stored]) expect(text.includes(secret)).toBe(false);
});

test('a device, or a thief of its key, gets only so many certificates within a day', { timeout: 180_000 }, async () => {
  let now = systemClock.wall();
  const hub = await secureHub({ clock: { ...systemClock, wall: () => now } });
  const first = await enrolled(hub, 'gate-1');
  const status = async () => (await renewedFor(hub, 'gate-1', first)).status;
  // The first came with the enrolment.
  for (let n = 2; n < 19; n++) expect(await status()).toBe(200);
  // Of those that come at once only as many pass as are left.
  const last = await Promise.all(Array.from({ length: 4 }, status));
  expect(last.toSorted()).toEqual([200, 200, 429, 429]);
  expect((await renewedFor(hub, 'gate-1', first)).detail).toMatch(/20 certificates within a day/);
  // Others are not concerned, and neither is tomorrow.
  const other = await enrolled(hub, 'gate-2');
  expect((await renewedFor(hub, 'gate-2', other)).status).toBe(200);
  now += 25 * 3600_000;
  expect((await renewedFor(hub, 'gate-1', first)).status).toBe(200);
});
