/** Rollouts: create or try dry, follow, pause, resume, abort. */
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { name } from '../../../shared/contract/names.ts';
import { answers, created } from '../../../shared/http/answers.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { page } from '../../contract/page.ts';
import {
  gateNames,
  newRollout,
  rollout,
  rolloutDevice,
  rolloutEvent,
  rolloutPreview,
  rolloutStatus,
} from '../../contract/rollout.ts';
import { describeDevice, describeRollout } from '../../rollout/describe.ts';
import type { Rollouts } from '../../rollout/rollouts.ts';
import type { Act } from '../../store/audit.ts';
import type { StoredRollout } from '../../store/rollouts.ts';
import { isoTime } from '../../store/rows.ts';
import type { HubStore, Parts } from '../../store/store.ts';
import { pageQuery } from '../bodies.ts';
import { actOf, cursorRow, pageOf, security } from '../responses.ts';

export interface RolloutRouteOptions {
  readonly store: Pick<HubStore, 'rollouts' | 'models'>;
  readonly rollouts: Rollouts;
  readonly clock: Pick<Clock, 'wall'>;
}

const params = z.object({ id: name });

export function rolloutRoutes({ store, rollouts, clock }: RolloutRouteOptions): FastifyPluginAsyncZod {
  const tags = ['rollouts'];
  const viewer = { access: 'viewer' } as const;
  const operator = { access: 'operator' } as const;
  /** What people decide on, without the counts, which change by themselves. */
  const document = async (request: FastifyRequest, from: Parts) => {
    const found = await from.rollouts.get(params.parse(request.params).id);
    return found && { status: found.status, wave: found.wave, waived: found.waived };
  };
  const describe = (found: StoredRollout) => describeRollout(store, found);
  return async (app) => {
    app.post(
      '/rollouts',
      {
        config: operator,
        schema: {
          summary: 'Begin a rollout, or say what it would do',
          tags,
          security,
          body: newRollout,
          response: { ...answers(rolloutPreview, 'With `dryRun`: the waves'), ...created(rollout, 'The rollout') },
        },
      },
      async (request, reply) => {
        if (request.body.dryRun) return reply.code(200).send(await rollouts.preview(request.body));
        return reply.code(201).send(await describe(await rollouts.create(request.body, actOf(request, clock))));
      },
    );

    app.get(
      '/rollouts',
      {
        config: viewer,
        schema: {
          summary: 'List rollouts, newest first',
          tags,
          security,
          querystring: pageQuery.extend({ status: rolloutStatus.optional() }),
          response: answers(page(rollout)),
        },
      },
      async ({ query: { status, cursor, limit } }) => {
        const before = cursor === undefined ? undefined : ((await store.rollouts.get(cursor))?.row ?? 0);
        const found = await store.rollouts.list({ status, before, limit: limit + 1 });
        return pageOf(await Promise.all(found.map(describe)), limit);
      },
    );

    app.get(
      '/rollouts/:id',
      {
        config: { ...viewer, document },
        schema: {
          summary: 'Get a rollout; its ETag is of status, wave and waived gates',
          tags,
          security,
          params,
          response: answers(rollout),
        },
      },
      async (request) => describe(await rollouts.get(request.params.id)),
    );

    app.get(
      '/rollouts/:id/devices',
      {
        config: viewer,
        schema: {
          summary: 'List the devices that were asked, by id',
          tags,
          security,
          params,
          querystring: pageQuery,
          response: answers(page(rolloutDevice)),
        },
      },
      async ({ params: { id }, query: { cursor, limit } }) => {
        const rows = await store.rollouts.devicePage((await rollouts.get(id)).row, { after: cursor, limit: limit + 1 });
        const items = rows.slice(0, limit).map(describeDevice);
        const next = rows.length > limit ? items.at(-1)?.device : undefined;
        return next === undefined ? { items } : { items, next };
      },
    );

    app.get(
      '/rollouts/:id/waves',
      {
        config: viewer,
        schema: {
          summary: 'List the devices of each wave: those asked, and those that would come next',
          tags,
          security,
          params,
          response: answers(rolloutPreview),
        },
      },
      async (request) => rollouts.waves(request.params.id),
    );

    app.get(
      '/rollouts/:id/history',
      {
        config: viewer,
        schema: {
          summary: 'List what was decided, by whom and why, oldest first',
          tags,
          security,
          params,
          querystring: pageQuery,
          response: answers(page(rolloutEvent)),
        },
      },
      async ({ params: { id }, query: { cursor, limit } }) => {
        const after = cursorRow(cursor);
        const rows = await store.rollouts.history((await rollouts.get(id)).row, { after, limit: limit + 1 });
        return pageOf(
          rows.map((row) => ({ ...row, id: String(row.id), at: isoTime(row.at) })),
          limit,
        );
      },
    );

    const verbs: [string, string, (id: string, act: Act, body: z.infer<typeof turn>) => Promise<StoredRollout>][] = [
      ['pause', 'Ask no more devices; gates are still watched', (id, act) => rollouts.pause(id, act)],
      ['resume', 'Go on; `waive` overrules gates', (id, act, body) => rollouts.resume(id, body?.waive ?? [], act)],
      ['abort', 'End it and give every device back what it had', (id, act) => rollouts.abort(id, act)],
    ];
    for (const [verb, summary, act] of verbs) {
      app.post(
        `/rollouts/:id/${verb}`,
        {
          config: { ...operator, document },
          schema: { summary, tags, security, params, body: turn, response: answers(rollout) },
        },
        async (request) => describe(await act(request.params.id, actOf(request, clock), request.body)),
      );
    }
  };
}

const turn = z.strictObject({ waive: z.array(z.enum(gateNames)).max(gateNames.length).optional() }).nullish();
