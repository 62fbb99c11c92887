/** A package as people name it: a folder, or an archive that is taken apart for the time of the command. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { extractPackage } from '../../../shared/engine/package/archive.ts';
import { CodedError, messageOf } from '../../../shared/kit/errors.ts';

/** @throws CodedError `model-invalid` when there is neither, or the archive is refused */
export async function withPackage<T>(given: string, use: (dir: string) => Promise<T>): Promise<T> {
  const found = await stat(given).catch((error: unknown) => {
    throw new CodedError('model-invalid', `${given}: cannot be read: ${messageOf(error)}`);
  });
  if (found.isDirectory()) return use(given);
  const folder = await mkdtemp(path.join(tmpdir(), 'vedette-model-'));
  try {
    const dir = path.join(folder, 'package');
    await extractPackage(given, dir);
    return await use(dir);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
