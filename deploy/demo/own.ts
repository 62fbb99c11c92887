/** What the user brings to the demo, a clip and a model: looked at before anything starts. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { initApart } from '../../cloud-hub/model-init/apart.ts';
import { isImageInput } from '../../shared/contract/model-manifest.ts';
import { loadVariant, readPackage } from '../../shared/engine/package/package.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { digestOfFile } from '../../shared/kit/digest.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import { localKind } from '../../shared/kit/local-path.ts';

export interface OwnModel {
  /** Folder of the package. */
  readonly dir: string;
  /** What it finds in pictures; undefined for a model that finds no objects. */
  readonly objects: readonly string[] | undefined;
}

/** @throws CodedError `source-open` for one that is missing, empty or no file */
export async function ownClip(file: string): Promise<string> {
  const clip = path.resolve(file);
  await localKind(clip, ['file', 'folder']);
  return clip;
}

export interface OwnModelOptions {
  /** Where packages that are made of bare ONNX files are kept, one per file. */
  readonly dir: string;
  /** To try a bare ONNX file on. */
  readonly clip: string;
  readonly threads: number;
  readonly clock: Clock;
  /** Built `cloud-hub/model-init/init-child.js`; default: where the build puts it. */
  readonly entry?: string | URL;
  readonly print: (line: string) => void;
}

/**
 * A package, or a bare ONNX file, of which a package is made as by `vedette-hub model init`. The same file again gives the
 * same package, with whatever its owner has changed in it.
 * @throws CodedError `model-invalid` for a model that no stream could use
 */
export async function ownModel(given: string, options: OwnModelOptions): Promise<OwnModel> {
  const dir = given.toLowerCase().endsWith('.onnx')
    ? await packageOf(path.resolve(given), options)
    : path.resolve(given);
  const pack = await readPackage(dir);
  const { input, task, variants } = pack.manifest;
  if (!isImageInput(input))
    throw new CodedError('model-invalid', `${dir} takes no pictures; the demo needs a model that does`);
  for (const variant of variants) await loadVariant(pack, variant);
  return { dir, objects: task === 'detect' ? pack.labels : undefined };
}

async function packageOf(file: string, { dir, clip, threads, clock, entry, print }: OwnModelOptions): Promise<string> {
  if (!existsSync(file)) throw new CodedError('model-invalid', `${file}: there is no such file`);
  await localKind(file, ['file']);
  const [, digest = ''] = (await digestOfFile(file)).split(':');
  const out = path.join(dir, `${path.basename(file).replace(/\.onnx$/i, '')}-${digest.slice(0, 12)}`);
  if (existsSync(out)) return out;
  print(`Making a model package of ${path.basename(file)}: trying it on the clip …`);
  const { reasons } = await initApart(
    { file, out, clip, overrides: {}, threads },
    { clock, ...(entry ? { entry } : {}) },
  );
  for (const { field, value, sure, why } of reasons)
    print(`  ${sure ? ' ' : '?'} ${field.padEnd(12)}${value}${sure ? '' : ` (${why})`}`);
  print(`  To change something: ${path.join(out, 'model.yaml')}`);
  return out;
}
