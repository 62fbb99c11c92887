/** The registry of route groups under /api/v1: a group is one file and one line here. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { ApiOptions } from './options.ts';
import { deviceRoutes } from './routes/devices.ts';
import { identityRoutes } from './routes/identity.ts';
import { liveRoutes } from './routes/live.ts';
import { readingRoutes } from './routes/readings.ts';
import { recordRoutes } from './routes/records.ts';

export const routeGroups: readonly ((options: ApiOptions) => FastifyPluginAsyncZod)[] = [
  identityRoutes,
  deviceRoutes,
  recordRoutes,
  readingRoutes,
  liveRoutes,
];
