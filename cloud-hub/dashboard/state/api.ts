/**
 * The hub's HTTP API as functions. Every answer passes its schema of cloud-hub/api/schemas before it is used; the session
 * is an HttpOnly cookie that this code never sees.
 */
import type { z } from 'zod';
import { problem } from '../../../shared/contract/problem.ts';
import {
  device,
  deviceSecret,
  event,
  identity,
  page,
  quarantined,
  reading,
  readingBucket,
  sequence,
  summary,
  trouble,
} from '../../api/schemas/api.ts';
import { model } from '../../api/schemas/model.ts';
import {
  type GateName,
  type NewRollout,
  rollout,
  rolloutDevice,
  rolloutEvent,
  rolloutPreview,
} from '../../api/schemas/rollout.ts';

/** A request that failed: `status` 0 when the hub could not be reached. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Cursor of the following page; absent on the last. */
  readonly next?: string | undefined;
}

export type Query = Readonly<Record<string, string | number | undefined>>;

export interface ApiOptions {
  readonly fetch: (input: string, init?: RequestInit) => Promise<Response>;
  /** Called when the hub answers 401 to anything but a sign-in. */
  readonly onUnauthorized: () => void;
}

export type Api = ReturnType<typeof createApi>;

const BASE = '/api/v1';
const part = encodeURIComponent;

/** Where model packages are sent to. */
export const uploadUrl = `${BASE}/models`;

/** Address of a snapshot's JPEG. */
export const snapshotUrl = (id: string): string => `${BASE}/snapshots/${part(id)}`;

/** `?a=1&b=2` of what is given; empty without any. */
export function queryText(query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  return given.length === 0 ? '' : `?${given.map(([key, value]) => `${part(key)}=${part(String(value))}`).join('&')}`;
}

/**
 * @throws ApiError from every function: the hub's own words (RFC 9457 `detail` or `title`) where it gave any
 */
export function createApi({ fetch, onUnauthorized }: ApiOptions) {
  async function call(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(BASE + path, {
        method,
        credentials: 'same-origin',
        headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal ? { signal } : {}),
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ApiError(0, 'The hub cannot be reached. Is it running, and is the network up?');
    }
    if (response.ok) return response;
    if (response.status === 401 && path !== '/sign-in') onUnauthorized();
    throw new ApiError(response.status, await reasonOf(response));
  }

  async function get<T extends z.ZodType>(
    schema: T,
    path: string,
    query: Query = {},
    signal?: AbortSignal,
  ): Promise<z.infer<T>> {
    return parse(schema, await call('GET', path + queryText(query), undefined, signal), path);
  }

  const list =
    <T extends z.ZodType>(item: T, path: string) =>
    (query: Query = {}, signal?: AbortSignal): Promise<Page<z.infer<T>>> =>
      get(page(item), path, query, signal);

  return {
    me: () => get(identity, '/me'),
    async signIn(proof: { readonly code: string } | { readonly token: string }) {
      return parse(identity, await call('POST', '/sign-in', proof), '/sign-in');
    },
    async signOut(): Promise<void> {
      await call('POST', '/sign-out', {});
    },
    async addDevice(id: string) {
      return parse(deviceSecret, await call('POST', '/devices', { id }), '/devices');
    },
    devices: list(device, '/devices'),
    device: (id: string, signal?: AbortSignal) => get(device, `/devices/${part(id)}`, {}, signal),
    sequences: (id: string, signal?: AbortSignal) =>
      get(page(sequence), `/devices/${part(id)}/sequences`, {}, signal).then(({ items }) => items),
    events: list(event, '/events'),
    summaries: list(summary, '/summaries'),
    readings: list(reading, '/readings'),
    /** Newest first; a span without a reading is left out. */
    readingCourse: (query: Query, signal?: AbortSignal) =>
      get(page(readingBucket), '/readings/course', query, signal).then(({ items }) => items),
    troubles: list(trouble, '/troubles'),
    quarantine: list(quarantined, '/quarantine'),
    models: list(model, '/models'),
    async setAlias(name: string, alias: string, version: string) {
      const path = `/models/${part(name)}/aliases/${part(alias)}`;
      return parse(model, await call('PUT', path, { version }), path);
    },
    async removeAlias(name: string, alias: string): Promise<void> {
      await call('DELETE', `/models/${part(name)}/aliases/${part(alias)}`);
    },
    async removeModel(name: string, version: string): Promise<void> {
      await call('DELETE', `/models/${part(name)}/${part(version)}`);
    },
    rollouts: list(rollout, '/rollouts'),
    rollout: (id: string, signal?: AbortSignal) => get(rollout, `/rollouts/${part(id)}`, {}, signal),
    rolloutWaves: (id: string, signal?: AbortSignal) =>
      get(rolloutPreview, `/rollouts/${part(id)}/waves`, {}, signal).then(({ waves }) => waves),
    rolloutDevices: (id: string, query: Query, signal?: AbortSignal) =>
      get(page(rolloutDevice), `/rollouts/${part(id)}/devices`, query, signal),
    /** Oldest first; `cursor` may also be the id of the last entry that is known. */
    rolloutHistory: (id: string, query: Query, signal?: AbortSignal) =>
      get(page(rolloutEvent), `/rollouts/${part(id)}/history`, query, signal),
    async previewRollout(wish: NewRollout) {
      return parse(rolloutPreview, await call('POST', '/rollouts', { ...wish, dryRun: true }), '/rollouts');
    },
    async createRollout(wish: NewRollout) {
      return parse(rollout, await call('POST', '/rollouts', { ...wish, dryRun: false }), '/rollouts');
    },
    /** @param waive gates that are overruled from now on; only with `resume` */
    async turnRollout(id: string, verb: 'pause' | 'resume' | 'abort', waive: readonly GateName[] = []) {
      const path = `/rollouts/${part(id)}/${verb}`;
      return parse(rollout, await call('POST', path, waive.length > 0 ? { waive } : {}), path);
    },
  };
}

async function parse<T extends z.ZodType>(schema: T, response: Response, path: string): Promise<z.infer<T>> {
  const parsed = schema.safeParse(await response.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue ? `${issue.path.join('.') || '(root)'}: ${issue.message}` : 'not JSON';
  throw new ApiError(
    response.status,
    `The hub's answer to ${path} was not understood (${where}). If the hub was updated, reload this page.`,
  );
}

async function reasonOf(response: Response): Promise<string> {
  return reasonIn(await response.json().catch(() => undefined), response.status);
}

/** The hub's own words in the body of a refusal. */
export function reasonIn(body: unknown, status: number): string {
  const parsed = problem.safeParse(body);
  if (!parsed.success) return `The hub answered ${status}.`;
  return parsed.data.detail ?? parsed.data.title;
}
