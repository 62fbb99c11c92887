/** The identity of a running device: what it connects with now, and what it knows of the time. */
import type { X509Certificate } from 'node:crypto';
import type { Clock } from '../../shared/kit/clock.ts';
import type { ClientCredentials, ServerTrust } from '../../shared/pki/dial.ts';
import { certificatesOf, validityOf } from '../../shared/pki/pem.ts';
import { type KnownTime, type TimeRange, timeRange } from '../../shared/pki/time.ts';
import { type Identity, type KeyPair, readIdentity, writeIdentity } from './file.ts';

/** No hub of this version existed before; milliseconds since 1970. */
const NOT_BEFORE = Date.UTC(2026, 0, 1);

/** @throws Error that names the file and what is wrong */
export function openIdentity(file: string, surroundings: Surroundings): IdentityHolder {
  return new IdentityHolder(file, surroundings);
}

/** Of a device without an identity: only the clocks. */
export function knownTime(surroundings: Surroundings): () => TimeRange {
  const knows = new KnowsTime(surroundings);
  return () => knows.range();
}

export interface Surroundings {
  readonly clock: Clock;
  /** Does the system say that its clock is disciplined? */
  readonly isSynced: () => boolean;
}

export class IdentityHolder {
  readonly #file: string;
  readonly #time: KnowsTime;
  #identity: Identity;

  /** @throws Error that names the file and what is wrong */
  constructor(file: string, surroundings: Surroundings) {
    this.#file = file;
    this.#identity = readIdentity(file);
    this.#time = new KnowsTime(surroundings);
    this.#time.learn(beginOf(this.#identity.current));
  }

  get identity(): Identity {
    return this.#identity;
  }

  credentials(): ClientCredentials {
    return credentialsOf(this.#identity.current);
  }

  /** @param more authorities of a broker beside the hub */
  trust(more: readonly X509Certificate[] = []): ServerTrust {
    const { roots } = this.#identity;
    if (roots === undefined && more.length === 0) return 'system';
    return { anchors: [...(roots === undefined ? [] : certificatesOf(roots)), ...more] };
  }

  time = (): TimeRange => this.#time.range();

  /** The latest that it may well be: what says when to renew. */
  now(): number {
    return this.#time.latestGuess();
  }

  /** On disk first. */
  change(identity: Identity): void {
    writeIdentity(this.#file, identity);
    this.#identity = identity;
    this.#time.learn(beginOf(identity.current));
  }
}

export function credentialsOf({ key, certificate }: KeyPair): ClientCredentials {
  return { key, cert: certificate };
}

/** When its certificate was made, or little before. */
function beginOf({ certificate }: KeyPair): number {
  const [leaf] = certificatesOf(certificate);
  return leaf ? validityOf(leaf).from : 0;
}

/** What is known of the time, beside the clock. */
export class KnowsTime {
  readonly #surroundings: Surroundings;
  #known: KnownTime;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.#known = { atLeast: NOT_BEFORE, mono: surroundings.clock.mono() };
  }

  /** It is at least this, milliseconds since 1970. */
  learn(atLeast: number): void {
    const mono = this.#surroundings.clock.mono();
    if (atLeast > this.#known.atLeast + mono - this.#known.mono) this.#known = { atLeast, mono };
  }

  range(): TimeRange {
    const { clock, isSynced } = this.#surroundings;
    return timeRange(clock.wall(), isSynced(), this.#known, clock.mono());
  }

  latestGuess(): number {
    const { clock } = this.#surroundings;
    return Math.max(clock.wall(), this.#known.atLeast + clock.mono() - this.#known.mono);
  }
}
