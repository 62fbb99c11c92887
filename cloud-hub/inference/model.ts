/** The package that gives second opinions: what the setting names now, unpacked beside the archives by its digest. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { extractPackage } from '../../shared/engine/package/archive.ts';
import type { Registry } from '../registry/registry.ts';
import type { StoredModel } from '../store/models.ts';
import type { Served } from './serving.ts';

export interface ChosenModel {
  readonly dir: string;
  readonly digest: string;
  /** name@version, and where it runs if that is somewhere else. */
  readonly name: string;
  /** The serving engine that runs it; absent: a process of the hub does. */
  readonly served?: Served;
}

export interface ModelHolder {
  /** The setting. */
  readonly wanted: string;
  /**
   * The model that the setting means now.
   * @throws Error that says what to do: it is not there, or cannot give second opinions
   */
  get(): Promise<ChosenModel>;
}

/**
 * @param wanted NAME:ALIAS or NAME@VERSION
 * @param folder of this model alone
 * @param served reads the address of a serving engine, and its token; undefined: none
 */
export function createModelHolder(
  registry: Registry,
  wanted: string,
  folder: string,
  served?: () => Served,
): ModelHolder {
  const digestDir = (digest: string) => path.join(folder, digest.slice('sha256:'.length));
  const unpack = async ({ digest }: StoredModel): Promise<string> => {
    const dir = digestDir(digest);
    if (existsSync(dir)) return dir;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const draft = `${dir}.draft`;
    rmSync(draft, { recursive: true, force: true });
    await extractPackage(registry.blobs.pathOf(digest), draft);
    // One at a time is in use of this model; the others can be unpacked again.
    for (const other of readdirSync(folder)) {
      if (path.join(folder, other) !== draft) rmSync(path.join(folder, other), { recursive: true, force: true });
    }
    renameSync(draft, dir);
    return dir;
  };
  return {
    wanted,
    async get() {
      const model = await registry.resolve(wanted);
      const { name, version, task } = model;
      if (task !== 'detect') throw new Error(`${name}@${version} has task "${task}"; second opinions need "detect"`);
      const engine = served?.();
      const where = engine ? ` at ${engine.url}` : '';
      const about = { digest: model.digest, name: `${name}@${version}${where}` };
      return { ...about, dir: await unpack(model), ...(engine ? { served: engine } : {}) };
    },
  };
}
