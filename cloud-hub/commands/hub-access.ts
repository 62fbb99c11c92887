/** Options of the commands that talk to a running hub, and the client that they use. */
import type { X509Certificate } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { type Command, Option } from 'commander';
import type { z } from 'zod';
import type { ProblemDocument } from '../../shared/contract/problem-document.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { type Fetch, fetchOver } from '../../shared/pki/fetch.ts';
import { certificatesOf } from '../../shared/pki/pem.ts';
import { exactTime } from '../../shared/pki/time.ts';
import { API_BASE, type Client, clientOver } from '../client/client.ts';
import type { Words } from '../client/request.ts';
import { ADDRESS_FILE } from '../config.ts';
import { UsageError } from './context.ts';

/** An ordinary request; an upload takes as long as it takes. */
const TIMEOUT_MS = 15_000;

const DEFAULT_URL = 'http://127.0.0.1:8080';

export interface HubAccess {
  readonly url?: string;
  readonly tokenFile: string;
  readonly ca?: string;
}

export function withHubAccess(command: Command): Command {
  return command
    .option(
      '--url <url>',
      `address of the hub (default: of the hub whose data folder has the token, or ${DEFAULT_URL})`,
    )
    .addOption(
      new Option('--token-file <file>', 'file with an API token')
        .default('./data/admin.token')
        .env('VEDETTE_TOKEN_FILE'),
    )
    .option('--ca <file>', 'PEM file of the authority to trust (default: of that data folder, or the public ones)');
}

/** @throws UsageError for an address that is none, or a file that is not there */
export function clientOf(access: HubAccess): Client {
  const { tokenFile } = access;
  const url = hubUrlOf(access);
  if (!URL.canParse(url)) throw new UsageError(`--url: "${url}" is not a URL such as http://127.0.0.1:8080`);
  if (!existsSync(tokenFile)) {
    throw new UsageError(`--token-file: there is no file ${tokenFile}; it is admin.token in the hub's data folder`);
  }
  const authorization = `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`;
  return clientOver({
    base: new URL(API_BASE, url).href,
    fetch: fetchFrom(url, access) as typeof fetch,
    init: () => ({ headers: { authorization }, signal: AbortSignal.timeout(TIMEOUT_MS) }),
    words: wordsFor(url),
    sleep: (ms) => systemClock.sleep(ms),
  });
}

/** Address of the hub, without a slash at its end. */
export function hubUrlOf({ url, tokenFile }: HubAccess): string {
  return (url ?? addressBeside(tokenFile)).replace(/\/+$/, '');
}

function addressBeside(tokenFile: string): string {
  const file = path.join(path.dirname(tokenFile), ADDRESS_FILE);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : DEFAULT_URL;
}

/** @throws UsageError */
function fetchFrom(url: string, { ca, tokenFile }: HubAccess): Fetch {
  const beside = path.join(path.dirname(tokenFile), 'pki', 'ca.pem');
  const file = ca ?? (url.startsWith('https:') && existsSync(beside) ? beside : undefined);
  if (file === undefined) return fetch as Fetch;
  let anchors: X509Certificate[];
  try {
    anchors = certificatesOf(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`--ca: ${file}: ${messageOf(error)}`);
  }
  return fetchOver({ trust: { anchors }, time: () => exactTime(systemClock.wall()), clock: systemClock });
}

/** Streams a file of gzip to a route. */
export function uploadFile<T extends z.ZodType>(
  client: Client,
  path: string,
  file: string,
  schema: T,
  type = 'application/gzip',
): Promise<z.infer<T>> {
  const raw: RequestInit = {
    headers: { 'content-type': type, 'content-length': String(statSync(file).size) },
    body: Readable.toWeb(createReadStream(file)) as ReadableStream,
    duplex: 'half',
    signal: null,
  };
  return client.ask(schema, 'POST', path, { raw });
}

function wordsFor(url: string): Words {
  return {
    unreachable(error) {
      const cause = error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error);
      return `the hub at ${url} does not answer (${cause}): is it running, and is --url right?`;
    },
    refused: (status, problem, statusText) =>
      `the hub refused (${status}): ${problem ? describe(problem) : statusText}`,
    garbled: (path) => `${new URL(API_BASE + path, url).href} did not answer as a Vedette hub does: is --url right?`,
  };
}

function describe({ detail, title, errors = [] }: ProblemDocument): string {
  return [detail ?? title, ...errors.map(({ path, message }) => `  ${path}: ${message}`)].join('\n');
}

/** A label as it is written on a command line. @throws UsageError */
export function labelOf(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`"${text}" must be KEY=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}
