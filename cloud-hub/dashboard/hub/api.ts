/**
 * The client of the hub's HTTP API as the dashboard uses it: same origin, and words for people in front of a page. The session
 * is an HttpOnly cookie that this code never sees.
 */
import { problemDocument } from '../../../shared/contract/problem-document.ts';
import { API_BASE, type Client, clientOver } from '../../client/client.ts';
import type { Words } from '../../client/request.ts';

export { type Page, type Proof, type Query, queryText } from '../../client/client.ts';
export { ApiError } from '../../client/request.ts';

export interface ApiOptions {
  readonly fetch: (input: string, init?: RequestInit) => Promise<Response>;
  /** Called when the hub answers 401 to anything but a sign-in. */
  readonly onUnauthorized: () => void;
  /** Absent: a change whose answer was lost is not sent again. */
  readonly sleep?: (ms: number) => Promise<void>;
}

export type Api = Client;

/** Below the base of the page: a proxy may serve the hub under a path of its own. */
const BASE = API_BASE.slice(1);

/** Where model packages are sent to. */
export const uploadUrl = `${BASE}/models`;

/** Where the live feed is. */
export const feedUrl = `${BASE}/live`;

/** Address of a snapshot's JPEG. */
export const snapshotUrl = (id: string): string => `${BASE}/snapshots/${encodeURIComponent(id)}`;

const words: Words = {
  unreachable: () => 'The hub cannot be reached. Is it running, and is the network up?',
  refused: (status, problem) => (problem ? (problem.detail ?? problem.title) : `The hub answered ${status}.`),
  garbled: (path, where) =>
    `The hub's answer to ${path} was not understood (${where}). If the hub was updated, reload this page.`,
};

/** @throws ApiError from every function: the hub's own words (RFC 9457 `detail` or `title`) where it gave any */
export function createApi(options: ApiOptions): Api {
  return clientOver({ base: BASE, init: () => ({ credentials: 'same-origin' }), words, ...options });
}

/** The hub's own words in the body of a refusal. */
export function reasonIn(body: unknown, status: number): string {
  return words.refused(status, problemDocument.safeParse(body).data, '');
}
