/**
 * The registry: model versions that never change, named by the digest of their archive, with aliases, labels and metrics.
 *
 * Invariants:
 * 1. What is registered was parsed and checked by us, every variant of it.
 * 2. NAME@VERSION means one digest for ever; the same archive again changes nothing.
 * 3. Nothing that something uses is removed (uses.ts).
 */

import { createReadStream, rmSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { Logger } from '../../shared/kit/log.ts';
import type { Act } from '../store/audit.ts';
import type { StoredModel } from '../store/models.ts';
import type { HubStore } from '../store/store.ts';
import { Blobs, type Incoming } from './blobs.ts';
import { type Bare, type InspectOrder, type Looked, madeArchive } from './inspect.ts';
import { useOf } from './uses.ts';

/** Archives that arrive at once. */
const MAX_UPLOADS = 2;

export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly why: 'not found' | 'conflict' | 'in use' | 'busy';
  constructor(why: RegistryError['why'], message: string) {
    super(message);
    this.why = why;
  }
}

/** Looks into an archive of so many bytes, in a process of its own: `inspectArchive`. */
export type Inspect = (order: InspectOrder, bytes: number, signal: AbortSignal) => Promise<Looked>;

export interface Upload {
  readonly body: Readable;
  /** `sha256:HEX` that the sender announces. */
  readonly digest: string | undefined;
  /** The body is no archive but a bare ONNX file, of which a package is made. */
  readonly bare?: Bare;
}

export interface Added {
  readonly model: StoredModel;
  readonly isNew: boolean;
  /** Of a bare ONNX file: how the fields of its model.yaml were found. */
  readonly guesses?: Looked['guesses'];
}

export class Registry {
  readonly blobs: Blobs;
  readonly #store: HubStore;
  readonly #log: Logger;
  readonly #inspectArchive: Inspect;
  readonly #stopped = new AbortController();
  #inspecting: Promise<void> = Promise.resolve();
  #uploads = 0;

  private constructor(store: HubStore, blobs: Blobs, inspect: Inspect, log: Logger) {
    this.#store = store;
    this.blobs = blobs;
    this.#inspectArchive = inspect;
    this.#log = log;
  }

  /** @param folder of the archives; rests of a crash are removed */
  static async open(folder: string, store: HubStore, inspect: Inspect, log: Logger): Promise<Registry> {
    const blobs = new Blobs(folder);
    const removed = blobs.collect(await store.models.digests());
    if (removed > 0) log.info({ removed }, 'archives that no model names were removed');
    return new Registry(store, blobs, inspect, log);
  }

