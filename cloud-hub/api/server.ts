/** The HTTP server: hooks that hold for everything, then docs, routes, pages. */
import cookie from '@fastify/cookie';
import websocket from '@fastify/websocket';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyPluginAsync,
  LogController,
} from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { answerBroken } from '../../shared/http/broken-request.ts';
import { refuseUnknownQuery } from '../../shared/http/known-query.ts';
import { problemHandler } from '../../shared/http/problems.ts';
import { guard, refuseOtherUpgrades } from './auth.ts';
import { boundBodyTime } from './body-time.ts';
import { describeApi } from './docs.ts';
import { matchDocuments, tagDocuments } from './documents.ts';
import { createHttpServer, WS_BYTES } from './http-server.ts';
import { parseJsonBodies } from './json-body.ts';
import type { ApiOptions } from './options.ts';
import { servePages } from './pages.ts';
import { refusalOf } from './refusals.ts';
import { tellRefusals } from './refused.ts';
import { answerRepeats } from './repeats.ts';
import { healthRoutes } from './routes/health.ts';
import { mqttRoutes } from './routes/mqtt.ts';
import { routeGroups } from './routes.ts';

const BODY_BYTES = 64 * 1024;
const WS_CLOSE_MS = 300;

const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; " +
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** Builds the server, ready to listen. */
export async function createApi(options: ApiOptions): Promise<FastifyInstance> {
  const handle = problemHandler('the hub');
  const app = Fastify({
    loggerInstance: options.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES,
    serverFactory: (handler) => createHttpServer(handler, options),
    trustProxy: [...options.site.proxies],
    forceCloseConnections: true,
    frameworkErrors: handle,
    clientErrorHandler: answerBroken,
    routerOptions: { ignoreTrailingSlash: true },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error: FastifyError, request, reply) =>
    handle(refusalOf(error) as FastifyError, request, reply),
  );
  boundBodyTime(app, options.clock);
  // JSON only: anything else is answered with 415.
  app.removeContentTypeParser('text/plain');
  parseJsonBodies(app);
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(SECURITY_HEADERS);
  });
  app.addHook('onSend', async (request, reply) => {
    if (request.url.startsWith('/api/') && !reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    const labels = { method: request.method, route, status: String(reply.statusCode) };
    options.metrics.http.observe(labels, reply.elapsedTime / 1000);
  });

  await app.register(cookie);
  await app.register(websocket, {
    options: { maxPayload: WS_BYTES },
    preClose(done) {
      const { clients } = app.websocketServer;
      for (const client of clients) client.close(1001, 'the hub stops');
      // A client that is gone does not answer.
      options.clock.after(WS_CLOSE_MS, () => {
        for (const client of clients) client.terminate();
      });
      app.websocketServer.close(() => done());
    },
  });
  refuseOtherUpgrades(app);
  tellRefusals(app, options.refused);
  const document = await describeApi(app, options.version, options.site);
  const routes: FastifyPluginAsync = async (api) => {
    guard(api, options.identity, options.site, options.store, options.fleet?.identify);
    api.addHook('preValidation', refuseUnknownQuery);
    tagDocuments(api);
    answerRepeats(api, options.answers, options.clock);
    matchDocuments(api, options.store);
    for (const group of routeGroups) await api.register(group(options));
  };
  await app.register(routes, { prefix: '/api/v1' });
  await app.register(healthRoutes(options));
  await app.register(mqttRoutes(options));
  await servePages(app, options.dashboard, options.site);
  await app.ready();
  if (options.describeFirst) document();
  return app;
}
