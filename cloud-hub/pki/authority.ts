/**
 * The hub's own authority: a root, an issuer below it, and what the issuer signs. The first start makes root and issuer; later ones make a
 * new issuer or server certificate when two thirds of its life are over. The root's key is needed for a new issuer only.
 */
import type { KeyObject, X509Certificate } from 'node:crypto';
import { statSync } from 'node:fs';
import { DAY_MS, HOUR_MS } from '../../shared/kit/durations.ts';
import { fingerprintOf } from '../../shared/pki/fingerprint.ts';
import { newKey } from '../../shared/pki/keys.ts';
import { pemOf, validityOf } from '../../shared/pki/pem.ts';
import { type AuthorityFiles, authorityFiles, type KeyFile } from './authority-files.ts';
import {
  crossSign,
  issueClient,
  issueServer,
  type Life,
  makeCrl,
  makeIssuer,
  makeRoot,
  type Revoked,
  type ServerName,
} from './certificates.ts';

export const ROOT_DAYS = 20 * 365;
export const ISSUER_DAYS = 3 * 365;
/** Browsers take at most 398 days. */
export const SERVER_DAYS = 90;
/** So often a running hub looks whether a command has changed roots or issuer. */
export const LOOK_MS = 5_000;
/** A list of revoked certificates is good for so long; it is written anew each day. */
const CRL_DAYS = 14;
/** Clocks of those who check may be behind by so much. */
const EARLY_MS = HOUR_MS;

/** From an hour ago, for so many days, and never longer than the one above it. */
export function lifeOf(now: number, days: number, above?: X509Certificate): Life {
  const to = now + days * DAY_MS;
  return { from: now - EARLY_MS, to: above ? Math.min(to, validityOf(above).to) : to };
}

/** Are two thirds of its life over? */
export function isDue(certificate: X509Certificate, now: number): boolean {
  const { from, to } = validityOf(certificate);
  return now >= from + ((to - from) * 2) / 3;
}

export class HubAuthority {
  readonly files: AuthorityFiles;
  #issuer: KeyFile;
  #readAt = 0;
  #roots: readonly X509Certificate[] = [];
  #rootsReadAt = 0;

  private constructor(files: AuthorityFiles, issuer: KeyFile) {
    this.files = files;
    this.#issuer = issuer;
  }

  /**
   * Opens the authority of a data folder, and makes what is missing.
   * @param folder `pki/` of the data folder
   * @throws Error that says which file is wrong, and when the issuer is needed and the root's key is elsewhere
   */
  static async open(folder: string, now: number): Promise<HubAuthority> {
    const files = authorityFiles(folder);
    if (!files.hasRoot()) files.writeRoot(await makeRoot(lifeOf(now, ROOT_DAYS)), []);
    const issuer = files.issuer();
    const needsIssuer = issuer === undefined || (isDue(issuer.certificate, now) && files.hasRootKey());
    return new HubAuthority(files, needsIssuer ? await newIssuer(files, now) : issuer);
  }

