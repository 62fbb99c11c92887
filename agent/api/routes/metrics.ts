/** Metrics for Prometheus. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { type AgentMetrics, createMetrics } from '../metrics.ts';
import type { ApiOptions } from '../options.ts';

export function metricsRoutes(options: ApiOptions): FastifyPluginAsyncZod {
  // Made when somebody asks: watching the event loop costs a little all the time.
  let made: AgentMetrics | undefined;
  return async (app) => {
    app.get('/metrics', async (_request, reply) => {
      made ??= createMetrics(options);
      return reply.type(made.contentType).send(await made.text());
    });
  };
}
