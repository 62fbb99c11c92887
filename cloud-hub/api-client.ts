/** A thin client of the admin API, for the commands that talk to a running hub. */

import type { z } from 'zod';
import { problem } from '../shared/contract/problem.ts';
import { messageOf } from '../shared/kit/errors.ts';
import { type Device, device, deviceSecret, page } from './api/schemas/api.ts';

const TIMEOUT_MS = 15_000;

export interface ApiClient {
  /** Adds a device; its token. */
  addDevice(id: string): Promise<string>;
  /** All devices, page by page. */
  devices(): AsyncGenerator<Device>;
}

/**
 * @param url of the hub, for example http://127.0.0.1:8080
 * @param token of the API
 */
export function createApiClient(url: string, token: string): ApiClient {
  const call = async <T>(method: string, path: string, schema: z.ZodType<T>, body?: unknown): Promise<T> => {
    const target = new URL(`/api/v1${path}`, url);
    let response: Response;
    try {
      response = await fetch(target, {
        method,
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      const cause = error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error);
      throw new Error(`the hub at ${url} does not answer (${cause}): is it running, and is --url right?`);
    }
    const answer: unknown = await response.json().catch(() => undefined);
    if (!response.ok) {
      const refused = problem.safeParse(answer);
      const detail = refused.success ? (refused.data.detail ?? refused.data.title) : response.statusText;
      throw new Error(`the hub refused (${response.status}): ${detail}`);
    }
    const parsed = schema.safeParse(answer);
    if (!parsed.success) throw new Error(`${target.href} did not answer as a Vedette hub does: is --url right?`);
    return parsed.data;
  };

  return {
    async addDevice(id) {
      return (await call('POST', '/devices', deviceSecret, { id })).token;
    },
    async *devices() {
      let cursor: string | undefined;
      do {
        const query = new URLSearchParams({ limit: '500', ...(cursor === undefined ? {} : { cursor }) });
        const answer = await call('GET', `/devices?${query}`, page(device));
        yield* answer.items;
        cursor = answer.next;
      } while (cursor !== undefined);
    },
  };
}