  /** What devices trust: the newest root first. */
  roots(): readonly X509Certificate[] {
    const changedAt = statSync(this.files.caFile).mtimeMs;
    if (changedAt !== this.#rootsReadAt) this.#roots = this.files.roots();
    this.#rootsReadAt = changedAt;
    return this.#roots;
  }

  /** Of the newest root: what people compare. */
  fingerprint(): string {
    return fingerprintOf(this.files.root());
  }

  /** The issuer may be changed by a command while the hub runs. */
  issuer(): KeyFile {
    const changedAt = statSync(`${this.files.folder}/issuer.pem`).mtimeMs;
    if (changedAt !== this.#readAt) this.#issuer = this.files.issuer() ?? this.#issuer;
    this.#readAt = changedAt;
    return this.#issuer;
  }

  /** Changes whenever a command has changed roots or issuer. */
  state(): string {
    return [this.files.caFile, `${this.files.folder}/issuer.pem`].map((file) => statSync(file).mtimeMs).join();
  }

  /** What a leaf's owner sends with it: everything between it and a root. */
  chain(): string {
    const { certificate, above } = this.issuer();
    return pemOf([certificate, ...above]);
  }

  /** Key and chain of this hub's listeners: those it has, or new ones when they are due, or do not have all the names. */
  async server(names: readonly ServerName[], now: number): Promise<{ readonly key: KeyObject; readonly cert: string }> {
    const { key, certificate } = await this.#serverIn(this.files, { names, isHub: true }, now);
    return { key, cert: `${pemOf([certificate])}${this.chain()}` };
  }

  /** Keeps `server.pem` of a broker in a folder, with its chain. */
  async serverOfBroker(folder: string, names: readonly ServerName[], now: number): Promise<void> {
    await this.#serverIn(authorityFiles(folder), { names, isHub: false }, now);
  }

  async #serverIn(
    files: AuthorityFiles,
    { names, isHub }: { readonly names: readonly ServerName[]; readonly isHub: boolean },
    now: number,
  ): Promise<KeyFile> {
    const issuer = this.issuer();
    const server = files.server();
    const isGood =
      server !== undefined &&
      !isDue(server.certificate, now) &&
      server.certificate.checkIssued(issuer.certificate) &&
      names.every((name) => hasName(server.certificate, name));
    if (isGood) return server;
    const key = newKey();
    const life = lifeOf(now, SERVER_DAYS, issuer.certificate);
    const certificate = await issueServer(issuer, key, { names, life, isHub });
    const fresh = { key, certificate, above: isHub ? [] : [issuer.certificate, ...issuer.above] };
    files.writeServer(fresh);
    return fresh;
  }

  /** A certificate for a key of a device. */
  issueClient(key: KeyObject, name: string, now: number, days: number): Promise<X509Certificate> {
    const issuer = this.issuer();
    return issueClient(issuer, key, name, lifeOf(now, days, issuer.certificate));
  }

  /** The issuer, and those before it that have not ended, each with what is above it. */
  issuers(now: number): X509Certificate[] {
    return [this.issuer(), ...this.files.oldIssuers(now)].flatMap(({ certificate, above }) => [certificate, ...above]);
  }

  /** Writes the lists of what was revoked, for brokers: one per issuer. */
  async publishRevoked(revoked: readonly Revoked[], now: number): Promise<void> {
    const life = { from: now - EARLY_MS, to: now + CRL_DAYS * DAY_MS };
    const issuers = [this.issuer(), ...this.files.oldIssuers(now)];
    const lists = await Promise.all(issuers.map((issuer) => makeCrl(issuer, revoked, life)));
    this.files.writeCrl(lists.join(''));
  }
}

/** @param rootKeyFile where the root's key lies; default: beside the root */
export async function newIssuer(files: AuthorityFiles, now: number, rootKeyFile?: string): Promise<KeyFile> {
  const root = files.rootAuthority(rootKeyFile);
  const before = files.issuer();
  // The new root under older ones does not change with the issuer.
  const above = before?.certificate.checkIssued(root.certificate) ? before.above : [];
  const issuer = { ...(await makeIssuer(root, lifeOf(now, ISSUER_DAYS, root.certificate))), above };
  files.writeIssuer(issuer);
  return issuer;
}

/**
 * A new root, trusted beside the old ones, and an issuer below it. What the issuer signs is good for those who know only the old root,
 * as long as that lives.
 */
export async function newRoot(files: AuthorityFiles, now: number, oldRootKeyFile?: string): Promise<void> {
  const old = files.rootAuthority(oldRootKeyFile);
  const fresh = await makeRoot(lifeOf(now, ROOT_DAYS));
  const cross = await crossSign(old, fresh, lifeOf(now, ROOT_DAYS, old.certificate));
  const issuer = await makeIssuer(fresh, lifeOf(now, ISSUER_DAYS));
  files.writeTrusted([...files.roots(), fresh.certificate]);
  files.writeIssuer({ ...issuer, above: [cross, ...(files.issuer()?.above ?? [])] });
  files.writeRoot(
    fresh,
    files.roots().filter((root) => !root.raw.equals(fresh.certificate.raw)),
  );
}

function hasName(certificate: X509Certificate, { type, value }: ServerName): boolean {
  return (type === 'dns' ? certificate.checkHost(value) : certificate.checkIP(value)) !== undefined;
}
