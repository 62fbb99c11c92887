/** Writes requests that were refused for want of credentials or of rights into the audit. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RefusedAttempts } from '../identity/refused-attempts.ts';
import { addressOf, SESSION_COOKIE } from './auth.ts';

/** Adds it to all routes. */
export function tellRefusals(app: FastifyInstance, refused: Pick<RefusedAttempts, 'add'>): void {
  app.addHook('onSend', async (request, { statusCode: status }) => {
    if (!isRefusal(status, request)) return;
    const route = `${request.method} ${request.routeOptions.url ?? 'none'}`;
    await refused.add({ ...actorOf(request), address: addressOf(request), route, status });
  });
}

/** 429 only where it answers guesses: elsewhere it says that the hub is busy. */
function isRefusal(status: number, request: FastifyRequest): boolean {
  const { access } = request.routeOptions.config;
  return status === 403 || (status === 401 && !isFirstLook(request)) || (status === 429 && access === 'public');
}

/** Each page asks once who is signed in. Without a credential that is no attempt. */
function isFirstLook({ routeOptions, headers, cookies }: FastifyRequest): boolean {
  const has = headers.authorization !== undefined || cookies[SESSION_COOKIE] !== undefined;
  return routeOptions.url === '/api/v1/me' && !has;
}

function actorOf({ identity, device }: FastifyRequest): { readonly actor?: string } {
  const actor = identity?.name ?? device ?? undefined;
  return actor === undefined ? {} : { actor };
}
