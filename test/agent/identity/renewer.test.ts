/** A device keeps its certificate fresh: a real authority, and a hub and a broker that fail when a test says so. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readIdentity, writeIdentity } from '../../../agent/identity/file.ts';
import { openIdentity } from '../../../agent/identity/holder.ts';
import { renewAt } from '../../../agent/identity/renewal.ts';
import { createRenewer } from '../../../agent/identity/renewer.ts';
import { issueClient, makeIssuer, makeRoot } from '../../../cloud-hub/pki/certificates.ts';
import { checkRequest } from '../../../cloud-hub/pki/request.ts';
import { RENEW_PATH } from '../../../shared/contract/enrolment.ts';
import type { Cancel } from '../../../shared/kit/clock.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import type { Fetch } from '../../../shared/pki/fetch.ts';
import { keyPem, newKey } from '../../../shared/pki/keys.ts';
import { certificatesOf, validityOf } from '../../../shared/pki/pem.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START = Date.UTC(2026, 5, 1);
const HUB = 'https://hub.test:8443';
const root = await makeRoot({ from: START - DAY_MS, to: START + 4000 * DAY_MS });
const issuer = await makeIssuer(root, { from: START - DAY_MS, to: START + 4000 * DAY_MS });
const roots = `${root.certificate}`;

/** Says how many of its single timers wait. */
class CountedClock extends ManualClock {
  readonly waiting = new Set<object>();

  override after(ms: number, run: () => void): Cancel {
    const timer = {};
    this.waiting.add(timer);
    const cancel = super.after(ms, () => {
      this.waiting.delete(timer);
      run();
    });
    return () => {
      this.waiting.delete(timer);
      cancel();
    };
  }
}

/** @param life of each certificate, from `begun` of it ago @param trust whose roots it trusts; none: those of the system */
async function bench({ life = 30 * DAY_MS, begun = HOUR_MS, trust = { roots } as { roots?: string } } = {}) {
  const clock = new CountedClock(START);
  const file = path.join(tempFolder(), 'identity.json');
  const lifeNow = () => ({ from: clock.wall() - begun, to: clock.wall() - begun + life });
  const key = newKey();
  const certificate = `${await issueClient(issuer, key, 'gate', lifeNow())}`;
  writeIdentity(file, { device: 'gate', hub: HUB, ...trust, current: { key: keyPem(key), certificate } });

  const asked: { key: string; at: number }[] = [];
  const proven: { cert: string; at: number }[] = [];
  const faults = {
    hub: undefined as ((signal?: AbortSignal | null) => Promise<Response>) | undefined,
    broker: undefined as Error | undefined,
  };
  let busy = 0;
  const fetch: Fetch = async (url, init) => {
    expect(String(url)).toBe(`${HUB}${RENEW_PATH}`);
    busy++;
    try {
      const { request } = JSON.parse(String(init?.body)) as { request: string };
      const { device, publicKey } = await checkRequest(request);
      // The key is on disk before it is sent.
      const { next } = readIdentity(file);
      expect(createPublicKey(createPrivateKey(next?.key ?? '')).equals(publicKey)).toBe(true);
      asked.push({ key: next?.key ?? '', at: clock.mono() });
      if (faults.hub) return await faults.hub(init?.signal);
      const made = await issueClient(issuer, publicKey, device, lifeNow());
      return new Response(JSON.stringify({ certificate: `${made}`, roots }));
    } finally {
      busy--;
    }
  };
  const begin = () => {
    const holder = openIdentity(file, { clock, isSynced: () => true });
    const renewer = createRenewer({
      holder,
      fetch,
      async prove({ key, cert }) {
        // It is on disk, and not in use yet.
        expect(readIdentity(file).next).toEqual({ key, certificate: cert });
        expect(holder.credentials().cert).not.toBe(cert);
        proven.push({ cert, at: clock.mono() });
        if (faults.broker) throw faults.broker;
      },
      clock,
      log: createLogger('test', 'silent'),
    });
    onTestFinished(() => renewer.stop());
    void renewer.start?.();
    return { holder, renewer };
  };
  /** Until nothing is done, and one timer says when it goes on. */
  const idle = () => until(() => busy === 0 && clock.waiting.size === 1, 'it waits');
  const pass = async (ms: number, step = 3 * HOUR_MS) => {
    for (let gone = 0; gone < ms; gone += step) {
      await clock.advance(step);
      await idle();
    }
  };
  return { clock, file, asked, proven, faults, begin, idle, pass, first: certificate };
}

