/** A repository of signed metadata in memory, whose owner (or thief) can sign whatever a test wants with any keys. */
import { createHash } from 'node:crypto';
import {
  type Envelope,
  type RoleName,
  type RootSigned,
  roleNames,
  type SignedOf,
} from '../../../shared/trust/schema.ts';
import {
  metadataBytes,
  newSigningKey,
  type SigningKey,
  SPEC_VERSION,
  signMetadata,
} from '../../../shared/trust/sign.ts';
import type { Fetched, FetchMetadata } from '../../../shared/trust/trust.ts';

export const DAY = 86_400_000;
export const START = Date.UTC(2026, 5, 1);

const iso = (ms: number) => new Date(ms).toISOString();

export type Keys = Record<RoleName, readonly SigningKey[]>;

export function newKeys(counts: Partial<Record<RoleName, number>> = {}): Keys {
  const make = (role: RoleName) => Array.from({ length: counts[role] ?? 1 }, newSigningKey);
  return { root: make('root'), targets: make('targets'), snapshot: make('snapshot'), timestamp: make('timestamp') };
}

export class Forge {
  readonly files = new Map<string, Uint8Array>();
  keys: Keys;
  thresholds: Record<RoleName, number>;
  versions: Record<RoleName, number> = { root: 0, targets: 0, snapshot: 0, timestamp: 0 };
  targets: Record<string, { length: number; hashes: { sha256: string } }> = {};
  now = START;
  /** What the hub says the time is. */
  date: number | undefined = undefined;

  constructor(keys = newKeys(), thresholds: Partial<Record<RoleName, number>> = {}) {
    this.keys = keys;
    this.thresholds = { root: 1, targets: 1, snapshot: 1, timestamp: 1, ...thresholds };
    this.publishRoot(keys.root);
    this.publish();
  }

  get root(): Uint8Array {
    return this.file('1.root.json');
  }

  file(name: string): Uint8Array {
    const found = this.files.get(name);
    if (!found) throw new Error(`no ${name}`);
    return found;
  }

  readonly fetch: FetchMetadata = async (name): Promise<Fetched | undefined> => {
    const bytes = this.files.get(name);
    return bytes && { bytes, date: this.date };
  };

  addTarget(path: string, content: string | Uint8Array = path): void {
    this.targets[path] = {
      length: content.length,
      hashes: { sha256: createHash('sha256').update(content).digest('hex') },
    };
  }

  /** A new root with the present keys (or foreign ones for some roles), signed by these. */
  publishRoot(
    signers: readonly SigningKey[],
    foreign: Partial<Record<RoleName, readonly Pick<SigningKey, 'id' | 'public'>[]>> = {},
    change: Partial<RootSigned> = {},
  ): void {
    const version = ++this.versions.root;
    const named = { ...this.keys, ...foreign };
    const role = (name: RoleName) => ({ keyids: named[name].map((k) => k.id), threshold: this.thresholds[name] });
    const signed: RootSigned = {
      _type: 'root',
      spec_version: SPEC_VERSION,
      version,
      expires: iso(this.now + 365 * DAY),
      consistent_snapshot: true,
      keys: Object.fromEntries(roleNames.flatMap((name) => named[name].map((k) => [k.id, k.public]))),
      roles: { root: role('root'), targets: role('targets'), snapshot: role('snapshot'), timestamp: role('timestamp') },
      ...change,
    };
    this.put(`${version}.root.json`, signMetadata<'root'>(signed, signers));
  }

  /** New targets, snapshot and timestamp. */
  publish(signers: Partial<Keys> = {}): void {
    this.publishTargets(signers.targets);
    this.publishSnapshot(signers.snapshot);
    this.publishTimestamp(signers.timestamp);
  }

  publishTargets(signers = this.keys.targets, change: Partial<SignedOf<'targets'>> = {}): void {
    const version = ++this.versions.targets;
    this.put(
      `${version}.targets.json`,
      signMetadata<'targets'>(
        {
          _type: 'targets',
          spec_version: SPEC_VERSION,
          version,
          expires: iso(this.now + 365 * DAY),
          targets: { ...this.targets },
          ...change,
        },
        signers,
      ),
    );
  }

  publishSnapshot(signers = this.keys.snapshot, change: Partial<SignedOf<'snapshot'>> = {}): void {
    const version = ++this.versions.snapshot;
    this.put(
      `${version}.snapshot.json`,
      signMetadata<'snapshot'>(
        {
          _type: 'snapshot',
          spec_version: SPEC_VERSION,
          version,
          expires: iso(this.now + 30 * DAY),
          meta: { 'targets.json': this.named('targets') },
          ...change,
        },
        signers,
      ),
    );
  }

  publishTimestamp(signers = this.keys.timestamp, change: Partial<SignedOf<'timestamp'>> = {}): void {
    const version = ++this.versions.timestamp;
    this.put(
      'timestamp.json',
      signMetadata<'timestamp'>(
        {
          _type: 'timestamp',
          spec_version: SPEC_VERSION,
          version,
          expires: iso(this.now + 2 * DAY),
          meta: { 'snapshot.json': this.named('snapshot') },
          x_signed_at: iso(this.now),
          ...change,
        },
        signers,
      ),
    );
  }

  put(name: string, file: Envelope): void {
    this.files.set(name, metadataBytes(file));
  }

  named(role: 'snapshot' | 'targets') {
    const bytes = this.file(`${this.versions[role]}.${role}.json`);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { version: this.versions[role], length: bytes.length, hashes: { sha256 } };
  }
}
