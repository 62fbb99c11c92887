/**
 * The client workflow of The Update Framework (specification 1.0.31, part 5) as pure steps: what is trusted, and a new
 * file, give what is trusted next, or a TrustError. Clause numbers stand beside the lines that follow them.
 *
 * Invariants:
 * 1. Every file in `Trusted` was signed by a threshold of the keys that the `root` of then named for its role.
 * 2. Versions of root, timestamp, snapshot and targets never fall, but for 5.3.11.
 * 3. `chainOf` gives the files only when each is the one that the file above it names, so that none is mixed with another time.
 * Expiry is not judged while files are taken in (an old one still guards against rollback) but by `requireFresh`.
 */
import { createHash } from 'node:crypto';
import { TrustError } from './error.ts';
import { countSigners, type MetadataFile, readFile, requireSigned } from './file.ts';
import type { RoleName, RootSigned, SnapshotSigned } from './schema.ts';

export interface Trusted {
  readonly root: MetadataFile<'root'>;
  readonly timestamp?: MetadataFile<'timestamp'>;
  readonly snapshot?: MetadataFile<'snapshot'>;
  readonly targets?: MetadataFile<'targets'>;
}

/** All four, each named by the one above it. */
export type Chain = Required<Trusted>;

/** 5.2: the root that came with the device, or the one of our own state. It must have signed itself; it may have expired. */
export function trustRoot(bytes: Uint8Array): Trusted {
  const root = readFile('root', bytes);
  requireSigned(root.signed, 'root', root);
  return { root };
}

/** 5.3: the next root; no version may be left out. */
export function takeRoot(trusted: Trusted, bytes: Uint8Array): Trusted {
  const root = readFile('root', bytes);
  const before = trusted.root.signed;
  requireSigned(before, 'root', root); // 5.3.4, by the old keys
  requireSigned(root.signed, 'root', root); // and by its own
  if (root.signed.version !== before.version + 1) {
    throw new TrustError('rollback', `root.json ${root.signed.version}: ${before.version + 1} should come next`); // 5.3.5
  }
  // 5.3.11: recovery from fast-forward. What keys that are no longer trusted have said of versions counts no more.
  const rotated = (['timestamp', 'snapshot'] as const).some((name) => !sameKeys(before, root.signed, name));
  if (rotated) return { root };
  const { targets, ...rest } = trusted;
  return targets && countSigners(root.signed, 'targets', targets) >= root.signed.roles.targets.threshold
    ? { ...rest, targets, root }
    : { ...rest, root };
}

/** 5.4. The same version again says nothing new: what is trusted stays. */
export function takeTimestamp(trusted: Trusted, bytes: Uint8Array): Trusted {
  const timestamp = readFile('timestamp', bytes);
  requireSigned(trusted.root.signed, 'timestamp', timestamp); // 5.4.2
  const before = trusted.timestamp?.signed;
  if (before) {
    notOlder('timestamp.json', timestamp.signed.version, before.version); // 5.4.3.1
    if (timestamp.signed.version === before.version) return trusted;
    const [now, then] = [timestamp.signed, before].map((t) => t.meta['snapshot.json'].version);
    notOlder('snapshot.json named by timestamp.json', now ?? 0, then ?? 0); // 5.4.3.2
  }
  return { ...trusted, timestamp };
}

/** 5.5 */
export function takeSnapshot(trusted: Trusted, bytes: Uint8Array): Trusted {
  const { timestamp } = trusted;
  if (!timestamp) throw new TrustError('missing', 'snapshot.json: there is no timestamp.json yet');
  const snapshot = readFile('snapshot', bytes);
  requireNamed(snapshot, timestamp.signed.meta['snapshot.json']); // 5.5.2, 5.5.4
  requireSigned(trusted.root.signed, 'snapshot', snapshot); // 5.5.3
  const before = trusted.snapshot?.signed;
  if (before) notOlder('targets.json named by snapshot.json', targetsVersion(snapshot.signed), targetsVersion(before)); // 5.5.5
  return { ...trusted, snapshot };
}

/** 5.6 */
export function takeTargets(trusted: Trusted, bytes: Uint8Array): Trusted {
  const { snapshot } = trusted;
  if (!snapshot) throw new TrustError('missing', 'targets.json: there is no snapshot.json yet');
  const targets = readFile('targets', bytes);
  requireNamed(targets, snapshot.signed.meta['targets.json']); // 5.6.2, 5.6.4
  requireSigned(trusted.root.signed, 'targets', targets); // 5.6.3
  return { ...trusted, targets };
}

/**
 * The whole chain, each file being the one that the file above it names.
 * @throws TrustError `missing` or `mismatch`: a refresh has not got to its end
 */
export function chainOf(trusted: Trusted): Chain {
  const { root, timestamp, snapshot, targets } = trusted;
  if (!timestamp || !snapshot || !targets) {
    throw new TrustError('missing', 'no complete set of signed metadata has been received yet');
  }
  requireNamed(snapshot, timestamp.signed.meta['snapshot.json']);
  requireNamed(targets, snapshot.signed.meta['targets.json']);
  return { root, timestamp, snapshot, targets };
}

/** 5.3.10, 5.4.4, 5.5.6, 5.6.5: a device is not kept on old files for ever. @param now milliseconds since 1970 (time.ts) */
export function requireFresh(chain: Chain, now: number): void {
  for (const { role, signed } of [chain.root, chain.timestamp, chain.snapshot, chain.targets]) {
    if (now < Date.parse(signed.expires)) continue;
    throw new TrustError(
      'expired',
      `${role}.json ${signed.version} has expired at ${signed.expires}, and it is ${new Date(now).toISOString()}`,
    );
  }
}

/** Has a role the same set of keys in both? */
function sameKeys(a: RootSigned, b: RootSigned, role: RoleName): boolean {
  const of = ({ roles }: RootSigned) => [...roles[role].keyids].sort().join();
  return of(a) === of(b);
}

function targetsVersion(snapshot: SnapshotSigned): number {
  return snapshot.meta['targets.json'].version;
}

function notOlder(what: string, found: number, trusted: number): void {
  if (found < trusted) throw new TrustError('rollback', `${what}: version ${found} is older than the ${trusted} known`);
}

/** Is this the file that another one names by version, length and hash? */
export function isNamed(
  file: { readonly bytes: Uint8Array; readonly signed: { readonly version: number } },
  named: Named,
) {
  if (file.signed.version !== named.version || file.bytes.length !== named.length) return false;
  return createHash('sha256').update(file.bytes).digest('hex') === named.hashes.sha256;
}

interface Named {
  readonly version: number;
  readonly length: number;
  readonly hashes: { readonly sha256: string };
}

function requireNamed(file: MetadataFile<'snapshot' | 'targets'>, named: Named): void {
  if (isNamed(file, named)) return;
  const { role, signed } = file;
  throw new TrustError('mismatch', `${role}.json ${signed.version} is not the file that is named (${named.version})`);
}
