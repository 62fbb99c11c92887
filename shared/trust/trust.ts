/**
 * The verifier that a device (or the hub, of itself) keeps: refreshes signed metadata, keeps what is trusted on disk, and
 * says what a target must be. A model that serves already is never taken away by anything here: trust is asked before an
 * installation only.
 */
import type { Clock } from '../kit/clock.ts';
import { singleFlight } from '../kit/single-flight.ts';
import { TrustError } from './error.ts';
import { maxBytesOf, type Target } from './schema.ts';
import { loadTrusted, saveTrusted } from './state.ts';
import { referenceTime, type TimeSources } from './time.ts';
import {
  chainOf,
  isNamed,
  requireFresh,
  type Trusted,
  takeRoot,
  takeSnapshot,
  takeTargets,
  takeTimestamp,
  trustRoot,
} from './workflow.ts';

/** A file of the repository, or undefined when there is none. */
export interface Fetched {
  readonly bytes: Uint8Array;
  /** `Date` of the answer, milliseconds since 1970. */
  readonly date?: number | undefined;
}

/**
 * Fetches one metadata file, for example `timestamp.json` or `3.root.json`.
 * @throws TrustError `size` beyond `maxBytes`, `unreachable` when it cannot be had in time
 */
export type FetchMetadata = (file: string, maxBytes: number) => Promise<Fetched | undefined>;

export interface TrustOptions {
  /** Of the state; made when missing. */
  readonly folder: string;
  /** The root that came with the device. */
  readonly root: Uint8Array;
  readonly fetch: FetchMetadata;
  readonly clock: Pick<Clock, 'wall'>;
  readonly quality: () => TimeSources['quality'];
  /** Called when a kept state cannot be used. */
  readonly onDamaged?: (reason: string) => void;
}

/** What the metadata says of a target. */
export interface TrustedTarget {
  readonly path: string;
  /** `sha256:HEX` */
  readonly digest: string;
  readonly bytes: number;
}

export interface Trust {
  /**
   * Fetches what is new and verifies it; several at once are one. What was verified before a failure stays.
   * @throws TrustError
   */
  refresh(): Promise<void>;
  /**
   * What a target must be, by a complete set that has not expired.
   * @throws TrustError `missing`: no complete set, or no such target; `expired`; `mismatch`
   */
  target(path: string): TrustedTarget;
  /** Versions of what is trusted, for logs. */
  versions(): Readonly<Record<'root' | 'timestamp' | 'snapshot' | 'targets', number | undefined>>;
}

/** Most new roots in one refresh (5.3.3). */
const MAX_ROOTS = 64;

/** @throws TrustError when the root that came with the device is none */
export function createTrust(options: TrustOptions): Trust {
  const { folder, fetch, clock, quality } = options;
  const loaded = loadTrusted(folder, options.root);
  if (loaded.damaged !== undefined) options.onDamaged?.(loaded.damaged);
  let trusted = loaded.trusted;
  let hubTime: number | undefined;

  const now = () => {
    const signedAt = trusted.timestamp?.signed.x_signed_at;
    const floor = signedAt === undefined ? undefined : Date.parse(signedAt);
    return referenceTime({ wall: clock.wall(), quality: quality(), hub: hubTime, floor });
  };
  const keep = (next: Trusted) => {
    if (next === trusted) return;
    saveTrusted(folder, options.root, next);
    trusted = next;
  };
  const get = async (file: string, maxBytes: number) => {
    const fetched = await fetch(file, maxBytes);
    if (fetched && fetched.bytes.length > maxBytes)
      throw new TrustError('size', `${file}: more than ${maxBytes} bytes`);
    if (fetched?.date !== undefined) hubTime = fetched.date;
    return fetched?.bytes;
  };
  const must = async (file: string, maxBytes: number) => {
    const bytes = await get(file, maxBytes);
    if (!bytes) throw new TrustError('missing', `the hub has no ${file}`);
    return bytes;
  };

  const refresh = async () => {
    for (let count = 0; count < MAX_ROOTS; count++) {
      const bytes = await get(`${trusted.root.signed.version + 1}.root.json`, maxBytesOf.root);
      if (!bytes) break;
      keep(takeRoot(trusted, bytes));
    }
    keep(takeTimestamp(trusted, await must('timestamp.json', maxBytesOf.timestamp)));
    const snapshot = trusted.timestamp?.signed.meta['snapshot.json'];
    if (snapshot && !isWhole(trusted, 'snapshot')) {
      keep(
        takeSnapshot(trusted, await must(`${snapshot.version}.snapshot.json`, bounded(snapshot.length, 'snapshot'))),
      );
    }
    const targets = trusted.snapshot?.signed.meta['targets.json'];
    if (targets && !isWhole(trusted, 'targets')) {
      keep(takeTargets(trusted, await must(`${targets.version}.targets.json`, bounded(targets.length, 'targets'))));
    }
    requireFresh(chainOf(trusted), now());
  };

  return {
    refresh: singleFlight(refresh),
    target(path) {
      const chain = chainOf(trusted);
      requireFresh(chain, now());
      const { targets } = chain.targets.signed;
      const found: Target | undefined = Object.hasOwn(targets, path) ? targets[path] : undefined;
      if (!found) throw new TrustError('missing', `${path} is not in targets.json ${chain.targets.signed.version}`);
      return { path, digest: `sha256:${found.hashes.sha256}`, bytes: found.length };
    },
    versions: () => ({
      root: trusted.root.signed.version,
      timestamp: trusted.timestamp?.signed.version,
      snapshot: trusted.snapshot?.signed.version,
      targets: trusted.targets?.signed.version,
    }),
  };
}

/** Checks a root file by itself, for those who install it. @throws TrustError */
export function checkRoot(bytes: Uint8Array): { readonly version: number; readonly expires: string } {
  const { version, expires } = trustRoot(bytes).root.signed;
  return { version, expires };
}

/** Is the file that is kept the one that is named now? Then it need not come again. */
function isWhole(trusted: Trusted, role: 'snapshot' | 'targets'): boolean {
  const named =
    role === 'snapshot'
      ? trusted.timestamp?.signed.meta['snapshot.json']
      : trusted.snapshot?.signed.meta['targets.json'];
  const kept = trusted[role];
  return named !== undefined && kept !== undefined && isNamed(kept, named);
}

function bounded(length: number, role: 'snapshot' | 'targets'): number {
  return Math.min(length, maxBytesOf[role]);
}
