/**
 * The trusted metadata on disk: `trusted.json`, an object of base64 texts by role, and the digest of the root that came with
 * the device when it began. A device that is given another root begins anew.
 *
 * Invariants:
 * 1. The file is always a whole state: written beside, forced to disk, renamed over the old one.
 * 2. What is read is verified again from the root down; nothing is trusted because it lay there.
 *
 * Crash behaviour: the state before or the state after. A file that cannot be read or verified is moved aside
 * (`trusted.json.damaged`) and trust begins again with the root that came with the device: rollback protection then begins
 * anew, which is less bad than a device that never takes another model.
 */
import { readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { digestOf } from '../kit/digest.ts';
import { writeDurably } from '../kit/durable-file.ts';
import { isMissing, messageOf } from '../kit/errors.ts';
import { readFile, requireSigned } from './file.ts';
import { roleNames } from './schema.ts';
import { type Trusted, trustRoot } from './workflow.ts';

const FILE = 'trusted.json';
const saved = z.object({
  /** Digest of the root that came with the device when this state began. */
  provisioned: z.string(),
  root: z.base64(),
  timestamp: z.base64().optional(),
  snapshot: z.base64().optional(),
  targets: z.base64().optional(),
});

export interface Loaded {
  readonly trusted: Trusted;
  /** Why the file that was there is not used any more. */
  readonly damaged?: string;
}

/**
 * @param folder may be missing
 * @param provisioned the root that came with the device
 * @throws TrustError when `provisioned` is no root
 */
export function loadTrusted(folder: string, provisioned: Uint8Array): Loaded {
  const first = trustRoot(provisioned);
  const file = path.join(folder, FILE);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return isMissing(error) ? { trusted: first } : { trusted: first, damaged: messageOf(error) };
  }
  try {
    const state = saved.parse(JSON.parse(text));
    if (state.provisioned !== digestOf(provisioned))
      throw new Error('the device was given the root of another repository');
    return { trusted: verified(state) };
  } catch (error) {
    renameSync(file, `${file}.damaged`);
    return { trusted: first, damaged: messageOf(error) };
  }
}

/** @throws the file system's error; then the old state stands */
export function saveTrusted(folder: string, provisioned: Uint8Array, trusted: Trusted): void {
  const texts = roleNames.map((role) => [role, trusted[role] && Buffer.from(trusted[role].bytes).toString('base64')]);
  writeDurably(
    path.join(folder, FILE),
    JSON.stringify({ provisioned: digestOf(provisioned), ...Object.fromEntries(texts) }),
    0o600,
  );
}

function verified(files: z.infer<typeof saved>): Trusted {
  const { root } = trustRoot(Buffer.from(files.root, 'base64'));
  const load = <R extends 'timestamp' | 'snapshot' | 'targets'>(role: R) => {
    const text = files[role];
    if (text === undefined) return undefined;
    const file = readFile(role, Buffer.from(text, 'base64'));
    requireSigned(root.signed, role, file);
    return file;
  };
  const [timestamp, snapshot, targets] = [load('timestamp'), load('snapshot'), load('targets')];
  return {
    root,
    ...(timestamp ? { timestamp } : {}),
    ...(snapshot ? { snapshot } : {}),
    ...(targets ? { targets } : {}),
  };
}
