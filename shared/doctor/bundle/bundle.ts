/**
 * The support archive of `doctor --bundle`: a `.tar.gz` of text files. A home of `tar`.
 *
 * 1. Every byte of every file has passed the redactor. Nothing is copied into it as it is.
 * 2. No row of a database, no picture, no certificate and no key is put into it in the first place.
 * 3. The archive is for its owner alone (0600) and appears whole, or not at all.
 */
import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { create } from 'tar';
import type { Redact } from './redact.ts';

/** Name in the archive, to its text. */
export type BundleFiles = Readonly<Record<string, string>>;

const ABOUT = `Written by \`doctor --bundle\`. Secrets were taken out: values that are known (files of tokens and keys, passwords of
addresses, the environment), and what looks like one. There are no pictures, no records and no keys in it. Names of devices and streams, addresses of
hosts and paths are. Read it before you send it.
`;

/** @throws the file system's error; then nothing is left */
export async function writeBundle(file: string, files: BundleFiles, redact: Redact): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-bundle-'));
  const draft = `${path.resolve(file)}.${process.pid}.part`;
  try {
    const all = { 'README.txt': ABOUT, ...files };
    for (const [name, text] of Object.entries(all))
      writeFileSync(path.join(folder, name), redact(text), { mode: 0o600 });
    writeFileSync(draft, '', { mode: 0o600, flag: 'wx' });
    await create({ file: draft, cwd: folder, gzip: true, portable: true, strict: true }, Object.keys(all).toSorted());
    chmodSync(draft, 0o600);
    renameSync(draft, file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(draft, { force: true });
  }
}

/** JSON for a file of the archive. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
