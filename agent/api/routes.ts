/** The registry of route groups: a group is one file and one line here. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { ApiOptions } from './options.ts';
import { healthRoutes } from './routes/health.ts';
import { outboxRoutes } from './routes/outbox.ts';
import { pageRoutes } from './routes/page.ts';
import { pictureRoutes } from './routes/pictures.ts';
import { streamRoutes } from './routes/streams.ts';

export const routeGroups: readonly ((options: ApiOptions) => FastifyPluginAsyncZod)[] = [
  healthRoutes,
  streamRoutes,
  pictureRoutes,
  outboxRoutes,
  pageRoutes,
];
