/**
 * The repository of signed metadata that the hub serves: `N.root.json`, `N.targets.json`, `N.snapshot.json`, `timestamp.json` in
 * `trust/metadata` of the data folder.
 *
 * Invariants:
 * 1. Roots and targets come signed from outside and are published only when a device would take them: they go through the
 *    same steps (shared/trust/workflow.ts).
 * 2. `timestamp.json` is the commit: what it leads to is the state. Files with a higher version that it does not lead to are
 *    rests of a crash, and are written over.
 * 3. Snapshot and timestamp are signed anew well before they expire (`renew`), with a version that is one higher.
 *
 * Crash behaviour: the state before or the state after; every file is written whole. A root that was written before its new
 * timestamp is seen at the next start, which signs one.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../../../shared/kit/clock.ts';
import { writeDurably } from '../../../shared/kit/durable-file.ts';
import { DAY_MS } from '../../../shared/kit/durations.ts';
import { TrustError } from '../../../shared/trust/error.ts';
import { countSigners, type MetadataFile, readFile } from '../../../shared/trust/file.ts';
import type { SignedOf } from '../../../shared/trust/schema.ts';
import { metadataBytes, type SigningKey, SPEC_VERSION, signMetadata } from '../../../shared/trust/sign.ts';
import {
  chainOf,
  type Trusted,
  takeRoot,
  takeSnapshot,
  takeTargets,
  takeTimestamp,
  trustRoot,
} from '../../../shared/trust/workflow.ts';
import type { OnlineKeys, OnlineRole } from './online-keys.ts';

/** How long the hub vouches for freshness; signed anew when half of it is over. */
const LIFE_MS: Readonly<Record<OnlineRole, number>> = { timestamp: 2 * DAY_MS, snapshot: 30 * DAY_MS };

/** The names that are served. */
const SERVED = /^(\d{1,10}\.(root|targets|snapshot)|timestamp)\.json$/;

export class Repository {
  readonly #folder: string;
  readonly #keys: OnlineKeys;
  readonly #clock: Pick<Clock, 'wall'>;
  #state: Trusted | undefined;

