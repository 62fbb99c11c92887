/**
 * Who may call the local API. With a token: whoever sends it. Without one the API is bound to loopback, and only requests
 * that were addressed to loopback by name are answered: a web page whose name is pointed at 127.0.0.1 (DNS rebinding)
 * must not see the cameras.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { ProblemError } from '../../shared/http/problems.ts';
import { CodedError, messageOf } from '../../shared/kit/errors.ts';
import { isLoopback } from '../../shared/kit/loopback.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered to anybody: it shows only that the agent is there. */
    open?: boolean;
  }
}

const LEAST_TOKEN = 16;

/** @throws CodedError `config-invalid` for a file that cannot be read, or a token that could be guessed */
export function readApiToken(file: string): string {
  const help = '; `openssl rand -hex 32 > FILE` makes one';
  let token: string;
  try {
    token = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new CodedError('config-invalid', `api.tokenFile: ${messageOf(error)}${help}`);
  }
  if (token.length < LEAST_TOKEN || /\s/.test(token)) {
    const found = `${file} holds ${token.length} characters`;
    throw new CodedError(
      'config-invalid',
      `api.tokenFile: must be one word of at least ${LEAST_TOKEN}; ${found}${help}`,
    );
  }
  return token;
}

/** Adds the check to all routes of this server; those with `config.open` are free. */
export function guard(app: FastifyInstance, token: string | undefined): void {
  const expected = token === undefined ? undefined : digest(token);
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.open) return;
    if (expected === undefined) {
      if (isLoopback(hostName(request.headers.host ?? ''))) return;
      throw new ProblemError(403, 'without `api.tokenFile` the local API answers only to 127.0.0.1 and localhost');
    }
    const sent = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
    if (sent !== undefined && timingSafeEqual(digest(sent), expected)) return;
    const detail = 'send the token of the file `api.tokenFile` as "Authorization: Bearer …"';
    throw new ProblemError(401, detail, { 'www-authenticate': 'Bearer realm="vedette-agent"' });
  });
}

/** `Host` without its port (RFC 9110, 7.2). */
function hostName(host: string): string {
  return host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

/** Digests have one length: comparing them does not reveal the length of the token. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
