/**
 * The folder out of which a Mosquitto serves the fleet, kept by the hub. It holds what the broker has to read and nothing else of the hub,
 * so that it can be a volume of its own: the key of the root lies elsewhere.
 *
 *   acl              who may what
 *   ca.pem           roots that are trusted
 *   crl.pem          what was revoked
 *   server.pem       key and certificate of the broker, and what is above it
 *   mosquitto.conf   names the others
 *
 * 1. Each file appears whole. mosquitto.conf comes last: where it is, all are.
 * 2. A file is written only if it changes: who looks for changes sees each of them, and no others. Mosquitto reads all of them at a SIGHUP.
 * 3. Nothing here is the truth of anything: an empty folder is filled again, and the broker has a new key then.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeDurably } from '../../../shared/kit/durable-file.ts';
import { pemOf } from '../../../shared/pki/pem.ts';
import type { HubConfig } from '../../config.ts';
import type { HubAuthority } from '../../pki/authority.ts';
import { serverNames } from '../../pki/names.ts';
import { aclFile, configFile } from './files.ts';

const PUBLIC = 0o644;
const DEFAULT_PORT = 8883;

export interface MosquittoFolderOptions {
  /** Absolute; Mosquitto has to see it under the same name. */
  readonly folder: string;
  /** Address of the broker for hub and devices, `mqtts://NAME:PORT`: its certificate has this name, and it listens at this port. */
  readonly url: string;
}

/** @returns the folder that the settings ask for */
export function mosquittoFolderOf({
  mosquittoFiles,
  mqttUrl,
}: Pick<HubConfig, 'mosquittoFiles' | 'mqttUrl'>): MosquittoFolderOptions | undefined {
  if (mosquittoFiles === undefined || mqttUrl === undefined) return undefined;
  return { folder: path.resolve(mosquittoFiles), url: mqttUrl };
}

/** Brings the folder up to date. @throws the file system's error; then the files that there were stand */
export async function writeMosquittoFolder(
  { folder, url }: MosquittoFolderOptions,
  authority: HubAuthority,
  now: number,
): Promise<void> {
  const { hostname, port } = new URL(url);
  await authority.serverOfBroker(folder, serverNames([hostname.replace(/^\[|\]$/g, '')]), now);
  const put = (name: string, text: string) => {
    const file = path.join(folder, name);
    if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeDurably(file, text, PUBLIC);
    return file;
  };
  put('acl', aclFile());
  const clients = {
    caFile: put('ca.pem', pemOf(authority.roots())),
    crlFile: put('crl.pem', readFileSync(authority.files.crlFile, 'utf8')),
  };
  const serverFile = path.join(folder, 'server.pem');
  const tls = { certFile: serverFile, keyFile: serverFile, clients };
  put('mosquitto.conf', configFile({ host: '', port: port === '' ? DEFAULT_PORT : Number(port), folder, tls }));
}
