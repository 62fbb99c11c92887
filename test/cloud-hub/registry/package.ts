/** Real packages as archives, and a hub that has them signed. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { create } from 'tar';
import { targetPathOf } from '../../../shared/contract/messages/desired.ts';
import { keyIdOf } from '../../../shared/trust/file.ts';
import { publicKey, type RoleName } from '../../../shared/trust/schema.ts';
import { Forge, type Keys } from '../../shared/trust/forge.ts';
import { type BrightOptions, writeBrightPackage } from '../../support/onnx.ts';
import { tempFolder } from '../../support/temp.ts';
import type { TestHub } from '../support.ts';

export interface Archive {
  readonly name: string;
  readonly version: string;
  readonly bytes: Buffer;
  readonly digest: string;
}

export async function archiveOf(
  version = '1.0.0',
  manifest: Record<string, unknown> = {},
  model: BrightOptions = {},
): Promise<Archive> {
  const folder = tempFolder();
  writeBrightPackage(path.join(folder, 'package'), model, { version, ...manifest });
  const file = path.join(folder, 'package.tar.gz');
  // As a stranger would: unchecked.
  await create({ file, cwd: path.join(folder, 'package'), gzip: true, portable: true, noMtime: true }, ['.']);
  const bytes = readFileSync(file);
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return { name: String(manifest.name ?? 'bright'), version, bytes, digest };
}

export function upload(
  hub: TestHub,
  bytes: Uint8Array,
  more: { digest?: string; token?: string } = {},
): Promise<Response> {
  const { digest, ...rest } = more;
  return hub.api(`/models${digest === undefined ? '' : `?digest=${digest}`}`, {
    method: 'POST',
    body: Buffer.from(bytes),
    headers: { 'content-type': 'application/gzip' },
    ...rest,
  });
}

/** Who asks a hub as its admin. */
export type Asks = Pick<TestHub, 'api' | 'json'>;

/** The owner of offline keys, who signs for one hub. */
export class Owner {
  readonly keys: Keys;
  readonly #forge: Forge;
  readonly #hub: Asks;

  private constructor(hub: Asks, forge: Forge) {
    this.#hub = hub;
    this.#forge = forge;
    this.keys = forge.keys;
  }

  /** Publishes a first root that names the hub's own keys, and empty targets. */
  static async of(hub: Asks, now = Date.now()): Promise<Owner> {
    const { online } = await hub.json<{ online: Record<'snapshot' | 'timestamp', unknown> }>('/trust');
    const forge = new Forge();
    forge.now = now;
    forge.versions.root = 0;
    const owner = new Owner(hub, forge);
    await owner.publishRoot(online);
    await owner.sign([]);
    return owner;
  }

  get root(): Uint8Array {
    return this.#forge.file(`${this.#forge.versions.root}.root.json`);
  }

  /** The bytes of the next root. */
  nextRoot(online: Record<'snapshot' | 'timestamp', unknown>, signers = this.keys.root): Uint8Array {
    const named = (key: unknown) => {
      const found = publicKey.parse(key);
      return [{ id: keyIdOf(found), public: found }];
    };
    this.#forge.publishRoot(signers, { snapshot: named(online.snapshot), timestamp: named(online.timestamp) });
    return this.root;
  }

  publishRoot(online: Record<'snapshot' | 'timestamp', unknown>, signers = this.keys.root): Promise<Response> {
    return this.put('root', this.nextRoot(online, signers));
  }

  /** The bytes of the next targets, with these packages beside those before. */
  nextTargets(archives: readonly Archive[], signers = this.keys.targets): Uint8Array {
    for (const archive of archives) this.#forge.addTarget(targetPathOf(archive), archive.bytes);
    this.#forge.publishTargets(signers);
    return this.#forge.file(`${this.#forge.versions.targets}.targets.json`);
  }

  sign(archives: readonly Archive[], signers = this.keys.targets): Promise<Response> {
    return this.put('targets', this.nextTargets(archives, signers));
  }

  put(role: RoleName, bytes: Uint8Array): Promise<Response> {
    return this.#hub.api(`/trust/${role}`, {
      method: 'PUT',
      body: Buffer.from(bytes),
      headers: { 'content-type': 'application/json' },
    });
  }
}
