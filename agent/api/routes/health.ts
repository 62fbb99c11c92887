/** Liveness, readiness, metrics. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { type AgentMetrics, createMetrics } from '../metrics.ts';
import type { ApiOptions } from '../options.ts';
import { ok } from '../schemas.ts';

export function healthRoutes(options: ApiOptions): FastifyPluginAsyncZod {
  // Made when somebody asks: watching the event loop costs a little all the time.
  let made: AgentMetrics | undefined;
  return async (app) => {
    app.get(
      '/healthz',
      { exposeHeadRoute: true, config: { open: true }, schema: { response: answers(ok) } },
      async () => ({
        status: 'ok' as const,
      }),
    );

    // A camera that is away is no fault of the agent: a stream that waits for it is as ready as it can be.
    app.get(
      '/readyz',
      { exposeHeadRoute: true, config: { open: true }, schema: { response: answers(ok) } },
      async () => {
        if (options.outbox.state().blocked !== undefined)
          throw new ProblemError(503, 'records cannot be written to the disk');
        const starting = options.streams().filter(({ state }) => state === 'starting').length;
        if (starting > 0) throw new ProblemError(503, `${starting} streams are starting`, { 'retry-after': '1' });
        return { status: 'ok' as const };
      },
    );

    app.get('/metrics', async (_request, reply) => {
      made ??= createMetrics(options);
      return reply.type(made.contentType).send(await made.text());
    });
  };
}