test('year after year: each certificate is followed by one of a new key, two thirds into its life, and only when it was proven', async () => {
  const t = await bench();
  const { holder } = t.begin();
  await t.idle();
  await t.pass(100 * DAY_MS);
  expect(t.proven.length).toBeGreaterThanOrEqual(4);
  expect(new Set(t.asked.map(({ key }) => key)).size).toBe(t.proven.length);
  for (const [i, { at }] of t.proven.entries()) {
    const since = at - (t.proven[i - 1]?.at ?? 0);
    expect(since / (30 * DAY_MS)).toBeGreaterThan(0.6);
    expect(since / (30 * DAY_MS)).toBeLessThan(0.73);
  }
  expect(holder.credentials().cert).toBe(t.proven.at(-1)?.cert);
  const { next, ...kept } = readIdentity(t.file);
  expect(next).toBeUndefined();
  expect(kept).toEqual({ device: 'gate', hub: HUB, roots, current: holder.identity.current });
});

test('who trusts the authorities of the system goes on doing so, whatever roots come with a certificate', async () => {
  const t = await bench({ trust: {} });
  const { holder } = t.begin();
  await t.idle();
  await t.pass(45 * DAY_MS);
  expect(t.proven.length).toBeGreaterThanOrEqual(2);
  expect(holder.trust()).toBe('system');
  expect(readIdentity(t.file)).toEqual({ device: 'gate', hub: HUB, current: holder.identity.current });
});

test('a hub that does not answer is asked again with the same key, ever more seldom; a later trouble begins anew', async () => {
  const t = await bench();
  const { holder } = t.begin();
  await t.idle();
  for (const round of [1, 2]) {
    t.faults.hub = async () => {
      throw new Error('ECONNREFUSED');
    };
    const before = t.asked.length;
    while (t.asked.length === before) await t.pass(60_000, 60_000);
    await t.pass(DAY_MS, 60_000);
    const tries = t.asked.slice(before);
    expect(new Set(tries.map(({ key }) => key)).size).toBe(1);
    const waits = tries.slice(1).map(({ at }, i) => at - (tries[i]?.at ?? 0));
    // A minute at most, doubled up to an hour; the steps of this test are a minute more.
    for (const [i, wait] of waits.entries()) {
      const bound = Math.min(60_000 * 2 ** i, HOUR_MS);
      expect(wait, `round ${round}, wait ${i}`).toBeGreaterThanOrEqual(bound / 2);
      expect(wait, `round ${round}, wait ${i}`).toBeLessThanOrEqual(bound + 60_000);
    }
    expect(waits.length).toBeGreaterThan(20);
    t.faults.hub = undefined;
    await t.pass(2 * HOUR_MS, 60_000);
    expect(t.proven).toHaveLength(round);
    expect(holder.credentials().cert).toBe(t.proven.at(-1)?.cert);
  }
}, 60_000);

test.each<[string, () => Promise<Response>]>([
  ['a refusal', async () => new Response(JSON.stringify({ title: 'no', status: 403, detail: 'no' }), { status: 403 })],
  ['no JSON', async () => new Response('<html>')],
  ['a certificate of another key', async () => answer(newKey(), 'gate')],
  ['no certificate', async () => new Response(JSON.stringify({ certificate: 'x', roots }))],
])('%s from the hub changes nothing, and is asked again', async (_what, response) => {
  const t = await bench();
  const { holder } = t.begin();
  await t.idle();
  await t.pass(18 * DAY_MS);
  t.faults.hub = response;
  const before = holder.identity.current;
  await t.pass(4 * DAY_MS);
  expect(t.asked.length).toBeGreaterThan(1);
  expect(holder.identity.current).toEqual(before);
  expect(readIdentity(t.file).next).toEqual({ key: t.asked[0]?.key });
  expect(t.proven).toEqual([]);
});

