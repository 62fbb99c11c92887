/** The registry of route groups: a group is one file and one line here. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { ApiOptions } from './options.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { outboxRoutes } from './routes/outbox.ts';
import { pageRoutes } from './routes/page.ts';
import { pictureRoutes } from './routes/pictures.ts';
import { probeRoutes } from './routes/probes.ts';
import { streamRoutes } from './routes/streams.ts';

export const routeGroups: readonly ((options: ApiOptions) => FastifyPluginAsyncZod)[] = [
  probeRoutes,
  metricsRoutes,
  streamRoutes,
  pictureRoutes,
  outboxRoutes,
  pageRoutes,
];
