/** Outside /api/v1: liveness, readiness, metrics. */
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { messageOf } from '../../../shared/kit/errors.ts';
import type { IdentityService } from '../../identity/identity.ts';
import { hasRole } from '../../identity/roles.ts';
import type { HubMetrics } from '../../metrics.ts';
import { identify } from '../auth.ts';
import { isBehindProxy, type Site } from '../site.ts';

export interface HealthRouteOptions {
  readonly metrics: HubMetrics;
  readonly identity: IdentityService;
  readonly site: Site;
  /** Each throws with the reason why its part is not ready. */
  readonly checks: Readonly<Record<string, () => void | Promise<void>>>;
}

const ok = z.object({ status: z.literal('ok') });

/**
 * Does a program on this machine ask, for itself? What comes through a proxy on this machine does not; nor does a page whose
 * name was made to point to this machine (DNS rebinding), which has that name as its host.
 */
function isFromHere({ socket, headers, raw }: FastifyRequest, site: Site): boolean {
  const isLoopback = /^(::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '');
  const isOwnName = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(headers.host ?? '');
  const isProxied = Object.keys(headers).some((name) =>
    /^(forwarded|via|x-forwarded(-.*)?|.*-client-ip|.*-connecting-ip|x-real-ip)$/.test(name),
  );
  // Some proxies say nothing of themselves, but speak HTTP 1.0.
  return isLoopback && isOwnName && !isProxied && !isBehindProxy(site) && raw.httpVersion !== '1.0';
}

export function healthRoutes({ metrics, identity, site, checks }: HealthRouteOptions): FastifyPluginAsyncZod {
  const tags = ['health'];
  return async (app) => {
    app.get(
      '/healthz',
      { schema: { summary: 'Does the process live?', tags, security: [], response: answers(ok) } },
      async () => ({ status: 'ok' as const }),
    );

    app.get(
      '/readyz',
      {
        schema: {
          summary: 'Can the hub keep what devices send? Tries a write, the files, the disk and the broker',
          tags,
          security: [],
          response: answers(ok),
        },
      },
      async () => {
        const reasons: string[] = [];
        for (const [part, check] of Object.entries(checks)) {
          try {
            await check();
          } catch (error) {
            reasons.push(`${part}: ${messageOf(error)}`);
          }
        }
        if (reasons.length > 0) {
          app.log.warn({ reasons }, 'not ready');
          throw new ProblemError(503, `not ready: ${reasons.join('; ')}`);
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
        const isLocal = isFromHere(request, site);
        const found = isLocal ? undefined : await identify(request, identity, site);
        if (!isLocal && !(found && hasRole(found.role, 'viewer') && !found.scope)) {
          throw new ProblemError(401, 'send the token of a viewer of every device as "Authorization: Bearer …"', {
            'www-authenticate': 'Bearer realm="vedette"',
          });
        }
        return reply
          .type(metrics.contentType)
          .serializer(String)
          .send(await metrics.text());
      },
    );
  };
}