  /**
   * Takes a package in.
   * @throws UploadError, CodedError `model-invalid`, RegistryError `conflict` or `busy`
   */
  async add({ body, digest, bare }: Upload, act: Act): Promise<Added> {
    if (this.#uploads >= MAX_UPLOADS)
      throw new RegistryError('busy', `${MAX_UPLOADS} uploads are under way: try again`);
    this.#uploads++;
    try {
      const incoming = await this.blobs.receive(body, digest);
      try {
        return bare ? await this.#make(incoming, bare, act) : await this.#register(incoming, act);
      } finally {
        incoming.drop();
      }
    } finally {
      this.#uploads--;
    }
  }

  /** A package out of a bare ONNX file takes its place; the same file again gives the same package. */
  async #make(file: Incoming, bare: Bare, act: Act): Promise<Added> {
    const { looked, made } = await this.#turn(() =>
      this.#inspectNow(file, bare, async (scratch, found) => ({
        looked: found,
        made: await this.blobs.receive(createReadStream(madeArchive({ scratch })), undefined),
      })),
    );
    try {
      const added = await this.#keep(made, looked, act);
      return looked.guesses ? { ...added, guesses: looked.guesses } : added;
    } finally {
      made.drop();
    }
  }

  async #register(incoming: Incoming, act: Act): Promise<Added> {
    const known = await this.#store.models.byDigest(incoming.digest);
    if (known) return { model: known, isNew: false };
    const looked = await this.#turn(() => this.#inspectNow(incoming, undefined, async (_scratch, found) => found));
    return this.#keep(incoming, looked, act);
  }

  async #keep(incoming: Incoming, { manifest }: Looked, act: Act): Promise<Added> {
    const { name, version } = manifest;
    return this.#store.transact(async (tx) => {
      const other = await tx.models.get(name, version);
      if (other && other.digest !== incoming.digest) {
        throw new RegistryError(
          'conflict',
          `${name}@${version} is there already with the digest ${other.digest}, and versions never change: ` +
            'raise `version` in model.yaml',
        );
      }
      incoming.keep();
      if (!other) {
        await tx.models.add({ manifest, digest: incoming.digest, bytes: incoming.bytes }, act);
        await tx.audit.add(act, 'model.upload', `${name}@${version}`, { digest: incoming.digest });
      }
      return { model: await this.get(name, version, tx), isNew: !other };
    });
  }

  /** One at a time: the memory that it may take is bounded for one. */
  #turn<T>(look: () => Promise<T>): Promise<T> {
    const turn = this.#inspecting.then(look);
    this.#inspecting = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }

  /** @param take what is of use of the scratch folder, which is gone afterwards */
  async #inspectNow<T>(
    { file, bytes }: Incoming,
    bare: Bare | undefined,
    take: (scratch: string, looked: Looked) => Promise<T>,
  ): Promise<T> {
    const scratch = this.blobs.scratch();
    try {
      const order = { archive: file, scratch, ...(bare ? { bare } : {}) };
      return await take(scratch, await this.#inspectArchive(order, bytes, this.#stopped.signal));
    } catch (error) {
      // The sender knows the archive, not our folders.
      if (error instanceof Error) {
        error.message = error.message
          .replaceAll(path.join(scratch, 'package/'), '')
          .replaceAll(scratch, '.')
          .replaceAll(file, bare ? 'the ONNX file' : 'the archive');
      }
      throw error;
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }

  /** Ends what is being looked into; its sender is told to come back. */
  async stop(): Promise<void> {
    this.#stopped.abort(new RegistryError('busy', 'the hub stops: try again'));
    await this.#inspecting;
  }

  /** @throws RegistryError `not found` */
  async get(name: string, version: string, from: Pick<HubStore, 'models'> = this.#store): Promise<StoredModel> {
    const found = await from.models.get(name, version);
    if (!found) throw new RegistryError('not found', `there is no model ${name}@${version}`);
    return found;
  }

  /** A model as people name it: NAME@VERSION or NAME:ALIAS. @throws RegistryError `not found` */
  async resolve(text: string): Promise<StoredModel> {
    const [name = '', version] = text.split('@');
    if (version !== undefined) return this.get(name, version);
    const [base = '', alias = ''] = text.split(':');
    const found = await this.#store.models.resolve(base, alias);
    if (!found) throw new RegistryError('not found', `there is no alias "${alias}" of a model "${base}"`);
    return found;
  }

  /** @throws RegistryError `not found` */
  async describe(
    name: string,
    version: string,
    what: 'labels' | 'metrics',
    value: Record<string, unknown>,
    act: Act,
  ): Promise<StoredModel> {
    await this.#store.transact(async (tx) => {
      await this.get(name, version, tx);
      await tx.models.describe(name, version, what, value);
      await tx.audit.add(act, `model.${what}`, `${name}@${version}`, value);
    }, act.guard);
    return this.get(name, version);
  }

  /** @throws RegistryError `not found` */
  async setAlias(name: string, alias: string, version: string, act: Act): Promise<void> {
    await this.#store.transact(async (tx) => {
      await this.get(name, version, tx);
      const before = (await tx.models.resolve(name, alias))?.version;
      await tx.models.setAlias(name, alias, version, act);
      await tx.audit.add(act, 'model.alias', `${name}:${alias}`, { version, ...(before ? { before } : {}) });
    }, act.guard);
  }

  /** @throws RegistryError `not found` */
  async removeAlias(name: string, alias: string, act: Act): Promise<void> {
    await this.#store.transact(async (tx) => {
      const before = await tx.models.resolve(name, alias);
      if (!before) throw new RegistryError('not found', `there is no alias "${alias}" of a model "${name}"`);
      await tx.models.removeAlias(name, alias);
      await tx.audit.add(act, 'model.alias-removed', `${name}:${alias}`, { before: before.version });
    }, act.guard);
  }

  /** @throws RegistryError `not found`, or `in use` with what uses it */
  async remove(name: string, version: string, act: Act): Promise<void> {
    const model = await this.#store.transact(async (tx) => {
      const model = await this.get(name, version, tx);
      const use = await useOf(tx, model);
      if (use !== undefined) throw new RegistryError('in use', `${name}@${version} cannot be deleted: ${use}`);
      await tx.models.remove(name, version);
      await tx.audit.add(act, 'model.delete', `${name}@${version}`, { digest: model.digest });
      return model;
    }, act.guard);
    this.blobs.remove(model.digest);
    this.#log.info({ model: `${name}@${version}`, actor: act.actor }, 'model deleted');
  }
}
