/** "This was normal": what people say of anomalies. It travels to the device with its desired document, and is kept for training. */
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type Desired, MOST_NORMAL } from '../../../shared/contract/messages/desired.ts';
import { name } from '../../../shared/contract/names.ts';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import type { Event } from '../../contract/event.ts';
import { normalEvent } from '../../contract/normal.ts';
import { withNormal, withoutNormal } from '../../rollout/normal.ts';
import { isoTime, rowNumber } from '../../store/rows.ts';
import type { HubStore } from '../../store/store.ts';
import { actOf, noContent, security } from '../responses.ts';

export interface NormalRouteOptions {
  readonly store: HubStore;
  /** Sends a device its document. */
  readonly publishDesired: (device: string) => void;
  readonly clock: Pick<Clock, 'wall'>;
}

const params = z.object({ id: z.string().max(32) });

export function normalRoutes({ store, publishDesired, clock }: NormalRouteOptions): FastifyPluginAsyncZod {
  const anomalyOr404 = async (id: string): Promise<Event> => {
    const row = rowNumber(id);
    const found = row === undefined ? undefined : await store.events.get(row);
    if (!found) throw new ProblemError(404, `there is no event "${id}"`);
    if (found.ruleKind !== 'anomaly')
      throw new ProblemError(
        409,
        `event "${id}" is of a rule of kind ${found.ruleKind}; only an anomaly can be normal`,
      );
    if (!(await store.devices.get(found.device)))
      throw new ProblemError(404, `there is no device "${found.device}" any more`);
    return found;
  };
  /** Changes what the device knows of an anomaly; an entry of the audit says so where it is a change. */
  const change = async (
    request: FastifyRequest<{ Params: z.infer<typeof params> }>,
    action: 'event.normal' | 'event.anomaly',
    changed: (before: Desired | undefined, event: Event) => Desired | undefined,
  ) => {
    const event = await anomalyOr404(request.params.id);
    const { id, device, stream, at } = event;
    const isChanged = await store.transact(async (tx) => {
      const before = await tx.desired.get(device);
      const document = changed(before, event);
      if (!document || document === before) return false;
      await tx.desired.set(device, document, clock.wall());
      await tx.audit.add(actOf(request, clock), action, device, { event: id, stream, at });
      return true;
    });
    if (isChanged) publishDesired(device);
  };
  const config = { access: 'operator', scope: 'event' } as const;
  const common = { tags: ['records'], security, params, response: noContent };
  return async (app) => {
    app.put(
      '/events/:id/normal',
      {
        config,
        schema: {
          ...common,
          summary: 'Say that an anomaly was normal',
          description: `The device's online detector learns it and reports no anomaly of the same kind on this stream again. A device keeps the last ${MOST_NORMAL}.`,
        },
      },
      async (request, reply) => {
        await change(request, 'event.normal', (before, { id, stream, at }) =>
          withNormal(before, { event: id, stream, wall: Date.parse(at) }),
        );
        return reply.code(204).send(undefined);
      },
    );

    app.delete(
      '/events/:id/normal',
      {
        config,
        schema: {
          ...common,
          summary: 'Say no more that an anomaly was normal; what the device has learned of it already stays',
        },
      },
      async (request, reply) => {
        await change(request, 'event.anomaly', (before, { id }) => before && withoutNormal(before, id));
        return reply.code(204).send(undefined);
      },
    );

    app.get(
      '/devices/:device/normal',
      {
        config: { access: 'viewer', scope: 'device' },
        schema: {
          summary:
            'List the anomalies of a device that people have called normal, oldest first; for who trains a model',
          tags: ['devices'],
          security,
          params: z.object({ device: name }),
          response: answers(z.object({ items: z.array(normalEvent) })),
        },
      },
      async ({ params: { device } }) => {
        if (!(await store.devices.get(device))) throw new ProblemError(404, `there is no device "${device}"`);
        const said = (await store.desired.get(device))?.normal ?? [];
        return { items: said.map(({ event, stream, wall }) => ({ event, stream, at: isoTime(wall) })) };
      },
    );
  };
}
