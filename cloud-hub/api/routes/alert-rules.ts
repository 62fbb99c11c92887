/** Rules of alerts. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { name } from '../../../shared/contract/names.ts';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { alertRule, newAlertRule } from '../../contract/alert-rule.ts';
import type { ApiOptions } from '../options.ts';
import { actOf, noContent, security } from '../responses.ts';

const params = z.object({ name });
const operator = { access: 'operator' } as const;

export function alertRuleRoutes({
  store,
  alerts,
  clock,
}: Pick<ApiOptions, 'store' | 'alerts' | 'clock'>): FastifyPluginAsyncZod {
  const tags = ['alerts'];
  return async (app) => {
    app.get(
      '/alert-rules',
      {
        config: { access: 'viewer' },
        schema: {
          summary: 'List rules of alerts, by name',
          tags,
          security,
          response: answers(z.object({ items: z.array(alertRule) })),
        },
      },
      async () => ({ items: store.alertRules.ruleViews() }),
    );

    app.put(
      '/alert-rules/:name',
      {
        config: operator,
        schema: {
          summary: 'Write a rule, or write it anew',
          tags,
          security,
          params,
          body: newAlertRule,
          response: answers(alertRule),
        },
      },
      async (request) => {
        const { params: at, body } = request;
        const why = alerts.setRule(at.name, body, actOf(request, clock));
        if (why !== undefined) throw new ProblemError(409, why);
        const written = store.alertRules.ruleViews().find((one) => one.name === at.name);
        if (!written) throw new ProblemError(404, `there is no rule "${at.name}"`);
        return written;
      },
    );

    app.delete(
      '/alert-rules/:name',
      {
        config: operator,
        schema: {
          summary: 'Remove a rule; its alerts end, without a notification',
          tags,
          security,
          params,
          response: noContent,
        },
      },
      async (request, reply) => {
        const { params: at } = request;
        if (!alerts.removeRule(at.name, actOf(request, clock)))
          throw new ProblemError(404, `there is no rule "${at.name}"`);
        return reply.code(204).send(undefined);
      },
    );
  };
}
