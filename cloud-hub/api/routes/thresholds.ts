/** Thresholds that second opinions and corrections speak for. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { name } from '../../../shared/contract/names.ts';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { streamThresholds } from '../../contract/threshold.ts';
import { adviseThresholds, isChance } from '../../inference/thresholds.ts';
import type { ApiOptions } from '../options.ts';
import { security } from '../responses.ts';

const params = z.object({ device: name, stream: name });
const query = z.object({
  precision: z.coerce.number().min(0.5).max(0.999).default(0.9).describe('share of the objects that shall be right'),
});
/** What is older says less of the scene and the models of today. */
const MOST_OPINIONS = 5000;

export function thresholdRoutes({ store }: Pick<ApiOptions, 'store'>): FastifyPluginAsyncZod {
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
        if (!store.devices.get(device)) throw new ProblemError(404, `there is no device "${device}"`);
        const { precision } = request.query;
        const opinions = store.opinions.spoken(device, stream, MOST_OPINIONS);
        const frames = opinions.filter(isChance).length;
        return { device, stream, precision, frames, items: adviseThresholds(opinions, precision) };
      },
    );
  };
}
