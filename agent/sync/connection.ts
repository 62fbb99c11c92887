/** How the agent reaches its hub: the address of the configuration, with the texts of the files that it names. */
import { readFileSync } from 'node:fs';
import { messageOf } from '../../shared/kit/errors.ts';
import type { LinkOptions } from '../../shared/kit/link.ts';
import { type AgentConfig, ConfigError } from '../config.ts';
import type { UplinkLimits } from './uplink.ts';

export interface HubConnection {
  /** The device's token. */
  readonly token: string;
  readonly limits: Pick<UplinkLimits, 'backfillPerSecond'>;
  readonly broker: Required<Pick<LinkOptions, 'url' | 'protocolVersion' | 'tls'>>;
}

/** @throws ConfigError naming the field, the file and what to do */
export function readConnection(hub: NonNullable<AgentConfig['hub']>): HubConnection {
  const pem = (key: 'caFile' | 'certFile' | 'keyFile') => {
    const file = hub[key];
    return file === undefined ? undefined : read(key, file);
  };
  const [ca, cert, key] = [pem('caFile'), pem('certFile'), pem('keyFile')];
  const tls = { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
  const token = read('tokenFile', hub.tokenFile, '; `vedette-hub device add NAME` prints one');
  const limits = { backfillPerSecond: hub.backfillPerSecond };
  return { token, limits, broker: { url: hub.url, protocolVersion: hub.version === '5' ? 5 : 4, tls } };
}

function read(key: string, file: string, hint = ''): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new ConfigError(`hub.${key}: ${messageOf(error)}${hint}`);
  }
  if (text === '') throw new ConfigError(`hub.${key}: ${file} is empty`);
  return text;
}
