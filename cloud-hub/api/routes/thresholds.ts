/** Thresholds of a stream, tuned from second opinions: proposed, applied, undone, and changed by the hub within bounds. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { name } from '../../../shared/contract/names.ts';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { automatic, newThresholds, streamThresholds } from '../../contract/threshold.ts';
import { MOST_OPINIONS } from '../../inference/tuning.ts';
import type { ApiOptions } from '../options.ts';
import { actOf, noContent, security } from '../responses.ts';

const params = z.object({ device: name, stream: name });
const query = z.object({
  precision: z.coerce.number().min(0.5).max(0.999).default(0.9).describe('share of the objects that shall be right'),
});
const PATH = '/devices/:device/streams/:stream/thresholds';

export function thresholdRoutes({
  store,
  thresholds,
  clock,
}: Pick<ApiOptions, 'store' | 'thresholds' | 'clock'>): FastifyPluginAsyncZod {
  const known = async (of: z.infer<typeof params>) => {
    if (!(await store.devices.get(of.device))) throw new ProblemError(404, `there is no device "${of.device}"`);
    return of;
  };
  const orRefuse = (why: string | undefined) => {
    if (why !== undefined) throw new ProblemError(409, why);
  };
  const common = { tags: ['second opinions'], security, params };
  const change = { ...common, response: noContent };
  const config = { access: 'operator', scope: 'device' } as const;
  return async (app) => {
    app.get(
      PATH,
      {
        config: { access: 'viewer', scope: 'device' },
        schema: {
          ...common,
          summary: 'Propose a threshold per label, for a precision, out of second opinions and corrections',
          description: `Reads the latest ${MOST_OPINIONS}. Frames that chance chose decide (the selector \`random\`); a label of which they show too little gets no proposal, and the reason.`,
          querystring: query,
          response: answers(streamThresholds),
        },
      },
      async (request) => thresholds.read(await known(request.params), request.query.precision),
    );

    app.put(
      PATH,
      {
        config,
        schema: {
          ...change,
          summary: 'Set thresholds by label; the device applies them without a restart',
          description: 'They hold as long as the stream runs the model that they were tuned for.',
          body: newThresholds,
        },
      },
      async (request, reply) => {
        orRefuse(await thresholds.apply(await known(request.params), request.body, actOf(request, clock)));
        return reply.code(204).send(undefined);
      },
    );

    app.delete(
      PATH,
      { config, schema: { ...change, summary: "Go back to the threshold of the device's own configuration" } },
      async (request, reply) => {
        await thresholds.clear(await known(request.params), actOf(request, clock));
        return reply.code(204).send(undefined);
      },
    );

    app.post(
      `${PATH}/undo`,
      {
        config,
        schema: { ...change, summary: 'Undo the last change of the thresholds; changes by the hub itself end with it' },
      },
      async (request, reply) => {
        orRefuse(await thresholds.undo(await known(request.params), actOf(request, clock)));
        return reply.code(204).send(undefined);
      },
    );

    app.put(
      `${PATH}/automatic`,
      {
        config,
        schema: {
          ...change,
          summary: 'Let the hub tune the thresholds by itself, within these bounds: now, and each hour',
          body: automatic,
        },
      },
      async (request, reply) => {
        orRefuse(await thresholds.automate(await known(request.params), request.body, actOf(request, clock)));
        return reply.code(204).send(undefined);
      },
    );

    app.delete(
      `${PATH}/automatic`,
      { config, schema: { ...change, summary: 'Change no thresholds without a person any more; those in force stay' } },
      async (request, reply) => {
        await thresholds.automate(await known(request.params), undefined, actOf(request, clock));
        return reply.code(204).send(undefined);
      },
    );
  };
}
