/**
 * Changes that are sent again: with the same `Idempotency-Key` a change is done once, and each repeat gets the first answer. In one
 * place for every route that changes something; what is kept, and for how long, is store/answers.ts.
 *
 * It comes after who asks and what is asked were looked at: a refused request uses no key up, and who lost his rights gets nothing.
 */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ProblemError } from '../../shared/http/problems.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Answers, Sender } from '../store/answers.ts';
import type { Answer } from '../store/sealed-answer.ts';
import { addressOf } from './auth.ts';
import { digestOfRequest, KEY_HEADER, repeatKeyOf } from './repeat-key.ts';
import { type Tapped, tap } from './tapped-body.ts';

interface AtWork {
  readonly sender: Sender;
  /** Known when the body has come. */
  readonly request: () => string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The change that this request's key stands for. */
    repeat: AtWork | null;
  }
}

const KEPT_HEADERS = ['content-type', 'etag', 'location', 'set-cookie'];
/** The same request may go another way later: another credential, more time, a hub that is well again. */
const NOT_KEPT = new Set([401, 403, 408, 413, 429]);

export const isRead = (method: string): boolean => method === 'GET' || method === 'HEAD' || method === 'OPTIONS';

/** Adds it to all routes of this scope. */
export function answerRepeats(app: FastifyInstance, answers: Answers, clock: Pick<Clock, 'wall'>): void {
  app.decorateRequest('repeat', null);

  app.addHook('preHandler', async (request, reply) => {
    if (isRead(request.method)) return;
    const key = repeatKeyOf(request.headers[KEY_HEADER]);
    if (key === undefined) return;
    const sender = { caller: callerKey(request), key };
    const tapped = request.body instanceof Readable ? tap(request.body) : undefined;
    const digest = () => digestOf(request, tapped);
    const known = answers.begin(sender, tapped ? '' : digest(), clock.wall());
    if (known.state === 'new') {
      request.repeat = { sender, request: digest };
      if (tapped) request.body = tapped.body;
      return;
    }
    if (known.state === 'working')
      throw new ProblemError(409, 'a request with this Idempotency-Key is at work: wait, and ask again', {
        'retry-after': '1',
      });
    if (known.state === 'unknown')
      throw new ProblemError(
        409,
        'the hub ended while a request with this Idempotency-Key was at work: look whether it was done; if not, send it with a new key',
      );
    if (tapped) await tapped.drain();
    if (known.request !== digest())
      throw new ProblemError(422, 'another request was sent with this Idempotency-Key: use a new key for each change');
    if (known.state === 'large')
      throw new ProblemError(409, 'this was done; its answer was too large to keep: read what is there now');
    return replay(reply, known.answer);
  });

  app.addHook('onSend', async (request, reply, payload) => {
    const { repeat } = request;
    if (!repeat) return;
    request.repeat = null;
    try {
      const answer = answerOf(reply, payload);
      if (answer) answers.finish(repeat.sender, repeat.request(), answer);
      else answers.forget(repeat.sender);
    } catch (error) {
      // What was asked is done: its answer goes out, and a repeat is told that nobody knows.
      request.log.warn({ reason: messageOf(error) }, 'the answer to a change could not be kept for repeats');
    }
  });
}

/** Tokens and users have numbers that are never given again. Who needs no credential is told apart by his address. */
function callerKey(request: FastifyRequest): string {
  const { identity, device } = request;
  if (identity) return `token ${identity.token}`;
  return device === null ? `address ${addressOf(request)}` : `device ${device}`;
}

function digestOf(request: FastifyRequest, tapped: Tapped | undefined): string {
  const { method, url, headers } = request;
  const asked = { method, url, ifMatch: headers['if-match'], ifNoneMatch: headers['if-none-match'] };
  return digestOfRequest(asked, tapped ? tapped.digest() : request.body);
}

/** What is kept of an answer; undefined: nothing. */
function answerOf(reply: FastifyReply, payload: unknown): Answer | undefined {
  const { statusCode: status } = reply;
  if (status >= 500 || NOT_KEPT.has(status)) return undefined;
  const body = payload === undefined || payload === null ? '' : payload;
  if (typeof body !== 'string' && !Buffer.isBuffer(body)) return undefined;
  const headers = Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => {
      const value = reply.getHeader(name);
      return value === undefined ? [] : [[name, Array.isArray(value) ? value : String(value)]];
    }),
  );
  return { status, headers, body: Buffer.from(body) };
}

function replay(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  for (const [name, value] of Object.entries(headers)) reply.header(name, value);
  reply.code(status).header('idempotency-replayed', 'true');
  return body.length > 0 ? reply.send(body) : reply.send();
}