test('a hub that never answers is given up after half a minute, and asked again; the end does not wait for it', async () => {
  const t = await bench();
  const { renewer } = t.begin();
  await t.idle();
  const reasons: unknown[] = [];
  t.faults.hub = (signal) =>
    new Promise((_, reject) => {
      signal?.addEventListener('abort', () => {
        reasons.push(signal.reason);
        reject(signal.reason);
      });
    });
  await t.clock.advance(renewAt(t.first) - START);
  // However long it takes to ask, no half minute of the clock goes by meanwhile.
  const asked = (count: number, step: number) =>
    until(async () => {
      await t.clock.advance(step);
      return t.asked.length === count;
    }, `it asks, time ${count}`);
  await asked(1, 1);
  await t.clock.advance(30_000);
  await t.idle();
  expect(reasons).toEqual([new Error('no answer in 30 s')]);
  await asked(2, 1000);
  await renewer.stop();
  expect(reasons[1]).toEqual(new Error('stopped'));
  expect(t.clock.waiting.size).toBe(0);
});

test('a certificate that the broker does not take is kept and tried again, while the present one is in use', async () => {
  const t = await bench();
  const { holder } = t.begin();
  await t.idle();
  t.faults.broker = new Error('Not authorized');
  await t.pass(25 * DAY_MS);
  expect(t.asked).toHaveLength(1);
  expect(t.proven.length).toBeGreaterThan(10);
  expect(new Set(t.proven.map(({ cert }) => cert)).size).toBe(1);
  expect(holder.credentials().cert).toBe(t.first);
  t.faults.broker = undefined;
  await t.pass(2 * HOUR_MS);
  expect(holder.credentials().cert).toBe(t.proven[0]?.cert);
  expect(t.asked).toHaveLength(1);
});

test('two renewals are six hours apart, whatever the certificates say', async () => {
  // Of each that the hub gives, five days of six are over.
  const t = await bench({ life: 6 * DAY_MS, begun: 5 * DAY_MS });
  t.begin();
  await t.idle();
  await t.pass(2 * DAY_MS, 10 * 60_000);
  expect(t.proven.length).toBeGreaterThanOrEqual(8);
  for (const [i, { at }] of t.proven.slice(1).entries())
    expect(at - (t.proven[i]?.at ?? 0)).toBeGreaterThanOrEqual(6 * HOUR_MS);
});

test('ended at any step, the next start goes on: with the key that it has, and then with the certificate', async () => {
  const t = await bench();
  const first = t.begin();
  await t.idle();
  await t.pass(18 * DAY_MS);
  t.faults.hub = async () => {
    throw new Error('no network');
  };
  await t.pass(4 * DAY_MS);
  await first.renewer.stop();
  t.faults.hub = undefined;
  t.faults.broker = new Error('no network');
  const second = t.begin();
  await t.idle();
  await t.pass(2 * HOUR_MS);
  expect(new Set(t.asked.map(({ key }) => key)).size).toBe(1);
  const asked = t.asked.length;
  await second.renewer.stop();
  t.faults.broker = undefined;
  const third = t.begin();
  await t.idle();
  expect(t.asked).toHaveLength(asked);
  expect(third.holder.credentials()).toEqual({ key: t.asked[0]?.key, cert: t.proven.at(-1)?.cert });
  const [leaf] = certificatesOf(third.holder.credentials().cert);
  expect(leaf && validityOf(leaf).to).toBeGreaterThan(t.clock.wall());
  await third.renewer.stop();
  // Ended, it does nothing more.
  const proven = t.proven.length;
  await t.clock.advance(60 * DAY_MS);
  expect([t.asked.length, t.proven.length, t.clock.waiting.size]).toEqual([asked, proven, 0]);
});

async function answer(key: ReturnType<typeof newKey>, device: string): Promise<Response> {
  const made = await issueClient(issuer, key, device, { from: START, to: START + 60 * DAY_MS });
  return new Response(JSON.stringify({ certificate: `${made}`, roots }));
}
