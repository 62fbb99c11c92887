/** A thin client of the admin API, for the commands that talk to a running hub. */

import { createReadStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { z } from 'zod';
import { type Problem, problem } from '../shared/contract/problem.ts';
import { messageOf } from '../shared/kit/errors.ts';
import { type Device, device, deviceSecret, page } from './api/schemas/api.ts';

const TIMEOUT_MS = 15_000;

export interface ApiClient {
  /** Adds a device; its token. */
  addDevice(id: string): Promise<string>;
  /** All devices, page by page. */
  devices(): AsyncGenerator<Device>;
  /** Calls a route below /api/v1; `body` as JSON. @throws Error that says what the hub refused, and why */
  call<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, schema: z.ZodType<T>, body?: unknown): Promise<T>;
  /** All items of a list, page by page. @param path with its query, without cursor and limit */
  pages<T extends z.ZodType>(path: string, item: T): AsyncGenerator<z.infer<T>>;
  /** Streams a file of gzip to a route. */
  upload<T>(path: string, file: string, schema: z.ZodType<T>): Promise<T>;
}

/**
 * @param url of the hub, for example http://127.0.0.1:8080
 * @param token of the API
 */
export function createApiClient(url: string, token: string): ApiClient {
  const call = <T>(method: string, path: string, schema: z.ZodType<T>, body?: unknown): Promise<T> =>
    send(path, schema, {
      method,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });

  const send = async <T>(path: string, schema: z.ZodType<T>, init: RequestInit): Promise<T> => {
    const target = new URL(`/api/v1${path}`, url);
    let response: Response;
    try {
      response = await fetch(target, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
    } catch (error) {
      const cause = error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error);
      throw new Error(`the hub at ${url} does not answer (${cause}): is it running, and is --url right?`);
    }
    const answer: unknown = response.status === 204 ? null : await response.json().catch(() => undefined);
    if (!response.ok) {
      const refused = problem.safeParse(answer);
      const detail = refused.success ? describe(refused.data) : response.statusText;
      throw new Error(`the hub refused (${response.status}): ${detail}`);
    }
    const parsed = schema.safeParse(answer);
    if (!parsed.success) throw new Error(`${target.href} did not answer as a Vedette hub does: is --url right?`);
    return parsed.data;
  };

  async function* pages<T extends z.ZodType>(path: string, item: T): AsyncGenerator<z.infer<T>> {
    let cursor: string | undefined;
    do {
      const query = new URLSearchParams({ limit: '500', ...(cursor === undefined ? {} : { cursor }) });
      const answer = await call('GET', `${path}${path.includes('?') ? '&' : '?'}${query}`, page(item));
      yield* answer.items;
      cursor = answer.next;
    } while (cursor !== undefined);
  }

  return {
    addDevice: async (id) => (await call('POST', '/devices', deviceSecret, { id })).token,
    devices: () => pages('/devices', device),
    call,
    pages,
    upload: (path, file, schema) =>
      send(path, schema, {
        method: 'POST',
        headers: { 'content-type': 'application/gzip', 'content-length': String(statSync(file).size) },
        body: Readable.toWeb(createReadStream(file)) as ReadableStream,
        duplex: 'half',
      }),
  };
}

function describe({ detail, title, errors = [] }: Problem): string {
  return [detail ?? title, ...errors.map(({ path, message }) => `  ${path}: ${message}`)].join('\n');
}
