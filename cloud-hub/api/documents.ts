/**
 * Documents that people change: each has a tag (`ETag`), and a change that names the tag of what it was made of (`If-Match`) is refused
 * when somebody else was quicker. In one place: a route names its document in `config.document`.
 *
 * The look and the change are one step: between the hook and the transaction of a route nothing waits for anything outside.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProblemError } from '../../shared/http/problems.ts';
import { digestOf } from '../../shared/kit/digest.ts';
import { isRead } from './repeats.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * What the address of this route stands for as it is now, without what changes by itself; undefined: there is none. Not
     * called before the path was checked.
     */
    document?: (request: FastifyRequest) => unknown;
  }
}

export const MATCH_HEADERS = ['If-Match', 'If-None-Match'] as const;

/** A list of entity tags (RFC 9110, 8.8.3), or `*` for any. */
const shape = /^(?:\*|(?:W\/)?"[\x21\x23-\x7e]{0,128}"(?: *, *(?:W\/)?"[\x21\x23-\x7e]{0,128}"){0,15})$/;

export function tagOf(document: unknown): string {
  return `"${Buffer.from(digestOf(JSON.stringify(document)).slice('sha256:'.length, -32), 'hex').toString('base64url')}"`;
}

/** Adds tags to the answers of all routes of this scope. */
export function tagDocuments(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply) => {
    const { document } = request.routeOptions.config;
    if (!document || reply.statusCode >= 300 || request.method === 'DELETE' || reply.hasHeader('etag')) return;
    const now = await document(request);
    if (now !== undefined) reply.header('etag', tagOf(now));
  });
}

/** Refuses changes of documents that are not what the sender thinks. Its hook must be the last one before the route. */
export function matchDocuments(app: FastifyInstance): void {
  app.addHook('preHandler', async (request) => {
    if (isRead(request.method)) return;
    const [match, none] = MATCH_HEADERS.map((name) => tagsIn(request, name));
    if (!match && !none) return;
    const { document } = request.routeOptions.config;
    if (!document)
      throw new ProblemError(
        400,
        'If-Match and If-None-Match: this address has no document whose tag could be compared',
      );
    const now = await document(request);
    const tag = now === undefined ? undefined : tagOf(now);
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
  });
}

/** @throws ProblemError 400 */
function tagsIn({ headers }: FastifyRequest, name: (typeof MATCH_HEADERS)[number]): readonly string[] | undefined {
  const text = headers[name === 'If-Match' ? 'if-match' : 'if-none-match'];
  if (text === undefined) return undefined;
  if (!shape.test(text)) throw new ProblemError(400, `${name}: must be the ETag of an answer, in its quotes, or *`);
  return text.split(',').map((tag) => tag.trim());
}
