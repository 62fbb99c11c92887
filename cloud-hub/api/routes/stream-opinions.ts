/** What second opinions say of a stream: thresholds, and how often edge and hub agree over time. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { name } from '../../../shared/contract/names.ts';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { streamAgreement } from '../../contract/agreement.ts';
import { streamThresholds } from '../../contract/threshold.ts';
import { agreementOf } from '../../inference/agreement.ts';
import { adviseThresholds, isChance } from '../../inference/thresholds.ts';
import type { ApiOptions } from '../options.ts';
import { security } from '../responses.ts';

const params = z.object({ device: name, stream: name });
const query = z.object({
  precision: z.coerce.number().min(0.5).max(0.999).default(0.9).describe('share of the objects that shall be right'),
});
const courseQuery = z.object({
  bucketS: z.coerce.number().int().min(60).max(2_678_400).default(86_400),
  recentS: z.coerce
    .number()
    .int()
    .min(60)
    .max(31_536_000)
    .default(86_400)
    .describe('the last part, compared with all before'),
});
/** What is older says less of the scene and the models of today. */
const MOST_OPINIONS = 5000;

export function streamOpinionRoutes({ store, clock }: Pick<ApiOptions, 'store' | 'clock'>): FastifyPluginAsyncZod {
  const spoken = async ({ device, stream }: z.infer<typeof params>) => {
    if (!(await store.devices.get(device))) throw new ProblemError(404, `there is no device "${device}"`);
    return store.opinions.spoken(device, stream, MOST_OPINIONS);
  };
  return async (app) => {
    app.get(
      '/devices/:device/streams/:stream/thresholds',
      {
        config: { access: 'viewer', scope: 'device' },
        schema: {
          summary: 'Propose a threshold per label, for a precision, out of second opinions and corrections',
          description: `Reads the latest ${MOST_OPINIONS}. Frames that chance chose decide (the selector \`random\`); a label of which they show too little gets no proposal, and the reason.`,
          tags: ['second opinions'],
          security,
          params,
          querystring: query,
          response: answers(streamThresholds),
        },
      },
      async (request) => {
        const { device, stream } = request.params;
        const { precision } = request.query;
        const opinions = await spoken(request.params);
        const frames = opinions.filter(isChance).length;
        return { device, stream, precision, frames, items: adviseThresholds(opinions, precision) };
      },
    );

    app.get(
      '/devices/:device/streams/:stream/agreement',
      {
        config: { access: 'viewer', scope: 'device' },
        schema: {
          summary:
            'How often edge and hub see the same in frames that chance chose, over time, and whether that has changed',
          description: `Reads the latest ${MOST_OPINIONS} second opinions.`,
          tags: ['second opinions'],
          security,
          params,
          querystring: courseQuery,
          response: answers(streamAgreement),
        },
      },
      async ({ params: of, query: { bucketS, recentS } }) => {
        const windows = { bucketMs: bucketS * 1000, recentMs: recentS * 1000, now: clock.wall() };
        return { ...of, bucketS, ...agreementOf(await spoken(of), windows) };
      },
    );
  };
}
