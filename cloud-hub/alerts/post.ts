/**
 * Posts a body to an address that people gave. It connects to the address that was checked (a name that resolves to another one
 * meanwhile changes nothing), follows no redirect, and reads only the beginning of an answer.
 */
import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import type { Addresses } from './addresses.ts';

export interface PostOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  readonly addresses: Addresses;
  readonly signal: AbortSignal;
}

/** Most bytes of an answer that are read; its status says enough. */
const MOST_ANSWER = 16 * 1024;

/** The receiver answered, and not with 2xx. */
export class Answered extends Error {
  readonly status: number;
  constructor(status: number, message = `answered ${status}`) {
    super(message);
    this.status = status;
  }
}

/** Resolves when the receiver has answered 2xx. @throws Answered with what it answered; Error that says why it did not */
export async function post({ url, headers, body, addresses, signal }: PostOptions): Promise<void> {
  const target = new URL(url);
  const { address, family } = await addresses.checked(target.hostname);
  signal.throwIfAborted();
  const host = target.hostname.replace(/^\[(.*)\]$/, '$1');
  const request = target.protocol === 'https:' ? https.request : http.request;
  const status = await new Promise<number>((resolve, reject) => {
    const asked = request(
      {
        method: 'POST',
        host: address,
        family,
        port: target.port === '' ? undefined : Number(target.port),
        path: target.pathname + target.search,
        // The certificate has to be of the name, not of the address.
        ...(isIP(host) === 0 ? { servername: host } : {}),
        headers: {
          ...headers,
          host: target.host,
          'content-length': Buffer.byteLength(body),
          'user-agent': 'vedette-hub',
        },
        // A connection of its own: nothing of one delivery reaches another.
        agent: false,
        signal,
        maxHeaderSize: MOST_ANSWER,
      },
      (answer) => {
        let bytes = 0;
        const done = () => {
          answer.destroy();
          resolve(answer.statusCode ?? 0);
        };
        answer.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MOST_ANSWER) done();
        });
        answer.on('end', done);
        answer.on('error', reject);
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
  if (status >= 300 && status < 400)
    throw new Answered(status, `answered ${status}, a redirect; redirects are not followed`);
  if (status < 200 || status > 299) throw new Answered(status);
}
