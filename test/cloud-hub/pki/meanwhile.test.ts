/** Signing takes a moment, in which the hub goes on: what happens to box, claim or device meanwhile counts. */
import { expect, onTestFinished, test } from 'vitest';
import type { NewClaim } from '../../../cloud-hub/contract/enrolment.ts';
import { HubAuthority } from '../../../cloud-hub/pki/authority.ts';
import type { ClientVerdict } from '../../../cloud-hub/pki/clients.ts';
import { Enrolment, EnrolmentError } from '../../../cloud-hub/pki/enrolment.ts';
import { openStore } from '../../../cloud-hub/store/store.ts';
import { certificateRequest, keyPem, newKey } from '../../../shared/pki/keys.ts';
import { certificatesOf } from '../../../shared/pki/pem.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';

async function bench() {
  const clock = new ManualClock();
  const store = await openStore(tempFolder(), clock.wall());
  onTestFinished(() => store.close());
  const authority = await HubAuthority.open(tempFolder(), clock.wall());
  const act = () => ({ at: clock.wall(), actor: 'ann' });
  /** What happens after the next certificate was signed, and before it is written. */
  let meanwhile: (() => unknown) | undefined;
  const issueClient: HubAuthority['issueClient'] = async (...asked) => {
    const certificate = await HubAuthority.prototype.issueClient.apply(authority, asked);
    const happens = meanwhile;
    meanwhile = undefined;
    await happens?.();
    return certificate;
  };
  const revoked: string[] = [];
  const enrolment = new Enrolment({
    store,
    authority: new Proxy(authority, {
      get: (of, key) => (key === 'issueClient' ? issueClient : bound(of, Reflect.get(of, key, of))),
    }),
    surroundings: () => ({ broker: { url: 'mqtts://hub:8883' }, hasOwnCertificate: true }),
    graceDays: 30,
    revoked: (device) => revoked.push(device),
    clock,
  });
  const claim = async (more: Partial<NewClaim> = {}) => {
    const made = await enrolment.newClaim({ uses: 1, days: 7, labels: {}, approve: false, ...more }, act());
    return { text: made.claim, id: Number(made.view.id) };
  };
  const ask = async (text: string, device: string, key = keyPem(newKey())) =>
    enrolment
      .enrol(text, await certificateRequest(device, key), '10.0.0.1')
      .catch((error: unknown) => (error instanceof EnrolmentError ? error.why : Promise.reject(error)));
  const enrolled = async (device: string) => {
    const answer = await ask((await claim()).text, device);
    if (typeof answer !== 'object' || answer.state !== 'enrolled') throw new Error(JSON.stringify(answer));
    const [leaf] = certificatesOf(answer.certificate);
    return { kind: 'device', device, serial: leaf?.serialNumber ?? '' } satisfies ClientVerdict;
  };
  const renew = async (client: ClientVerdict, device: string, key = keyPem(newKey())) =>
    enrolment
      .renew(client, await certificateRequest(device, key))
      .catch((error: unknown) => (error instanceof EnrolmentError ? error.why : Promise.reject(error)));
  const certificates = async () => (await store.certificates.list({ limit: 100 })).map(({ device }) => device);
  const audit = async () => (await store.audit.list({ limit: 100 })).map(({ action }) => action);
  return {
    ...{ clock, store, enrolment, act, claim, ask, enrolled, renew, certificates, audit, revoked },
    meanwhile: (happens: () => unknown) => {
      meanwhile = happens;
    },
  };
}

const bound = (of: object, value: unknown) => (typeof value === 'function' ? value.bind(of) : value);

test.each([
  ['its claim was revoked', 'revoked'],
  ['its claim expired', 'expired'],
  ['another box used its claim up', 'used up'],
  ['another box took its name', 'name taken'],
] as const)('a box asks, and meanwhile %s: it is told, and nothing of it is there', async (what, why) => {
  const b = await bench();
  const { text, id } = await b.claim(why === 'name taken' ? { uses: 2 } : {});
  b.meanwhile(async () => {
    if (why === 'revoked') await b.enrolment.revokeClaim(id, b.act());
    if (why === 'expired') await b.clock.advance(8 * 86_400_000);
    if (why === 'used up') await b.ask(text, 'other');
    if (why === 'name taken') await b.ask(text, 'gate');
  });
  expect(await b.ask(text, 'gate'), what).toBe(why);
  const others = { revoked: [], expired: [], 'used up': ['other'], 'name taken': ['gate'] }[why];
  expect(await b.certificates()).toEqual(others);
  expect((await b.audit()).filter((action) => action === 'device.enrol')).toHaveLength(others.length);
  expect((await b.store.devices.get('gate')) !== undefined).toBe(why === 'name taken');
});

test('a box is approved just after it was decided that it waits: it is let in when it asks again', async () => {
  const b = await bench();
  const { text } = await b.claim({ approve: true });
  const key = keyPem(newKey());
  expect(await b.ask(text, 'gate', key)).toMatchObject({ state: 'waiting' });
  const [asked] = await b.store.claims.enrolments({ limit: 10 });
  expect(await b.enrolment.approve(Number(asked?.id), b.act())).toBe(true);
  // Turned away while its certificate is signed.
  b.meanwhile(() => b.enrolment.refuse(Number(asked?.id), b.act()));
  expect(await b.ask(text, 'gate', key)).toBe('refused by a person');
  expect(await b.certificates()).toEqual([]);
  expect(await b.store.devices.get('gate')).toBeUndefined();
});

test.each([
  ['its certificate was revoked', 'revoked'],
  ['it was deleted', 'deleted'],
  ['it was deleted, and enrolled by another box', 'another'],
] as const)('a device renews, and meanwhile %s: it gets nothing', async (_what, how) => {
  const b = await bench();
  const client = await b.enrolled('gate');
  b.meanwhile(async () => {
    if (how === 'revoked') return void b.enrolment.revoke('gate', 'stolen', b.act());
    await b.store.devices.remove('gate');
    await b.store.claims.forget('gate');
    if (how !== 'another') return;
    await b.store.certificates.revoke('gate', b.clock.wall(), 'the device was deleted', 0);
    await b.enrolled('gate');
  });
  expect(await b.renew(client, 'gate')).toBe('no certificate');
  expect((await b.certificates()).length).toBe(how === 'another' ? 2 : 1);
  expect(await b.audit()).not.toContain('certificate.renew');
});

test('what only others did meanwhile is no reason', async () => {
  const b = await bench();
  const [gate, other] = [await b.enrolled('gate'), await b.enrolled('other')];
  b.meanwhile(() => b.enrolment.revoke('other', 'stolen', b.act()));
  expect(await b.renew(gate, 'gate')).toMatchObject({ certificate: expect.stringContaining('BEGIN CERTIFICATE') });
  expect(b.revoked).toEqual(['other']);
  expect(await b.renew(other, 'other')).toBe('no certificate');
});
