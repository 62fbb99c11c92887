/** The registry of route groups under /api/v1: a group is one file and one line here. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { ApiOptions } from './options.ts';
import { acknowledgementRoutes } from './routes/acknowledgements.ts';
import { alertChannelRoutes } from './routes/alert-channels.ts';
import { alertRuleRoutes } from './routes/alert-rules.ts';
import { alertRoutes } from './routes/alerts.ts';
import { auditRoutes } from './routes/audit.ts';
import { certificateRoutes } from './routes/certificates.ts';
import { claimRoutes } from './routes/claims.ts';
import { correctionRoutes } from './routes/corrections.ts';
import { datasetRoutes } from './routes/dataset.ts';
import { deliveryRoutes } from './routes/delivery.ts';
import { deviceLogRoutes } from './routes/device-logs.ts';
import { deviceRoutes } from './routes/devices.ts';
import { enrolmentRoutes } from './routes/enrolment.ts';
import { erasureRoutes } from './routes/erasures.ts';
import { holdRoutes } from './routes/holds.ts';
import { identityRoutes } from './routes/identity.ts';
import { liveRoutes } from './routes/live.ts';
import { modelRoutes } from './routes/models.ts';
import { normalRoutes } from './routes/normal.ts';
import { opinionRoutes } from './routes/opinions.ts';
import { providerRoutes } from './routes/provider.ts';
import { pushRoutes } from './routes/push.ts';
import { readingRoutes } from './routes/readings.ts';
import { recordRoutes } from './routes/records.ts';
import { rolloutRoutes } from './routes/rollouts.ts';
import { secondFactorRoutes } from './routes/second-factor.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { streamOpinionRoutes } from './routes/stream-opinions.ts';
import { streamSetRoutes } from './routes/stream-sets.ts';
import { thresholdRoutes } from './routes/thresholds.ts';
import { trustRoutes } from './routes/trust.ts';
import { userRoutes } from './routes/users.ts';

export const routeGroups: readonly ((options: ApiOptions) => FastifyPluginAsyncZod)[] = [
  identityRoutes,
  sessionRoutes,
  userRoutes,
  secondFactorRoutes,
  providerRoutes,
  deviceRoutes,
  deviceLogRoutes,
  enrolmentRoutes,
  claimRoutes,
  certificateRoutes,
  recordRoutes,
  correctionRoutes,
  holdRoutes,
  readingRoutes,
  normalRoutes,
  opinionRoutes,
  streamOpinionRoutes,
  thresholdRoutes,
  datasetRoutes,
  modelRoutes,
  trustRoutes,
  deliveryRoutes,
  streamSetRoutes,
  rolloutRoutes,
  alertRoutes,
  alertRuleRoutes,
  alertChannelRoutes,
  acknowledgementRoutes,
  pushRoutes,
  erasureRoutes,
  auditRoutes,
  liveRoutes,
];
