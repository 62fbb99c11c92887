/** Options of the commands that talk to a running hub. */
import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type ApiClient, createApiClient } from '../api-client.ts';
import { UsageError } from './context.ts';

export interface HubAccess {
  readonly url: string;
  readonly tokenFile: string;
}

export function withHubAccess(command: Command): Command {
  return command
    .option('--url <url>', 'address of the hub', 'http://127.0.0.1:8080')
    .option('--token-file <file>', 'file with an API token', './data/admin.token');
}

/** @throws UsageError for an address that is none, or a file that is not there */
export function clientOf({ url, tokenFile }: HubAccess): ApiClient {
  if (!URL.canParse(url)) throw new UsageError(`--url: "${url}" is not a URL such as http://127.0.0.1:8080`);
  if (!existsSync(tokenFile)) {
    throw new UsageError(`--token-file: there is no file ${tokenFile}; it is admin.token in the hub's data folder`);
  }
  return createApiClient(url, readFileSync(tokenFile, 'utf8').trim());
}

/** A label as it is written on a command line. @throws UsageError */
export function labelOf(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`"${text}" must be KEY=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}
