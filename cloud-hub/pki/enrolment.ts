/**
 * Lets boxes in and renews their certificates. What is decided is in decide.ts; this reads what it needs, signs, and writes all of it in one
 * transaction. A certificate that was signed and not written was never given to anybody.
 */
import type { EnrolAnswer, Enrolled, Renewed } from '../../shared/contract/enrolment.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { DAY_MS } from '../../shared/kit/durations.ts';
import { claimText, parseClaim } from '../../shared/pki/claim.ts';
import { pemOf, validityOf } from '../../shared/pki/pem.ts';
import type { ClaimView, NewClaim } from '../contract/enrolment.ts';
import { digestSecret, newSecret } from '../identity/secrets.ts';
import type { Act } from '../store/audit.ts';
import type { NewCertificate } from '../store/certificates.ts';
import type { HubStore, Parts } from '../store/store.ts';
import type { HubAuthority } from './authority.ts';
import type { ClientVerdict } from './clients.ts';
import { decideEnrolment, type Refusal } from './decide.ts';
import { type Asked, checkRequest } from './request.ts';

/** Certificates of devices live so long; ten minutes of them are for clocks that differ. */
export const DEVICE_DAYS = 30;
const RETRY_S = 5;
/** New certificates of one device within a day: it needs one in twenty days. Each is signed and kept. */
const MOST_RENEWALS_PER_DAY = 20;

export class EnrolmentError extends Error {
  override readonly name = 'EnrolmentError';
  readonly why: Refusal | 'no certificate' | 'too late' | 'too often' | 'another name';
  constructor(why: EnrolmentError['why'], message: string) {
    super(message);
    this.why = why;
  }
}

const words: Readonly<Record<Refusal, string>> = {
  'unknown claim': 'the hub does not know this claim',
  revoked: 'this claim was revoked',
  expired: 'this claim has expired',
  'used up': 'this claim was used as often as it may be',
  'name taken': 'another box has this name: choose one with --name, or delete that device at the hub first',
  'refused by a person': 'a person refused to let this box in',
};

export interface EnrolmentOptions {
  readonly store: HubStore;
  readonly authority: HubAuthority;
  /** What the box is told beside its certificate. */
  readonly surroundings: () => Pick<Enrolled, 'broker' | 'trustRoot' | 'hasOwnCertificate'>;
  /** How long after its end a certificate can be renewed, in days. */
  readonly graceDays: number;
  /** The list of revoked certificates changed. */
  readonly revoked: (device: string) => void;
  readonly clock: Pick<Clock, 'wall'>;
}

export class Enrolment {
  readonly #options: EnrolmentOptions;

  constructor(options: EnrolmentOptions) {
    this.#options = options;
  }

  /** @returns the claim, which is shown only now */
  async newClaim(asked: NewClaim, act: Act): Promise<{ readonly claim: string; readonly view: ClaimView }> {
    const { store, authority, surroundings } = this.#options;
    const secret = newSecret();
    const view = await store.transact(async (tx) => {
      const id = await tx.claims.add(digestSecret(secret), asked, act);
      await tx.audit.add(act, 'claim.add', String(id), { ...asked });
      return tx.claims.view(id);
    });
    if (!view) throw new Error('the claim that was written is not there');
    const root = surroundings().hasOwnCertificate ? { root: authority.fingerprint() } : {};
    return { claim: claimText({ secret, ...root }), view };
  }

  /** False when there is none to revoke. */
  async revokeClaim(id: number, act: Act): Promise<boolean> {
    const { store } = this.#options;
    return store.transact(async (tx) => {
      if (!(await tx.claims.revoke(id, act.at))) return false;
      await tx.audit.add(act, 'claim.revoke', String(id));
      return true;
    });
  }

