/** From a draft to a published file: sign with the keys at hand; when these are not enough, leave a draft for others to sign. */
import { readFileSync, writeFileSync } from 'node:fs';
import { METADATA_PATH } from '../../../shared/contract/delivery.ts';
import { messageOf } from '../../../shared/kit/errors.ts';
import { countSigners, type MetadataFile, readFile } from '../../../shared/trust/file.ts';
import {
  type Envelope,
  envelope,
  type RootSigned,
  rootSigned,
  type TargetsSigned,
  targetsSigned,
} from '../../../shared/trust/schema.ts';
import { addSignatures, metadataBytes, type SigningKey } from '../../../shared/trust/sign.ts';
import { API_BASE, type Client } from '../../client/client.ts';
import { trustState } from '../../contract/trust.ts';
import { type CommandContext, UsageError } from '../context.ts';
import type { OfflineRole } from './folder.ts';

/** What the hub has published. @throws Error when nothing is yet */
export async function publishedRoot(client: Client): Promise<RootSigned> {
  const { roles } = await client.ask(trustState, 'GET', '/trust');
  if (!roles) throw new Error('the hub has no keys yet: begin with `vedette-hub keys init`');
  return rootSigned.parse((await published(client, `${roles.root.version}.root.json`)).signed);
}

export async function publishedTargets(client: Client): Promise<TargetsSigned | undefined> {
  const { roles } = await client.ask(trustState, 'GET', '/trust');
  if (!roles || roles.targets.version === 0) return undefined;
  return targetsSigned.parse((await published(client, `${roles.targets.version}.targets.json`)).signed);
}

export function published(client: Client, file: string): Promise<Envelope> {
  return client.ask(envelope, 'GET', `${METADATA_PATH.slice(API_BASE.length)}${file}`);
}

/**
 * Signs a draft with those of `keys` that its role names, and publishes it when that is enough.
 * @param roots whose thresholds must be met: the published root, and for a new root that one too
 * @returns false: a draft was written, and others have to sign it
 */
export async function signAndPublish(
  client: Client,
  role: OfflineRole,
  draft: Envelope,
  roots: readonly RootSigned[],
  keys: readonly SigningKey[],
  { stdout, stderr }: CommandContext,
): Promise<boolean> {
  const named = new Set(roots.flatMap((root) => root.roles[role].keyids));
  const mine = keys.filter((key) => named.has(key.id));
  if (mine.length === 0)
    throw new UsageError(`--keys: no key of the folder may sign ${role}.json; it names ${[...named].join(', ')}`);
  const signed = addSignatures(draft, mine);
  const file: MetadataFile<OfflineRole> = readFile(role, metadataBytes(signed));
  const lacking = roots.map((root) => root.roles[role].threshold - countSigners(root, role, file)).filter((n) => n > 0);
  const { version } = file.signed;
  if (lacking.length === 0) {
    const state = await client.ask(trustState, 'PUT', `/trust/${role}`, { body: signed });
    stdout.write(`${role}.json ${version} is published; ${state.targets} packages are signed\n`);
    return true;
  }
  const name = `${role}-${version}.draft.json`;
  writeFileSync(name, metadataBytes(signed));
  stderr.write(
    `${Math.max(...lacking)} more signatures are needed: take ${name} to who holds the keys,\n` +
      `  vedette-hub keys cosign ${name} --keys FOLDER\nand then\n  vedette-hub keys publish ${name}\n`,
  );
  return false;
}

export interface Draft {
  readonly role: OfflineRole;
  readonly content: Envelope;
}

/** @throws UsageError for a file that is no draft */
export function readDraft(name: string): Draft {
  try {
    const content = envelope.parse(JSON.parse(readFileSync(name, 'utf8')));
    const role = content.signed._type === 'root' ? 'root' : 'targets';
    readFile(role, metadataBytes(content));
    return { role, content };
  } catch (error) {
    throw new UsageError(`${name} is no draft of root.json or targets.json: ${messageOf(error)}`);
  }
}
