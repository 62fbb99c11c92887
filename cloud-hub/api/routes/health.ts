/** Outside /api/v1: liveness, readiness, metrics. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ProblemError } from '../../../shared/http/problems.ts';
import { messageOf } from '../../../shared/kit/errors.ts';
import type { IdentityService } from '../../identity/identity.ts';
import { hasRole } from '../../identity/roles.ts';
import { identify } from '../auth.ts';
import type { HubMetrics } from '../metrics.ts';
import { answers } from '../responses.ts';

export interface HealthRouteOptions {
  readonly metrics: HubMetrics;
  readonly identity: IdentityService;
  /** Each throws when its part does not answer. */
  readonly checks: Readonly<Record<string, () => void>>;
}

const ok = z.object({ status: z.literal('ok') });

export function healthRoutes({ metrics, identity, checks }: HealthRouteOptions): FastifyPluginAsyncZod {
  const tags = ['health'];
  return async (app) => {
    app.get(
      '/healthz',
      { schema: { summary: 'Does the process live?', tags, security: [], response: answers(ok) } },
      async () => ({ status: 'ok' as const }),
    );

    app.get(
      '/readyz',
      { schema: { summary: 'Do the database and the broker answer?', tags, security: [], response: answers(ok) } },
      async () => {
        for (const [part, check] of Object.entries(checks)) {
          try {
            check();
          } catch (error) {
            app.log.warn({ part, reason: messageOf(error) }, 'not ready');
            throw new ProblemError(503, `the ${part} does not answer`);
          }
        }
        return { status: 'ok' as const };
      },
    );

    app.get(
      '/metrics',
      {
        schema: {
          summary: 'Metrics for Prometheus; open to this machine, else for viewers',
          tags,
          response: {
            ...answers(z.object({})),
            200: { description: 'Metrics', content: { 'text/plain': { schema: z.string() } } },
          },
        },
      },
      async (request, reply) => {
        // What comes through a proxy on this machine is not of this machine.
        const isLocal =
          /^(::ffff:)?127\.|^::1$/.test(request.ip) &&
          !('x-forwarded-for' in request.headers) &&
          !('forwarded' in request.headers);
        const found = isLocal ? undefined : await identify(request, identity);
        if (!isLocal && !(found && hasRole(found.role, 'viewer'))) {
          throw new ProblemError(401, 'send a token of a viewer', { 'www-authenticate': 'Bearer realm="vedette"' });
        }
        return reply
          .type(metrics.contentType)
          .serializer(String)
          .send(await metrics.text());
      },
    );
  };
}