  /**
   * @param address of the box, for people
   * @throws RequestFault; EnrolmentError
   */
  async enrol(claim: string, request: string, address: string): Promise<EnrolAnswer> {
    const secret = parseClaim(claim)?.secret;
    const hash = secret === undefined ? '' : digestSecret(secret);
    // Whoever has no claim gets nothing parsed but that.
    if (!(await this.#options.store.claims.byHash(hash))) throw refusal('unknown claim');
    const asked = await checkRequest(request);
    // Made ahead, because a transaction cannot wait; thrown away where it is not needed.
    const made =
      (await this.#decide(this.#options.store, hash, asked)).kind === 'issue' ? await this.#sign(asked) : undefined;
    return this.#options.store.transact(async (tx) => this.#carryOut(tx, hash, asked, made, address));
  }

  async #decide(tx: Parts, hash: string, { device, fingerprint: key }: Asked) {
    const { clock } = this.#options;
    const now = clock.wall();
    const certificate = await tx.certificates.ofKey(device, key);
    return decideEnrolment({
      claim: await tx.claims.byHash(hash),
      key,
      earlier: await tx.claims.enrolment(device),
      isKnown: (await tx.devices.get(device)) !== undefined,
      hasCertificate: certificate !== undefined && certificate.revokedAt === undefined && certificate.endsAt > now,
      now,
    });
  }

  /** In one transaction. */
  async #carryOut(
    tx: Parts,
    hash: string,
    asked: Asked,
    made: NewCertificate | undefined,
    address: string,
  ): Promise<EnrolAnswer> {
    const { clock } = this.#options;
    const { device, fingerprint: key } = asked;
    const decision = await this.#decide(tx, hash, asked);
    const claim = await tx.claims.byHash(hash);
    const now = clock.wall();
    const act: Act = { at: now, actor: `claim ${claim?.id ?? ''}` };
    const ask = async (state: 'waiting' | 'enrolled') => {
      if (!claim) throw refusal('unknown claim');
      await tx.claims.forget(device);
      await tx.claims.ask({ claim: claim.id, device, key, state, address }, now);
      await tx.claims.count(claim.id, 1);
    };
    switch (decision.kind) {
      case 'refuse':
        throw refusal(decision.why);
      case 'wait':
        if (decision.isNew) {
          await ask('waiting');
          await tx.audit.add(act, 'device.ask', device, { fingerprint: key, address });
        }
        return { state: 'waiting', device, fingerprint: key, retryS: RETRY_S };
      case 'repeat': {
        const given = await tx.certificates.ofKey(device, key);
        if (!given) throw refusal('used up');
        return this.#answer(device, given.pem);
      }
      case 'issue': {
        // Decided otherwise a moment ago: the box asks again.
        if (!made) return { state: 'waiting', device, fingerprint: key, retryS: RETRY_S };
        const earlier = await tx.claims.enrolment(device);
        if (decision.counts) await ask('enrolled');
        else if (earlier) await tx.claims.decide(earlier.id, 'enrolled');
        await tx.devices.enrol(device, claim?.labels ?? {}, now);
        await tx.certificates.add(made);
        await tx.audit.add(act, 'device.enrol', device, { fingerprint: key, serial: made.serial, address });
        return this.#answer(device, made.pem);
      }
    }
  }

  #answer(device: string, certificate: string): Enrolled {
    const { authority, surroundings } = this.#options;
    const roots = pemOf(authority.roots());
    return { state: 'enrolled', device, certificate, roots, ...surroundings() };
  }

