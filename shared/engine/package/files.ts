/** Which files belong to a package: those that its manifest names, and what a person should read. */
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { learnedFile, type ModelManifest } from '../../contract/model-manifest.ts';
import { CodedError, messageOf } from '../../kit/errors.ts';

const READ_BY_PEOPLE = /^(readme|license|licence|notice)(\.(md|txt))?$/i;

/**
 * Paths below the package's folder, sorted.
 * @throws CodedError `model-invalid` for one that is missing, or is a link or anything but a plain file
 */
export async function packageFiles(dir: string, manifest: ModelManifest): Promise<string[]> {
  const named = new Set(['model.yaml', ...manifest.variants.map((v) => v.file)]);
  if (typeof manifest.labels === 'string') named.add(manifest.labels);
  const learned = learnedFile(manifest);
  if (learned !== undefined) named.add(learned);
  for (const { input, output } of manifest.golden) for (const file of [input, output]) named.add(file);
  for (const name of await readdir(dir)) if (READ_BY_PEOPLE.test(name)) named.add(name);
  const files = [...new Set([...named].map((f) => path.posix.normalize(f)))].toSorted();
  for (const file of files) await requirePlain(dir, file);
  return files;
}

async function requirePlain(dir: string, file: string): Promise<void> {
  const full = path.join(dir, file);
  const refuse = (why: string) => new CodedError('model-invalid', `${full}: ${why}`);
  const parts = file.split('/');
  for (const [i] of parts.entries()) {
    const part = path.join(dir, ...parts.slice(0, i + 1));
    const found = await lstat(part).catch((error: unknown) => {
      throw refuse(`cannot be read: ${messageOf(error)}`);
    });
    if (i < parts.length - 1 ? !found.isDirectory() : !found.isFile())
      throw refuse(`${found.isSymbolicLink() ? 'is a link' : 'is no plain file'}; a package holds plain files only`);
  }
}
