/**
 * `fetch` for addresses of the hub, over connections that are judged by `dial.ts`. One connection per request; a redirect is not
 * followed. For `http://` addresses it is the plain one of Node.
 */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { type DialOptions, dialTls } from './dial.ts';

export type Fetch = (url: string | URL, init?: FetchInit) => Promise<Response>;

export interface FetchInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | WebStream<Uint8Array> | null;
  readonly signal?: AbortSignal | null;
  /** A redirect is never followed: what the hub says is said by the hub. */
  readonly redirect?: 'error';
}

export type FetchTrust = Pick<DialOptions, 'trust' | 'time' | 'clock'> & {
  /** Asked for each request: a certificate may be renewed. */
  readonly credentials?: () => DialOptions['credentials'];
};

const CONNECT_MS = 15_000;
const HTTPS_PORT = 443;

/** @returns a fetch that throws TrustFault where the server is not the one that is trusted */
export function fetchOver({ credentials, ...trust }: FetchTrust): Fetch {
  return async (address, init = {}) => {
    const url = new URL(address);
    if (url.protocol !== 'https:') return fetch(url, plainInit(init));
    const signal = init.signal ?? undefined;
    const socket = await dialTls({
      ...trust,
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? HTTPS_PORT : Number(url.port),
      protocols: ['http/1.1'],
      credentials: credentials?.(),
      timeoutMs: CONNECT_MS,
      signal,
    });
    const asked = httpRequest({
      createConnection: () => socket,
      method: init.method ?? 'GET',
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, ...init.headers, ...lengthOf(init.body) },
      ...(signal ? { signal } : {}),
    });
    const answered = once(asked, 'response') as Promise<[IncomingMessage]>;
    await send(asked, init.body, answered);
    const [answer] = await answered;
    const status = answer.statusCode ?? 0;
    if (status >= 300 && status < 400 && status !== 304) {
      answer.destroy();
      throw new Error(`${url.host} sends us elsewhere (${status})`);
    }
    const headers = Object.entries(answer.headers).map(([key, value]): [string, string] => [key, String(value)]);
    const isEmpty = status === 204 || status === 304 || init.method === 'HEAD';
    if (isEmpty) answer.resume();
    const body = isEmpty ? null : (Readable.toWeb(answer) as ReadableStream);
    return new Response(body, { status, statusText: answer.statusMessage ?? '', headers });
  };
}

async function send(
  asked: ReturnType<typeof httpRequest>,
  body: FetchInit['body'],
  answered: Promise<unknown>,
): Promise<void> {
  if (body === undefined || body === null || typeof body === 'string' || body instanceof Uint8Array) {
    asked.end(body ?? undefined);
    return;
  }
  // A hub that refuses an upload answers before it has all of it.
  const sent = pipeline(Readable.fromWeb(body), asked);
  sent.catch(() => undefined);
  await Promise.race([sent, answered]);
}

function lengthOf(body: FetchInit['body']): Record<string, string> {
  if (typeof body === 'string') return { 'content-length': String(Buffer.byteLength(body)) };
  return body instanceof Uint8Array ? { 'content-length': String(body.length) } : {};
}

function plainInit({ method, headers, body, signal }: FetchInit): RequestInit {
  return {
    redirect: 'error',
    ...(method === undefined ? {} : { method }),
    ...(headers === undefined ? {} : { headers: { ...headers } }),
    ...(body === undefined || body === null ? {} : { body: body as RequestInit['body'] & {}, duplex: 'half' }),
    ...(signal ? { signal } : {}),
  };
}
