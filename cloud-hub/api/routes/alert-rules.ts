/** Rules of alerts. */
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { name } from '../../../shared/contract/names.ts';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { alertRule, newAlertRule } from '../../contract/alert-rule.ts';
import type { Parts } from '../../store/store.ts';
import { withGoodHours } from '../good-hours.ts';
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
  const found = async (name: string, from: Parts = store) =>
    (await from.alertRules.ruleViews()).find((one) => one.name === name);
  /** Without what changes by itself. */
  const document = async (request: FastifyRequest, from: Parts) => {
    const { firing: _, ...rule } = (await found(params.parse(request.params).name, from)) ?? { firing: 0 };
    return 'name' in rule ? rule : undefined;
  };
  const missing = (name: string) => new ProblemError(404, `there is no rule "${name}"`);
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
      async () => ({ items: await store.alertRules.ruleViews() }),
    );

    app.get(
      '/alert-rules/:name',
      {
        config: { access: 'viewer', document },
        schema: {
          summary: 'Get a rule; its ETag says nothing of `firing`',
          tags,
          security,
          params,
          response: answers(alertRule),
        },
      },
      async ({ params: at }) => {
        const rule = await found(at.name);
        if (!rule) throw missing(at.name);
        return rule;
      },
    );

    app.put(
      '/alert-rules/:name',
      {
        config: { ...operator, document },
        schema: {
          summary: 'Write a rule, or write it anew',
          tags,
          security,
          params,
          body: withGoodHours(newAlertRule, 'hours'),
          response: answers(alertRule),
        },
      },
      async (request) => {
        const { params: at, body } = request;
        const why = await alerts.setRule(at.name, body, actOf(request, clock));
        if (why !== undefined) throw new ProblemError(409, why);
        const written = await found(at.name);
        if (!written) throw missing(at.name);
        return written;
      },
    );

    app.delete(
      '/alert-rules/:name',
      {
        config: { ...operator, document },
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
        if (!(await alerts.removeRule(at.name, actOf(request, clock)))) throw missing(at.name);
        return reply.code(204).send(undefined);
      },
    );
  };
}
