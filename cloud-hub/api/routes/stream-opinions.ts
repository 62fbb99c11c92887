/** What second opinions say of a stream: how often edge and hub agree over time. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { name } from '../../../shared/contract/names.ts';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { streamAgreement } from '../../contract/agreement.ts';
import { agreementOf } from '../../inference/agreement.ts';
import { MOST_OPINIONS } from '../../inference/tuning.ts';
import type { ApiOptions } from '../options.ts';
import { security } from '../responses.ts';

const params = z.object({ device: name, stream: name });
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

export function streamOpinionRoutes({ store, clock }: Pick<ApiOptions, 'store' | 'clock'>): FastifyPluginAsyncZod {
  const spoken = async ({ device, stream }: z.infer<typeof params>) => {
    if (!(await store.devices.get(device))) throw new ProblemError(404, `there is no device "${device}"`);
    return store.opinions.spoken(device, stream, MOST_OPINIONS);
  };
  return async (app) => {
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
