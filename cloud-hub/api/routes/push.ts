/** Browsers that get notifications of alerts (Web Push): each person subscribes his own. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answers, created } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { newPushSubscription, pushKey, pushSubscription } from '../../contract/push.ts';
import { rowNumber } from '../../store/rows.ts';
import { callerOf } from '../auth.ts';
import type { ApiOptions } from '../options.ts';
import { actOf, noContent, security } from '../responses.ts';

export function pushRoutes({ browsers, clock }: Pick<ApiOptions, 'browsers' | 'clock'>): FastifyPluginAsyncZod {
  const tags = ['alerts'];
  const config = { access: 'viewer', scope: 'own' } as const;
  return async (app) => {
    app.get(
      '/push-key',
      {
        config,
        schema: {
          summary: 'The public key with which a browser subscribes to notifications of this hub',
          tags,
          security,
          response: answers(pushKey),
        },
      },
      async () => ({ key: browsers.publicKey }),
    );

    app.get(
      '/push-subscriptions',
      {
        config,
        schema: {
          summary: 'List your browsers that get notifications; an admin sees those of all',
          tags,
          security,
          response: answers(z.object({ items: z.array(pushSubscription) })),
        },
      },
      async (request) => {
        const { role, token } = callerOf(request);
        return { items: await browsers.list(role === 'admin' ? undefined : token) };
      },
    );

    app.post(
      '/push-subscriptions',
      {
        config,
        schema: {
          summary: 'Subscribe a browser to notifications; once more replaces it',
          tags,
          security,
          body: newPushSubscription,
          response: created(pushSubscription, 'The subscription'),
        },
      },
      async (request, reply) => {
        const made = await browsers.subscribe(callerOf(request).token, request.body, actOf(request, clock));
        if (typeof made === 'string') throw new ProblemError(409, made);
        return reply.code(201).send(made);
      },
    );

    app.delete(
      '/push-subscriptions/:id',
      {
        config,
        schema: {
          summary: 'End the subscription of your browser; an admin ends any',
          tags,
          security,
          params: z.object({ id: z.string().max(32) }),
          response: noContent,
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const { role, token } = callerOf(request);
        const row = rowNumber(id);
        const owner = role === 'admin' ? undefined : token;
        if (row === undefined || !(await browsers.unsubscribe(row, owner, actOf(request, clock))))
          throw new ProblemError(404, `there is no subscription "${id}" that you may end`);
        return reply.code(204).send(undefined);
      },
    );
  };
}
