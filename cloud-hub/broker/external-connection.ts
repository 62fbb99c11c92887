/** How the hub reaches an external broker: its settings, with the texts of the files that they name. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { HubConfig } from '../config.ts';
import { HubAuthority } from '../pki/authority.ts';
import { authorityFiles } from '../pki/authority-files.ts';
import type { ExternalBrokerOptions } from './external.ts';
import { ownConnection } from './own-connection.ts';

type Connection = ExternalBrokerOptions['connection'];

/**
 * @param authority of this hub, which a broker with its files trusts
 * @throws Error that names the setting and the file
 */
export function externalConnection(
  config: HubConfig,
  url: string,
  authority: HubAuthority | undefined,
  clock: Clock,
): Connection {
  const { mqttUsername: username, mqttPasswordFile, mqttVersion, mqttCaFile, mqttCertFile, mqttKeyFile } = config;
  const protocolVersion = mqttVersion === '5' ? 5 : 4;
  if (config.mosquittoFiles !== undefined && authority) return ownConnection(authority, url, protocolVersion, clock);
  const password = mqttPasswordFile && readSetting(mqttPasswordFile, '--mqtt-password-file').trim();
  const tls = {
    ...(mqttCaFile ? { ca: readSetting(mqttCaFile, '--mqtt-ca-file') } : {}),
    ...(mqttCertFile ? { cert: readSetting(mqttCertFile, '--mqtt-cert-file') } : {}),
    ...(mqttKeyFile ? { key: readSetting(mqttKeyFile, '--mqtt-key-file') } : {}),
  };
  return { url, ...(username ? { username } : {}), ...(password ? { password } : {}), protocolVersion, tls };
}

/** The same without a hub that runs: with the authority that lies in its data folder. @throws Error that says what is missing */
export async function connectionOfFolder(config: HubConfig, url: string, clock: Clock): Promise<Connection> {
  if (config.mosquittoFiles === undefined) return externalConnection(config, url, undefined, clock);
  const folder = path.join(path.resolve(config.dataDir), 'pki');
  if (!authorityFiles(folder).hasRoot())
    throw new Error(`--mosquitto-files: ${folder} has no authority; the first start of the hub makes it`);
  return externalConnection(config, url, await HubAuthority.open(folder, clock.wall()), clock);
}

/** Text of a file that a setting names. @throws Error that names the setting and the file */
export function readSetting(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${setting}: ${messageOf(error)}`, { cause: error });
  }
}
