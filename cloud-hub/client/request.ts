/**
 * One request to the hub's HTTP API, for programs and for browsers: what is sent, what an answer must be, and what is thrown
 * when it is not. How people are told is the caller's: `words`.
 */
import type { z } from 'zod';
import { type ProblemDocument, problemDocument } from '../../shared/contract/problem-document.ts';

/** A request that failed: `status` 0 when the hub could not be reached. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** The fields that the hub names, such as `body.code`. */
  readonly fields: readonly string[];
  constructor(status: number, message: string, options?: ErrorOptions, fields: readonly string[] = []) {
    super(message, options);
    this.status = status;
    this.fields = fields;
  }
}

/** What people are told. */
export interface Words {
  /** No answer came. */
  readonly unreachable: (error: unknown) => string;
  /** @param problem the hub's own words (RFC 9457); undefined when the answer had none */
  readonly refused: (status: number, problem: ProblemDocument | undefined, statusText: string) => string;
  /** It answered, but not as a hub does. @param where the field that is wrong, and how */
  readonly garbled: (path: string, where: string) => string;
}

export interface Transport {
  /** What stands before each path, for example `/api/v1`. */
  readonly base: string;
  readonly fetch: (input: string, init?: RequestInit) => Promise<Response>;
  /** What each request carries: credentials. */
  readonly init: () => Pick<RequestInit, 'credentials' | 'headers' | 'signal'>;
  readonly words: Words;
  /** Called when the hub answers 401 to anything but a sign-in. */
  readonly onUnauthorized?: () => void;
  /** Waits before a change is sent again whose answer was lost; absent: nothing is sent again. */
  readonly sleep?: (ms: number) => Promise<void>;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface Sent {
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** Beside those of the transport. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of `body`: how to send anything else. */
  readonly raw?: RequestInit;
}

export interface Tagged<T> {
  readonly value: T;
  readonly tag: string | undefined;
}

export type Request = ReturnType<typeof createRequest>;

/** Before each time that a change is sent again, in milliseconds. */
const AGAIN_MS = [300, 1000, 2000];
/** A hub or its proxy could not answer now. */
const LATER = new Set([502, 503, 504]);

/** @returns a function that asks, and throws ApiError; a request that its signal has ended throws what fetch threw */
export function createRequest({ base, fetch, init, words, onUnauthorized, sleep }: Transport) {
  function once(
    method: Method,
    path: string,
    { body, signal, raw, headers: own }: Sent,
    key: string | undefined,
  ): Promise<Response> {
    const { headers, ...rest } = init();
    return fetch(base + path, {
      method,
      ...rest,
      ...raw,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': `"${key}"` }),
        ...own,
        ...headers,
        ...raw?.headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  }

  /** A change whose answer was lost is sent again with its key: the hub does it once. */
  async function untilAnswered(method: Method, path: string, sent: Sent): Promise<Response> {
    // A stream can be sent only once.
    const key = method === 'GET' || sent.raw ? undefined : newKey();
    const waits = key === undefined || !sleep ? [] : AGAIN_MS;
    for (let tries = 0; ; tries++) {
      const wait = waits[tries];
      try {
        const response = await once(method, path, sent, key);
        if (wait === undefined || !isForLater(response)) return response;
        await response.body?.cancel();
      } catch (error) {
        if (wait === undefined || sent.signal?.aborted || !mayHaveCome(error)) throw error;
      }
      await sleep?.(wait);
    }
  }

  async function respond(method: Method, path: string, sent: Sent = {}): Promise<Response> {
    let response: Response;
    try {
      response = await untilAnswered(method, path, sent);
    } catch (error) {
      if (sent.signal?.aborted) throw error;
      throw new ApiError(0, words.unreachable(error), { cause: error });
    }
    if (response.ok) return response;
    if (response.status === 401 && path !== '/sign-in') onUnauthorized?.();
    const document = problemDocument.safeParse(await response.json().catch(() => undefined));
    const fields = document.data?.errors?.map(({ path }) => path);
    throw new ApiError(
      response.status,
      words.refused(response.status, document.data, response.statusText),
      undefined,
      fields,
    );
  }

  async function askTagged<T extends z.ZodType>(
    schema: T,
    method: Method,
    path: string,
    sent?: Sent,
  ): Promise<Tagged<z.infer<T>>> {
    const response = await respond(method, path, sent);
    const parsed = schema.safeParse(await response.json().catch(() => undefined));
    if (parsed.success) return { value: parsed.data, tag: response.headers.get('etag') ?? undefined };
    const issue = parsed.error.issues[0];
    const where = issue ? `${issue.path.join('.') || '(root)'}: ${issue.message}` : 'not JSON';
    throw new ApiError(response.status, words.garbled(path.split('?', 1)[0] ?? path, where));
  }

  return {
    /** The same as `ask`, with the tag of the document (`ETag`), where the hub gives one. */
    askTagged,
    /** Asks for something that has to pass its schema. */
    async ask<T extends z.ZodType>(schema: T, method: Method, path: string, sent?: Sent): Promise<z.infer<T>> {
      return (await askTagged(schema, method, path, sent)).value;
    },
    /** Asks for a file that fits into memory. */
    async bytes(path: string): Promise<Uint8Array> {
      return new Uint8Array(await (await respond('GET', path)).arrayBuffer());
    },
    /** Asks for something to be done; the answer says only that it is. */
    async send(method: Method, path: string, sent?: Sent): Promise<void> {
      await respond(method, path, sent);
    },
  };
}

/** Only a page of HTTPS has `randomUUID`. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Also: the first request with this key is still at work. */
function isForLater({ status, headers }: Response): boolean {
  return LATER.has(status) || (status === 409 && headers.has('retry-after'));
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

/** May a request that failed like this have reached the hub? A browser does not say. */
function mayHaveCome(error: unknown): boolean {
  if (error instanceof Error && error.name === 'TimeoutError') return false;
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return !['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'].includes(String(codeOf(cause)));
}
