/** The hub's own authority over the years, on real files. */
import type { X509Certificate } from 'node:crypto';
import { readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import {
  HubAuthority,
  ISSUER_DAYS,
  isDue,
  lifeOf,
  newIssuer,
  newRoot,
  ROOT_DAYS,
  SERVER_DAYS,
} from '../../../cloud-hub/pki/authority.ts';
import { judgeChain, type Purpose } from '../../../shared/pki/chain.ts';
import { newKey } from '../../../shared/pki/keys.ts';
import { certificatesOf, validityOf } from '../../../shared/pki/pem.ts';
import { exactTime } from '../../../shared/pki/time.ts';
import { tempFolder } from '../../support/temp.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 5, 1);
const names = [{ type: 'dns', value: 'hub.example' }] as const;

const good = (chain: readonly X509Certificate[], anchors: readonly X509Certificate[], purpose: Purpose, now: number) =>
  judgeChain({ chain, anchors, purpose, time: exactTime(now) }).ok;
/** What a device sends: its certificate, and what is above it. */
async function clientOf(authority: HubAuthority, now: number) {
  const leaf = await authority.issueClient(newKey(), 'gate', now, 30);
  return [leaf, ...certificatesOf(authority.chain())];
}

test('six years of a hub that is started each month: all is valid, nothing outlives what is above it, and each is renewed in time', async () => {
  const folder = tempFolder();
  const [servers, issuers] = [new Set<string>(), new Set<string>()];
  for (let now = START; now < START + 6 * 365 * DAY; now += 30 * DAY) {
    const authority = await HubAuthority.open(folder, now);
    const roots = authority.roots();
    const { cert } = await authority.server(names, now);
    const chain = certificatesOf(cert);
    const issuer = authority.issuer().certificate;
    for (const one of [chain, await clientOf(authority, now)]) {
      expect(good(one, roots, one === chain ? 'server' : 'client', now)).toBe(true);
      const ends = [...one, ...roots].map((certificate) => validityOf(certificate).to);
      expect(ends).toEqual(ends.toSorted((a, b) => a - b));
    }
    for (const certificate of [chain[0], issuer]) expect(certificate && isDue(certificate, now)).toBe(false);
    expect(validityOf(issuer).from).toBeLessThan(now);
    servers.add(chain[0]?.serialNumber ?? '');
    issuers.add(issuer.serialNumber);
  }
  // Two thirds of three years, and of ninety days; a new issuer makes a new one of the hub too.
  expect(issuers.size).toBe(3);
  expect(servers.size).toBeGreaterThanOrEqual(37);
  expect(servers.size).toBeLessThanOrEqual(37 + 2);
});

test('two thirds of a life, to the millisecond; a life begins an hour ago and ends with what is above', async () => {
  const { authority, now } = await opened();
  const root = authority.files.root();
  const { from, to } = validityOf(root);
  expect([from, to]).toEqual([now - HOUR, now + ROOT_DAYS * DAY]);
  const due = from + ((to - from) * 2) / 3;
  expect([isDue(root, Math.ceil(due) - 1), isDue(root, Math.ceil(due))]).toEqual([false, true]);
  expect(lifeOf(now, 3, root)).toEqual({ from: now - HOUR, to: now + 3 * DAY });
  expect(lifeOf(to - DAY, 3, root)).toEqual({ from: to - DAY - HOUR, to });
  expect(validityOf(authority.issuer().certificate).to).toBe(now + ISSUER_DAYS * DAY);
});

async function opened(now = START) {
  const folder = tempFolder();
  return { folder, now, authority: await HubAuthority.open(folder, now) };
}

test('the certificate of the hub stays, until it is due, lacks a name, or another issuer signs', async () => {
  const { folder, authority, now } = await opened();
  const serial = async (at: number, more: readonly { type: 'dns' | 'ip'; value: string }[] = []) =>
    certificatesOf((await authority.server([...names, ...more], at)).cert)[0]?.serialNumber;
  const first = await serial(now);
  expect(await serial(now + (SERVER_DAYS * DAY * 2) / 3 - DAY)).toBe(first);
  const later = await serial(now + (SERVER_DAYS * DAY * 2) / 3);
  expect(later).not.toBe(first);
  const at = now + 61 * DAY;
  const named = await serial(at, [{ type: 'ip', value: '10.0.0.7' }]);
  expect(named).not.toBe(later);
  // With fewer names it stays.
  expect(await serial(at)).toBe(named);
  expect(await serial(at, [{ type: 'ip', value: '10.0.0.8' }])).not.toBe(named);
  const before = await serial(at);
  await newIssuer(authority.files, at);
  const again = await HubAuthority.open(folder, at);
  expect(certificatesOf((await again.server(names, at)).cert)[0]?.serialNumber).not.toBe(before);
});

test("with the root's key elsewhere the issuer stays, due as it is; where one is needed, the file is named", async () => {
  const { folder, authority, now } = await opened();
  const away = path.join(tempFolder(), 'root.key');
  renameSync(path.join(folder, 'root.key'), away);
  const late = now + 0.9 * ISSUER_DAYS * DAY;
  const again = await HubAuthority.open(folder, late);
  expect(again.issuer().certificate.raw.equals(authority.issuer().certificate.raw)).toBe(true);
  const made = await newIssuer(again.files, late, away);
  expect(again.issuer().certificate.raw.equals(made.certificate.raw)).toBe(true);
  rmSync(path.join(folder, 'issuer.pem'));
  await expect(HubAuthority.open(folder, late)).rejects.toThrow(/root\.key/);
  renameSync(away, path.join(folder, 'root.key'));
  expect(await HubAuthority.open(folder, late)).toBeDefined();
});

test('a first start that was cut off before its last file begins afresh; any other file that is missing is not made up', async () => {
  const { folder, authority, now } = await opened();
  const before = authority.fingerprint();
  rmSync(path.join(folder, 'root.pem'));
  rmSync(path.join(folder, 'issuer.pem'));
  const again = await HubAuthority.open(folder, now);
  expect(again.fingerprint()).not.toBe(before);
  expect(again.roots()).toHaveLength(1);
  expect(good(await clientOf(again, now), again.roots(), 'client', now)).toBe(true);
  rmSync(path.join(folder, 'ca.pem'));
  await expect(HubAuthority.open(folder, now).then((one) => one.roots())).rejects.toThrow(/ca\.pem/);
});

test('root after root: who knows any of them trusts what is signed now, and what was signed before is still good', async () => {
  const { folder, authority, now } = await opened();
  const known = [authority.roots()];
  const clients = [await clientOf(authority, now)];
  for (let n = 1; n <= 2; n++) {
    await newRoot(authority.files, now + n * HOUR);
    // The hub runs on, and reads what the command has written.
    expect(authority.roots()).toHaveLength(n + 1);
    known.push(authority.roots().slice(0, 1));
    clients.push(await clientOf(authority, now + n * HOUR));
    // A new issuer of the newest root has the same above it.
    if (n === 1) await newIssuer(authority.files, now + n * HOUR);
  }
  const at = now + DAY;
  const server = certificatesOf((await (await HubAuthority.open(folder, at)).server(names, at)).cert);
  for (const anchors of known) expect(good(server, anchors, 'server', at)).toBe(true);
  for (const client of clients) expect(good(client, authority.roots(), 'client', at)).toBe(true);
  expect(new Set(authority.roots().map(({ fingerprint256 }) => fingerprint256)).size).toBe(3);
});

test('what was revoked is said by each issuer that can still have signed it, and by none that has ended', async () => {
  const { authority, now } = await opened();
  const lists = async (at: number) => {
    await authority.publishRevoked([{ serial: '4a01', at: now }], at);
    return readFileSync(authority.files.crlFile, 'utf8').match(/-----BEGIN X509 CRL-----/g)?.length;
  };
  expect(await lists(now)).toBe(1);
  await newIssuer(authority.files, now + 365 * DAY);
  expect(await lists(now + 365 * DAY)).toBe(2);
  expect(await lists(now + ISSUER_DAYS * DAY - 1)).toBe(2);
  expect(await lists(now + ISSUER_DAYS * DAY)).toBe(1);
});
