/** Telling Home Assistant, as the settings say. */
import { readSetting } from '../broker/external-connection.ts';
import type { HubConfig } from '../config.ts';
import { HomeAssistant, type HomeAssistantOptions } from './bridge.ts';

interface OpenOptions extends Pick<HomeAssistantOptions, 'store' | 'clock' | 'log'> {
  readonly config: HubConfig;
  readonly version: string;
}

/** @returns undefined when none is to be told. @throws Error that names the setting and the file */
export function openHomeAssistant({ config, version, ...parts }: OpenOptions): HomeAssistant | undefined {
  const { homeAssistantUrl: url, homeAssistantUsername: username } = config;
  if (url === undefined) return undefined;
  const { homeAssistantPasswordFile: passwordFile, homeAssistantCaFile: caFile } = config;
  const connection = {
    url,
    ...(username === undefined ? {} : { username }),
    ...(passwordFile ? { password: readSetting(passwordFile, '--home-assistant-password-file').trim() } : {}),
    tls: caFile ? { ca: readSetting(caFile, '--home-assistant-ca-file') } : {},
  };
  const about = { name: config.homeAssistantName, version, url: config.publicUrl };
  return new HomeAssistant({ ...parts, connection, prefix: config.homeAssistantPrefix, about });
}
