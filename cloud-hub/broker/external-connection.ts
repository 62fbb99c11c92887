/** How the hub reaches an external broker: its settings, with the texts of the files that they name. */
import { readFileSync } from 'node:fs';
import { messageOf } from '../../shared/kit/errors.ts';
import type { HubConfig } from '../config.ts';
import type { ExternalBrokerOptions } from './external.ts';

/** @throws Error that names the setting and the file */
export function externalConnection(config: HubConfig, url: string): ExternalBrokerOptions['connection'] {
  const { mqttUsername: username, mqttPasswordFile, mqttVersion, mqttCaFile, mqttCertFile, mqttKeyFile } = config;
  const password = mqttPasswordFile && readSetting(mqttPasswordFile, '--mqtt-password-file').trim();
  const tls = {
    ...(mqttCaFile ? { ca: readSetting(mqttCaFile, '--mqtt-ca-file') } : {}),
    ...(mqttCertFile ? { cert: readSetting(mqttCertFile, '--mqtt-cert-file') } : {}),
    ...(mqttKeyFile ? { key: readSetting(mqttKeyFile, '--mqtt-key-file') } : {}),
  };
  const protocolVersion = mqttVersion === '5' ? 5 : 4;
  return { url, ...(username ? { username } : {}), ...(password ? { password } : {}), protocolVersion, tls };
}

/** Text of a file that a setting names. @throws Error that names the setting and the file */
export function readSetting(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${setting}: ${messageOf(error)}`, { cause: error });
  }
}