  /** @throws TrustError when what lies in the folder was changed by somebody */
  constructor(folder: string, keys: OnlineKeys, clock: Pick<Clock, 'wall'>) {
    this.#folder = folder;
    this.#keys = keys;
    this.#clock = clock;
    this.#state = this.#load();
    if (this.#state) this.#keys.adopt(this.#state.root.signed);
    this.renew();
  }

  /** What is published; undefined before the first root. */
  get state(): Trusted | undefined {
    return this.#state;
  }

  /** The bytes of a file as devices get it; undefined for a name that is none. */
  file(name: string): Buffer | undefined {
    if (!SERVED.test(name)) return undefined;
    const file = path.join(this.#folder, name);
    return existsSync(file) ? readFileSync(file) : undefined;
  }

  /** Has targets.json this package? */
  isSigned(target: string, digest: string): boolean {
    const targets = this.#state?.targets?.signed.targets;
    const found = targets && Object.hasOwn(targets, target) ? targets[target] : undefined;
    return found !== undefined && `sha256:${found.hashes.sha256}` === digest;
  }

  /** @throws TrustError: a device would not take it, or it does not name the hub's own keys */
  publishRoot(bytes: Uint8Array): void {
    const next = this.#state ? takeRoot(this.#state, bytes) : trustRoot(bytes);
    if (!this.#state && next.root.signed.version !== 1) {
      throw new TrustError('mismatch', `the first root must be version 1, this is ${next.root.signed.version}`);
    }
    this.#own('snapshot', next.root.signed);
    this.#own('timestamp', next.root.signed);
    this.#write(`${next.root.signed.version}.root.json`, bytes);
    this.#keys.adopt(next.root.signed);
    // Versions go on, also where a device would begin anew: others may not have seen the root yet.
    this.#state = { ...this.#state, root: next.root };
    if (this.#state.targets && this.#holds(this.#state.targets)) this.#sign(this.#state.targets.bytes);
  }

  /** @throws TrustError: a device would not take it */
  publishTargets(bytes: Uint8Array): void {
    if (!this.#state) throw new TrustError('missing', 'publish a root first (`vedette-hub keys init`)');
    const targets = readFile('targets', bytes);
    const before = this.#state.targets?.signed.version ?? 0;
    if (targets.signed.version <= before) {
      throw new TrustError('rollback', `targets.json ${targets.signed.version}: ${before + 1} should come next`);
    }
    this.#sign(bytes);
  }

  /**
   * Signs snapshot and timestamp anew when half of their life is over, when the root names other keys, or when the clock was
   * ahead at the last time. True when something was signed.
   */
  renew(): boolean {
    const { timestamp, snapshot, targets } = this.#state ?? {};
    if (!targets || !this.#holds(targets)) return false;
    if (!timestamp || !snapshot || !this.#holds(timestamp) || !this.#holds(snapshot) || this.#isOld(snapshot)) {
      this.#sign(targets.bytes);
      return true;
    }
    if (!this.#isOld(timestamp) && Date.parse(timestamp.signed.x_signed_at ?? '') <= this.#clock.wall()) return false;
    this.#signTimestamp(snapshot.bytes, snapshot.signed.version);
    return true;
  }

  #isOld({ role, signed }: MetadataFile<OnlineRole>): boolean {
    return Date.parse(signed.expires) - this.#clock.wall() < LIFE_MS[role] / 2;
  }

  /** Is a file signed as the present root wants it? */
  #holds(file: MetadataFile<'targets' | 'snapshot' | 'timestamp'>): boolean {
    const root = this.#state?.root.signed;
    return root !== undefined && countSigners(root, file.role, file) >= root.roles[file.role].threshold;
  }

  /** Targets, and with them a new snapshot and a new timestamp, in an order that leaves no half. */
  #sign(targetsBytes: Uint8Array): void {
    if (!this.#state) return;
    const { root } = this.#state;
    const targets = readFile('targets', targetsBytes);
    const version = (this.#state.snapshot?.signed.version ?? 0) + 1;
    const snapshot: SignedOf<'snapshot'> = {
      _type: 'snapshot',
      spec_version: SPEC_VERSION,
      version,
      expires: this.#in('snapshot'),
      meta: { 'targets.json': named(targetsBytes, targets.signed.version) },
    };
    const bytes = metadataBytes(signMetadata<'snapshot'>(snapshot, [this.#own('snapshot', root.signed)]));
    const timestamp = this.#timestamp(bytes, version);
    // The same steps as a device: nothing is written that it would refuse. It may know nothing but the root.
    const seen = takeTargets(takeSnapshot(takeTimestamp({ root }, timestamp), bytes), targetsBytes);
    this.#write(`${targets.signed.version}.targets.json`, targetsBytes);
    this.#write(`${version}.snapshot.json`, bytes);
    this.#write('timestamp.json', timestamp);
    this.#state = seen;
  }

  #signTimestamp(snapshotBytes: Uint8Array, version: number): void {
    if (!this.#state) return;
    const bytes = this.#timestamp(snapshotBytes, version);
    const next = takeTimestamp(this.#state, bytes);
    this.#write('timestamp.json', bytes);
    this.#state = next;
  }

  #timestamp(snapshotBytes: Uint8Array, snapshotVersion: number): Buffer {
    if (!this.#state) throw new TrustError('missing', 'there is no root');
    const signed: SignedOf<'timestamp'> = {
      _type: 'timestamp',
      spec_version: SPEC_VERSION,
      version: (this.#state.timestamp?.signed.version ?? 0) + 1,
      expires: this.#in('timestamp'),
      meta: { 'snapshot.json': named(snapshotBytes, snapshotVersion) },
      x_signed_at: new Date(this.#clock.wall()).toISOString(),
    };
    return metadataBytes(signMetadata<'timestamp'>(signed, [this.#own('timestamp', this.#state.root.signed)]));
  }

  /** @throws TrustError when the root names no key of the hub for this role */
  #own(role: OnlineRole, root: SignedOf<'root'>): SigningKey {
    const key = this.#keys.current(role, root);
    if (!key) throw new TrustError('mismatch', `root.json ${root.version} does not name the hub's key for ${role}`);
    if (root.roles[role].threshold > 1) {
      throw new TrustError(
        'mismatch',
        `root.json ${root.version}: the threshold of ${role} must be 1, the hub has one key`,
      );
    }
    return key;
  }

  #in(role: OnlineRole): string {
    return new Date(this.#clock.wall() + LIFE_MS[role]).toISOString();
  }

  #write(name: string, bytes: Uint8Array): void {
    writeDurably(path.join(this.#folder, name), bytes, 0o600);
  }

  #load(): Trusted | undefined {
    let version = 1;
    while (this.file(`${version + 1}.root.json`)) version++;
    const rootBytes = this.file(`${version}.root.json`);
    if (!rootBytes) return undefined;
    const { root } = trustRoot(rootBytes);
    const timestampBytes = this.file('timestamp.json');
    if (!timestampBytes) return { root };
    // Signatures may be of keys that the newest root has rotated out; `renew` signs anew.
    const timestamp = readFile('timestamp', timestampBytes);
    const snapshot = this.#follow('snapshot', timestamp.signed.meta['snapshot.json'].version);
    const targets = this.#follow('targets', snapshot.signed.meta['targets.json'].version);
    // Whoever changed a file has not changed the one that names it.
    return chainOf({ root, timestamp, snapshot, targets });
  }

  #follow<R extends 'snapshot' | 'targets'>(role: R, version: number) {
    const bytes = this.file(`${version}.${role}.json`);
    if (!bytes) throw new TrustError('missing', `${version}.${role}.json is missing in ${this.#folder}`);
    return readFile(role, bytes);
  }
}

function named(bytes: Uint8Array, version: number) {
  return { version, length: bytes.length, hashes: { sha256: createHash('sha256').update(bytes).digest('hex') } };
}
