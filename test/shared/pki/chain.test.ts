/** Chains of every kind, judged by us and by OpenSSL. */

import type { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import {
  type Authority,
  crossSign,
  issueClient,
  issueServer,
  makeIssuer,
  makeRoot,
} from '../../../cloud-hub/pki/certificates.ts';
import { judgeChain, nameOf, type Purpose } from '../../../shared/pki/chain.ts';
import { newKey } from '../../../shared/pki/keys.ts';
import { pemOf } from '../../../shared/pki/pem.ts';
import { openssl } from '../../support/openssl.ts';
import { tempFolder } from '../../support/temp.ts';

const DAY = 86_400_000;
const now = Date.UTC(2026, 10, 1);
const span = (from: number, to: number) => ({ from: now + from * DAY, to: now + to * DAY });

test('each of 420 combinations of chain, anchors, purpose and time gets the judgement of OpenSSL', {
  timeout: 120_000,
}, async () => {
  const long = span(-1000, 1000);
  const [old, fresh, foreign] = [await makeRoot(long), await makeRoot(long), await makeRoot(long)];
  const cross = await crossSign(old, fresh, long);
  const issuers: Record<string, Authority> = {
    old: await makeIssuer(old, long),
    fresh: await makeIssuer(fresh, long),
    ending: await makeIssuer(old, span(-1000, 50)),
  };
  const leaves: { name: string; leaf: X509Certificate; above: X509Certificate[] }[] = [];
  for (const [name, issuer] of Object.entries(issuers)) {
    const client = await issueClient(issuer, newKey(), 'gate', span(-100, 100));
    const server = await issueServer(issuer, newKey(), { names: [], life: span(-100, 100), isHub: true });
    for (const [what, leaf] of Object.entries({ client, server })) {
      leaves.push({ name: `${name} ${what}`, leaf, above: [issuer.certificate] });
      leaves.push({ name: `${name} ${what} with cross`, leaf, above: [issuer.certificate, cross] });
      leaves.push({ name: `${name} ${what} without its issuer`, leaf, above: [cross] });
    }
    // Signed by a leaf: no authority.
    const key = newKey();
    const notAuthority = { certificate: await issueClient(issuer, key, 'gate', span(-100, 100)), key };
    const forged = await issueClient(notAuthority, newKey(), 'gate', span(-100, 100));
    leaves.push({ name: `${name} by a device`, leaf: forged, above: [notAuthority.certificate, issuer.certificate] });
  }
  const anchorSets = {
    old: [old.certificate],
    fresh: [fresh.certificate],
    both: [fresh.certificate, old.certificate],
    foreign: [foreign.certificate],
  };
  const folder = tempFolder();
  let asked = 0;
  const wrong: string[] = [];
  const file = (name: string, certificates: readonly X509Certificate[]) => {
    const at = path.join(folder, name);
    writeFileSync(at, pemOf(certificates));
    return at;
  };
  const judge = async (each: (typeof leaves)[number], index: number) => {
    const [leafFile, aboveFile] = [file(`leaf${index}`, [each.leaf]), file(`above${index}`, each.above)];
    for (const [set, anchors] of Object.entries(anchorSets)) {
      const anchorFile = file(`anchors${index}${set}`, anchors);
      for (const [at, purpose] of [
        [0, 'client'],
        [0, 'server'],
        [60, 'client'],
        [101, 'server'],
        [-101, 'client'],
      ] as [number, Purpose][]) {
        const time = now + at * DAY;
        const ours = judgeChain({
          chain: [each.leaf, ...each.above],
          anchors,
          purpose,
          time: { earliest: time, latest: time },
        });
        const options = ['-purpose', `ssl${purpose}`, '-attime', String(Math.floor(time / 1000))];
        const theirs = await openssl([
          'verify',
          '-x509_strict',
          ...options,
          '-CAfile',
          anchorFile,
          '-untrusted',
          aboveFile,
          leafFile,
        ]);
        asked++;
        if (ours.ok !== theirs.ok)
          wrong.push(`${each.name}, ${set}, ${purpose}, day ${at}: we ${JSON.stringify(ours)}, OpenSSL ${theirs.text}`);
      }
    }
  };
  // Two at a time: each is a process.
  const queue = leaves.map((each, index) => [each, index] as const);
  const worker = async () => {
    for (let next = queue.pop(); next; next = queue.pop()) await judge(...next);
  };
  await Promise.all([worker(), worker()]);
  expect(wrong).toEqual([]);
  expect(asked).toBe(21 * 4 * 5);
});

test('a certificate that is trusted for itself and says no purpose is one of a server, and of no client', async () => {
  const { certificate } = await makeRoot(span(-10, 10));
  const time = { earliest: now, latest: now };
  const judged = (anchors: readonly X509Certificate[], purpose: Purpose) =>
    judgeChain({ chain: [certificate], anchors, purpose, time });
  expect(certificate.keyUsage).toBeUndefined();
  expect(judged([certificate], 'server')).toEqual({ ok: true, anchor: certificate });
  expect(judged([certificate], 'client')).toMatchObject({ ok: false, why: 'purpose' });
  expect(judged([], 'server')).toMatchObject({ ok: false, why: 'untrusted' });
  // Signed by an authority, it has to say what it is for.
  const root = await makeRoot(span(-10, 10));
  const below = await makeIssuer(root, span(-10, 10));
  for (const purpose of ['server', 'client'] as const)
    expect(judgeChain({ chain: [below.certificate], anchors: [root.certificate], purpose, time })).toMatchObject({
      ok: false,
      why: 'purpose',
    });
});

test('each purpose is its own: pinned or signed, a certificate of a client is none of a server, and the other way round', async () => {
  const root = await makeRoot(span(-10, 10));
  const issuer = await makeIssuer(root, span(-10, 10));
  const client = await issueClient(issuer, newKey(), 'gate', span(-1, 1));
  const server = await issueServer(issuer, newKey(), { names: [], life: span(-1, 1), isHub: true });
  for (const [leaf, its, other] of [
    [client, 'client', 'server'],
    [server, 'server', 'client'],
  ] as const)
    for (const anchors of [[leaf], [root.certificate]]) {
      const chain = [leaf, issuer.certificate];
      const time = { earliest: now, latest: now };
      expect(judgeChain({ chain, anchors, purpose: its, time }).ok).toBe(true);
      expect(judgeChain({ chain, anchors, purpose: other, time })).toMatchObject({ ok: false, why: 'purpose' });
    }
});

test('of a certificate out of its time anywhere on the path, the fault says which one it is, and on which side', async () => {
  const [old, long, early] = [span(-100, -1), span(-100, 100), span(1, 100)];
  const time = { earliest: now, latest: now };
  const lives = { expired: old, fits: long, 'not yet valid': early };
  for (const [rootIs, rootLife] of Object.entries(lives))
    for (const [issuerIs, issuerLife] of Object.entries(lives))
      for (const [leafIs, leafLife] of Object.entries(lives)) {
        const root = await makeRoot(rootLife);
        const issuer = await makeIssuer(root, issuerLife);
        const leaf = await issueClient(issuer, newKey(), 'gate', leafLife);
        const judged = judgeChain({
          chain: [leaf, issuer.certificate],
          anchors: [root.certificate],
          purpose: 'client',
          time,
        });
        // The lowest one is told of: it is the first that somebody has to renew.
        const path = [
          { is: leafIs, certificate: leaf },
          { is: issuerIs, certificate: issuer.certificate },
          { is: rootIs, certificate: root.certificate },
        ];
        const bad = path.find(({ is }) => is !== 'fits');
        if (!bad) {
          expect(judged).toEqual({ ok: true, anchor: root.certificate });
          continue;
        }
        const { is, certificate } = bad;
        const when =
          is === 'expired' ? `expired on ${certificate.validTo}` : `is valid from ${certificate.validFrom} on`;
        const message = `the certificate of ${nameOf(certificate)} ${when}`;
        expect(judged, `${leafIs}, ${issuerIs}, ${rootIs}`).toEqual({ ok: false, why: is, message });
      }
  expect(nameOf((await makeIssuer(await makeRoot(long), long)).certificate)).toBe('Vedette fleet issuer');
});
