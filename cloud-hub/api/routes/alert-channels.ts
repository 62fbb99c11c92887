/** Channels of alerts: where notifications go. They make the hub speak to others, so only admins change them. */
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { name } from '../../../shared/contract/names.ts';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { channel, channelTest, newChannel } from '../../contract/alert-channel.ts';
import type { Parts } from '../../store/store.ts';
import type { ApiOptions } from '../options.ts';
import { actOf, noContent, security } from '../responses.ts';

const params = z.object({ name });
const admin = { access: 'admin' } as const;

export function alertChannelRoutes({
  store,
  alerts,
  clock,
}: Pick<ApiOptions, 'store' | 'alerts' | 'clock'>): FastifyPluginAsyncZod {
  const tags = ['alerts'];
  const found = async (name: string, from: Parts = store) =>
    (await from.alertRules.channelViews()).find((one) => one.name === name);
  const document = (request: FastifyRequest, from: Parts) => found(params.parse(request.params).name, from);
  const missing = (of: string) => new ProblemError(404, `there is no channel "${of}"`);
  return async (app) => {
    app.get(
      '/alert-channels',
      {
        config: { access: 'viewer' },
        schema: {
          summary: 'List channels, by name, without their secrets',
          tags,
          security,
          response: answers(z.object({ items: z.array(channel) })),
        },
      },
      async () => ({ items: await store.alertRules.channelViews() }),
    );

    app.get(
      '/alert-channels/:name',
      {
        config: { access: 'viewer', document },
        schema: {
          summary: 'Get a channel, without its secret',
          tags,
          security,
          params,
          response: answers(channel),
        },
      },
      async ({ params: at }) => {
        const one = await found(at.name);
        if (!one) throw missing(at.name);
        return one;
      },
    );

    app.put(
      '/alert-channels/:name',
      {
        config: { ...admin, document },
        schema: {
          summary: 'Write a channel, or write it anew',
          tags,
          security,
          params,
          body: newChannel,
          response: answers(channel),
        },
      },
      async (request) => {
        const { params: at, body } = request;
        const why = await alerts.setChannel(at.name, body, actOf(request, clock));
        if (why !== undefined) throw new ProblemError(409, why);
        const written = await found(at.name);
        if (!written) throw missing(at.name);
        return written;
      },
    );

    app.delete(
      '/alert-channels/:name',
      {
        config: { ...admin, document },
        schema: { summary: 'Remove a channel that no rule names', tags, security, params, response: noContent },
      },
      async (request, reply) => {
        const { params: at } = request;
        const users = await alerts.removeChannel(at.name, actOf(request, clock));
        if (!users) throw missing(at.name);
        if (users.length > 0) throw new ProblemError(409, `rules name it: ${users.slice(0, 5).join(', ')}`);
        return reply.code(204).send(undefined);
      },
    );

    app.post(
      '/alert-channels/:name/test',
      {
        config: admin,
        schema: {
          summary: 'Send a test over a channel, and say what came of it',
          tags,
          security,
          params,
          response: answers(channelTest),
        },
      },
      async (request) => {
        const { params: at } = request;
        const result = await alerts.test(at.name, actOf(request, clock));
        if (!result) throw missing(at.name);
        return result;
      },
    );
  };
}
