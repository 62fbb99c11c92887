/** The HTTP server of the local API: hooks that hold for everything, then the routes. */
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { answerBroken } from '../../shared/http/broken-request.ts';
import { refuseUnknownQuery } from '../../shared/http/known-query.ts';
import { Places } from '../../shared/http/places.ts';
import { problemHandler, problemOf, sendProblem } from '../../shared/http/problems.ts';
import { giveSeats } from '../../shared/http/seats.ts';
import { guard } from './access.ts';
import type { ApiOptions } from './options.ts';
import { routeGroups } from './routes.ts';

/** Nothing is uploaded. */
const BODY_BYTES = 1024;
const REQUEST_TIMEOUT_MS = 10_000;
/** Those that say nothing make room, the oldest first: a neighbour cannot lock its owner out with them. */
const MOST_CONNECTIONS = 64;

const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  // No other page may show the pictures of this machine.
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

/** @param token asked of every request but those for health; without one, only loopback is answered */
export async function createServer(options: ApiOptions, token: string | undefined): Promise<FastifyInstance> {
  const handle = problemHandler('the agent');
  const app = Fastify({
    // We log ourselves where it listens.
    loggerInstance: options.log.child({}, { level: 'warn' }) as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // HEAD of a live stream would begin to watch it and never end.
    exposeHeadRoutes: false,
    // Somebody who watches does not keep the agent from ending.
    forceCloseConnections: true,
    frameworkErrors: handle,
    clientErrorHandler: answerBroken,
    routerOptions: { ignoreTrailingSlash: true },
  });
  giveSeats(app.server, new Places(MOST_CONNECTIONS));
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(handle);
  app.setNotFoundHandler((request, reply) => {
    const target = (request.url.split('?', 1)[0] ?? '').slice(0, 256);
    return sendProblem(reply, problemOf(404, `no route ${request.method} ${target}`));
  });
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(SECURITY_HEADERS);
  });
  guard(app, token);
  app.addHook('preValidation', async (request) => {
    if (request.url.startsWith('/api/')) await refuseUnknownQuery(request);
  });
  for (const group of routeGroups) await app.register(group(options));
  await app.ready();
  return app;
}
