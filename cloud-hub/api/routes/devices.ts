/** Devices, their tokens and sequence ledgers. */
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { desired } from '../../../shared/contract/messages/desired.ts';
import { name } from '../../../shared/contract/names.ts';
import { answers, created } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { device, deviceSecret, sequence } from '../../contract/device.ts';
import { labels } from '../../contract/labels.ts';
import { page } from '../../contract/page.ts';
import type { IdentityService } from '../../identity/identity.ts';
import { isInScope, scopeText } from '../../identity/scope.ts';
import type { Watches } from '../../live/watches.ts';
import type { FleetIdentity } from '../../pki/fleet.ts';
import { RESERVED_NAMES } from '../../pki/reserved.ts';
import type { HubStore, Parts } from '../../store/store.ts';
import { callerOf } from '../auth.ts';
import { newDevice, pageQuery } from '../bodies.ts';
import { actOf, noContent, security } from '../responses.ts';
import { scopeOf } from '../scope.ts';

const params = z.object({ device: name });
const query = pageQuery.extend({
  online: z.enum(['true', 'false']).optional().describe('only devices that are connected, or that are not'),
});

export interface DeviceRouteOptions {
  readonly store: HubStore;
  readonly identity: IdentityService;
  readonly disconnect: (device: string) => void;
  readonly fleet?: FleetIdentity;
  readonly watches: Pick<Watches, 'recheck'>;
  readonly clock: Pick<Clock, 'wall'>;
}

export function deviceRoutes({
  store,
  identity,
  disconnect,
  fleet,
  watches,
  clock,
}: DeviceRouteOptions): FastifyPluginAsyncZod {
  const notFound = (id: string) => new ProblemError(404, `there is no device "${id}"`);
  const deviceOr404 = async (id: string) => {
    const found = await store.devices.get(id);
    if (!found) throw notFound(id);
    return found;
  };
  const document = (request: FastifyRequest, from: Parts) => from.devices.labels(params.parse(request.params).device);
  return async (app) => {
    app.get(
      '/devices',
      {
        config: { access: 'viewer', scope: 'lists' },
        schema: {
          summary: 'List devices by id',
          tags: ['devices'],
          security,
          querystring: query,
          response: answers(page(device)),
        },
      },
      async (request) => {
        const { cursor, limit, online } = request.query;
        const filter = {
          ...scopeOf(request),
          after: cursor,
          limit,
          online: online === undefined ? undefined : online === 'true',
        };
        return store.devices.list(filter);
      },
    );

    app.get(
      '/devices/:device',
      {
        config: { access: 'viewer', scope: 'device' },
        schema: { summary: 'Get a device', tags: ['devices'], security, params, response: answers(device) },
      },
      async (request) => deviceOr404(request.params.device),
    );

    app.get(
      '/devices/:device/sequences',
      {
        config: { access: 'viewer', scope: 'device' },
        schema: {
          summary: 'What has come of each epoch of the outbox, and what never will',
          tags: ['devices'],
          security,
          params,
          response: answers(z.object({ items: z.array(sequence) })),
        },
      },
      async (request) => {
        await deviceOr404(request.params.device);
        return { items: await store.sequences.list(request.params.device) };
      },
    );

    app.post(
      '/devices',
      {
        config: { access: 'admin' },
        schema: {
          summary: 'Add a device',
          tags: ['devices'],
          security,
          body: newDevice,
          response: created(deviceSecret, 'The device and its token, which is shown only now'),
        },
      },
      async (request, reply) => {
        const { id } = request.body;
        if (RESERVED_NAMES.has(id)) throw new ProblemError(400, `the name "${id}" is the hub's own`);
        const token = await identity.addDevice(id, actOf(request, clock));
        if (token === undefined) throw new ProblemError(409, `there is a device "${id}" already`);
        return reply.code(201).send({ id, token });
      },
    );

    app.delete(
      '/devices/:device',
      {
        config: { access: 'admin' },
        schema: {
          summary: 'Delete a device: its token, its certificates and its connection end; what it sent stays',
          tags: ['devices'],
          security,
          params,
          response: noContent,
        },
      },
      async (request, reply) => {
        const id = request.params.device;
        if (!(await identity.removeDevice(id, actOf(request, clock)))) throw notFound(id);
        disconnect(id);
        fleet?.revoked(id);
        return reply.code(204).send(undefined);
      },
    );

    app.get(
      '/devices/:device/labels',
      {
        config: { access: 'viewer', scope: 'device', document },
        schema: {
          summary: 'Get the labels of a device',
          tags: ['devices'],
          security,
          params,
          response: answers(labels),
        },
      },
      async (request) => {
        const found = await store.devices.labels(request.params.device);
        if (!found) throw notFound(request.params.device);
        return found;
      },
    );

    app.put(
      '/devices/:device/labels',
      {
        config: { access: 'operator', scope: 'device', document },
        schema: {
          summary: 'Replace the labels of a device, which selectors of rollouts look at',
          tags: ['devices'],
          security,
          params,
          body: labels,
          response: answers(device),
        },
      },
      async (request) => {
        const id = request.params.device;
        const { scope } = callerOf(request);
        if (scope && !isInScope(scope, request.body))
          throw new ProblemError(403, `the device must keep the labels by which you see it: ${scopeText(scope)}`);
        const act = actOf(request, clock);
        await store.transact(async (tx) => {
          if (!(await tx.devices.setLabels(id, request.body))) throw notFound(id);
          await tx.audit.add(act, 'device.labels', id, request.body);
        }, act.guard);
        await watches.recheck(id);
        return deviceOr404(id);
      },
    );

    app.get(
      '/devices/:device/desired',
      {
        config: {
          access: 'viewer',
          scope: 'device',
          document: (request, from) => from.desired.get(params.parse(request.params).device),
        },
        schema: {
          summary: 'Get the document that says what a device should run',
          tags: ['devices'],
          security,
          params,
          response: answers(desired),
        },
      },
      async (request) => {
        await deviceOr404(request.params.device);
        const found = await store.desired.get(request.params.device);
        if (!found)
          throw new ProblemError(404, 'no rollout has asked anything of this device: it runs its own configuration');
        return found;
      },
    );

    app.post(
      '/devices/:device/token',
      {
        config: { access: 'admin' },
        schema: {
          summary: 'Give a device a new token; the old one, and a connection made with it, end',
          tags: ['devices'],
          security,
          params,
          response: created(deviceSecret, 'The new token, which is shown only now'),
        },
      },
      async (request, reply) => {
        const id = request.params.device;
        const token = await identity.renewDeviceToken(id, actOf(request, clock));
        if (token === undefined) throw notFound(id);
        disconnect(id);
        return reply.code(201).send({ id, token });
      },
    );
  };
}