  async #sign({ device, publicKey, fingerprint: key }: Asked): Promise<NewCertificate> {
    const { authority, clock } = this.#options;
    const now = clock.wall();
    const certificate = await authority.issueClient(publicKey, device, now, DEVICE_DAYS);
    return {
      serial: certificate.serialNumber,
      device,
      key,
      pem: `${pemOf([certificate])}${authority.chain()}`,
      issuedAt: now,
      endsAt: validityOf(certificate).to,
    };
  }

  /** A person lets a box in that waits; false when there is none. */
  async approve(id: number, act: Act): Promise<boolean> {
    return this.#byPerson(id, act, 'approved');
  }

  /** A person turns away a box that waits, or that was let in and has not come for its certificate; the claim gets its use back. */
  async refuse(id: number, act: Act): Promise<boolean> {
    return this.#byPerson(id, act, 'refused');
  }

  async #byPerson(id: number, act: Act, state: 'approved' | 'refused'): Promise<boolean> {
    const { store } = this.#options;
    return store.transact(async (tx) => {
      const asked = await tx.claims.enrolmentById(id);
      const isOpen = asked?.state === 'waiting' || (asked?.state === 'approved' && state === 'refused');
      if (!asked || !isOpen) return false;
      await tx.claims.decide(id, state, act.actor);
      if (state === 'refused') await tx.claims.count(asked.claim, -1);
      const action = state === 'approved' ? 'device.approve' : 'device.refuse';
      await tx.audit.add(act, action, asked.device, { fingerprint: asked.key });
      return true;
    });
  }

  /**
   * A certificate for a new key of the device at the other end of a connection, which has proven its present key there.
   * @throws RequestFault; EnrolmentError
   */
  async renew(client: ClientVerdict, request: string): Promise<Renewed> {
    const { store, authority, graceDays, clock } = this.#options;
    if (client.kind === 'none' || client.kind === 'refused') {
      const why = client.kind === 'none' ? 'the connection has no client certificate' : client.why;
      throw new EnrolmentError('no certificate', `a certificate is renewed over a connection with it: ${why}`);
    }
    const asked = await checkRequest(request);
    if (asked.device !== client.device)
      throw new EnrolmentError(
        'another name',
        `the connection is one of "${client.device}", the request of "${asked.device}"`,
      );
    if (client.kind === 'expired' && clock.wall() > client.at + graceDays * DAY_MS)
      throw new EnrolmentError(
        'too late',
        `the certificate ended more than ${graceDays} days ago: enrol again with a new claim`,
      );
    const roots = pemOf(authority.roots());
    const before = await store.certificates.ofKey(asked.device, asked.fingerprint);
    // An answer that got lost; the key of the present certificate gets no second one.
    if (before?.serial === client.serial)
      throw new EnrolmentError('another name', 'a new certificate is for a new key');
    if (before && before.revokedAt === undefined && before.endsAt > clock.wall())
      return { certificate: before.pem, roots };
    await this.#requireSeldom(store, asked.device);
    const made = await this.#sign(asked);
    return store.transact(async (tx) => {
      // Others may have been signed meanwhile.
      await this.#requireSeldom(tx, asked.device);
      // It may have been revoked while it was signed.
      const noted = await tx.certificates.bySerial(client.serial);
      if (noted?.revokedAt !== undefined || (await tx.devices.get(asked.device)) === undefined)
        throw new EnrolmentError('no certificate', 'the certificate was revoked');
      await tx.certificates.add(made);
      const act = { at: clock.wall(), actor: `device ${asked.device}` };
      await tx.audit.add(act, 'certificate.renew', asked.device, { serial: made.serial, before: client.serial });
      return { certificate: made.pem, roots };
    });
  }

  async #requireSeldom(tx: Parts, device: string): Promise<void> {
    const { clock } = this.#options;
    if ((await tx.certificates.countSince(device, clock.wall() - DAY_MS)) < MOST_RENEWALS_PER_DAY) return;
    const message = `the device has had ${MOST_RENEWALS_PER_DAY} certificates within a day: try again tomorrow; if it was not you, revoke it`;
    throw new EnrolmentError('too often', message);
  }

  /** Takes back all certificates of a device. @returns how many */
  async revoke(device: string, reason: string, act: Act): Promise<number> {
    const { store, graceDays } = this.#options;
    const count = await store.transact(async (tx) => {
      const revoked = await tx.certificates.revoke(device, act.at, reason, act.at - graceDays * DAY_MS);
      if (revoked > 0) await tx.audit.add(act, 'certificate.revoke', device, { reason, certificates: revoked });
      return revoked;
    });
    this.#options.revoked(device);
    return count;
  }
}

function refusal(why: Refusal): EnrolmentError {
  return new EnrolmentError(why, words[why]);
}
