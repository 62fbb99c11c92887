/**
 * Documents that people change: each has a tag (`ETag`), and a change that names the tag of what it was made of (`If-Match`) is refused
 * when somebody else was quicker. In one place: a route names its document in `config.document`.
 *
 * What was seen is compared in the transaction that changes it, by the guard of the act: of many who change the same state, one does.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProblemError } from '../../shared/http/problems.ts';
import { digestOf } from '../../shared/kit/digest.ts';
import type { Guard } from '../store/audit.ts';
import type { Parts } from '../store/store.ts';
import { callerOf } from './auth.ts';
import { isRead } from './repeats.ts';

/**
 * What the address of a route stands for as it is now, without what changes by itself; undefined: there is none. Not called before
 * the path was checked.
 * @param from where it is read: the store, or the transaction that changes it
 */
type Document = (request: FastifyRequest, from: Parts) => unknown;

declare module 'fastify' {
  interface FastifyContextConfig {
    document?: Document;
  }
  interface FastifyRequest {
    /** Of the document that is answered, as it was read or written. */
    tag: string | null;
  }
}

export const MATCH_HEADERS = ['If-Match', 'If-None-Match'] as const;

/** A list of entity tags (RFC 9110, 8.8.3), or `*` for any. */
const shape = /^(?:\*|(?:W\/)?"[\x21\x23-\x7e]{0,128}"(?: *, *(?:W\/)?"[\x21\x23-\x7e]{0,128}"){0,15})$/;

/** Of no document: none. */
export function tagOf(document: unknown): string | undefined {
  if (document === undefined) return undefined;
  return `"${Buffer.from(digestOf(JSON.stringify(document)).slice('sha256:'.length, -32), 'hex').toString('base64url')}"`;
}

/** Adds tags to the answers of all routes of this scope. */
export function tagDocuments(app: FastifyInstance): void {
  app.decorateRequest('tag', null);
  app.addHook('onSend', async (request, reply) => {
    if (request.tag === null || reply.statusCode >= 300 || request.method === 'DELETE' || reply.hasHeader('etag'))
      return;
    reply.header('etag', request.tag);
  });
}

/** Compares the tags of all routes of this scope. Its hook must be the last one before the route. */
export function matchDocuments(app: FastifyInstance, store: Parts): void {
  app.addHook('preHandler', async (request) => {
    const { document } = request.routeOptions.config;
    // Before the body is read: a tag that is older than its body costs another look, a newer one would cost somebody's change.
    if (isRead(request.method)) request.tag = (document && tagOf(await document(request, store))) ?? null;
    else {
      const [match, none] = MATCH_HEADERS.map((name) => tagsIn(request, name));
      if (document) request.identity = { ...callerOf(request), guard: guardOf(request, document, match, none) };
      else if (match || none)
        throw new ProblemError(
          400,
          'If-Match and If-None-Match: this address has no document whose tag could be compared',
        );
    }
  });
}

function guardOf(
  request: FastifyRequest,
  document: Document,
  match: readonly string[] | undefined,
  none: readonly string[] | undefined,
): Guard {
  return {
    async before(tx: Parts) {
      if (match || none) requireMatch(tagOf(await document(request, tx)), match, none);
    },
    async after(tx: Parts) {
      request.tag = tagOf(await document(request, tx)) ?? null;
    },
  };
}

/** @throws ProblemError 412 */
function requireMatch(tag: string | undefined, match?: readonly string[], none?: readonly string[]): void {
  const isAny = (tags: readonly string[]) => tag !== undefined && (tags.includes('*') || tags.includes(tag));
  if (match && !isAny(match))
    throw new ProblemError(
      412,
      tag === undefined
        ? 'it is not there any more: somebody has removed it meanwhile'
        : 'somebody has changed it meanwhile: read it again, and decide anew',
      tag === undefined ? {} : { etag: tag },
    );
  if (none && isAny(none))
    throw new ProblemError(412, 'there is one already: choose another name, or read it and change it', {
      etag: tag ?? '',
    });
}

/**
 * A proxy that compresses answers makes their tags weak (`W/`, as nginx does): the bytes are others, and the document, which our tags
 * name, is the same one.
 * @throws ProblemError 400
 */
function tagsIn({ headers }: FastifyRequest, name: (typeof MATCH_HEADERS)[number]): readonly string[] | undefined {
  const text = headers[name === 'If-Match' ? 'if-match' : 'if-none-match'];
  if (text === undefined) return undefined;
  if (!shape.test(text)) throw new ProblemError(400, `${name}: must be the ETag of an answer, in its quotes, or *`);
  return text.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
}
