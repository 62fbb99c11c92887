/**
 * The hub's own keys, for snapshot and timestamp: PEM files of mode 0600 in `trust/keys` of the data folder, made at the first
 * start. They vouch for freshness only: with both of them nobody can sign a model.
 *
 * `ROLE.pem` signs now; `ROLE.next.pem` waits for a root that names it, and takes its place then. A crash between the two
 * leaves both, and `current` finds the one that the root names.
 */
import { existsSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { writeDurably } from '../../../shared/kit/durable-file.ts';
import type { RootSigned } from '../../../shared/trust/schema.ts';
import { newSigningKey, pemOf, type SigningKey, signingKeyFromPem } from '../../../shared/trust/sign.ts';

export const onlineRoles = ['snapshot', 'timestamp'] as const;
export type OnlineRole = (typeof onlineRoles)[number];

export class OnlineKeys {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    for (const role of onlineRoles) if (!existsSync(this.#file(role))) this.#write(this.#file(role));
  }

  /** The key that the next root should name. */
  next(role: OnlineRole): SigningKey {
    return this.#read(existsSync(this.#file(role, '.next')) ? this.#file(role, '.next') : this.#file(role));
  }

  /** The key that a root names; undefined when it names none of ours. */
  current(role: OnlineRole, root: RootSigned): SigningKey | undefined {
    const files = [this.#file(role, '.next'), this.#file(role)].filter((file) => existsSync(file));
    return files.map((file) => this.#read(file)).find((key) => root.roles[role].keyids.includes(key.id));
  }

  /** Makes a new key beside the present one. */
  renew(role: OnlineRole): SigningKey {
    this.#write(this.#file(role, '.next'));
    return this.next(role);
  }

  /** A root was published: keys that it does not name any more are gone. */
  adopt(root: RootSigned): void {
    for (const role of onlineRoles) {
      const next = this.#file(role, '.next');
      if (existsSync(next) && root.roles[role].keyids.includes(this.#read(next).id)) renameSync(next, this.#file(role));
    }
  }

  #file(role: OnlineRole, suffix = ''): string {
    return path.join(this.#folder, `${role}${suffix}.pem`);
  }

  #write(file: string): void {
    writeDurably(file, pemOf(newSigningKey()), 0o600);
  }

  #read(file: string): SigningKey {
    return signingKeyFromPem(readFileSync(file, 'utf8'));
  }
}
