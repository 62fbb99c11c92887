/** Every route of the hub: who may call it, a call that works, and what it answers. A new route needs an entry here. */
import { upload } from '../registry/package.ts';
import { alertRoutes } from './alert-table.ts';
import { enrolmentRoutes } from './enrolment-table.ts';
import { erasureRoutes } from './erasure-table.ts';
import { recordRoutes } from './record-table.ts';
import { userRoutes } from './user-table.ts';
import type { World } from './world.ts';

/** `device`: devices with their own token, and viewers. */
export type Access = 'public' | 'device' | 'viewer' | 'operator' | 'admin';

export interface Call {
  /** From the root, with its query. */
  readonly path: string;
  readonly body?: unknown;
  /** Instead of `body`. */
  readonly bytes?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Entry {
  readonly access: Access;
  /** Status of the answer to those who may. */
  readonly status: number;
  /** What the audit says of it. */
  readonly audit?: string;
  /** A call that works once; the objects that it needs are made. */
  readonly call: (world: World) => Call | Promise<Call>;
  /** Where people may act only on what is theirs: the call of somebody who has this token. */
  readonly own?: (world: World, token: string) => Promise<Call>;
}

/** Begins a session, and calls for its end. */
async function endSession({ hub }: World, token: string): Promise<Call> {
  await hub.post('/sign-in', { token });
  const { items } = (await (await hub.api('/sessions?limit=1', { token })).json()) as { items: { id: string }[] };
  return api(`/sessions/${items[0]?.id}`);
}

const api = (path: string, body?: unknown): Call => ({
  path: `/api/v1${path}`,
  ...(body === undefined ? {} : { body }),
});

const get = (path: string, access: Access = 'viewer', status = 200): Entry => ({
  access,
  status,
  call: () => api(path),
});

export const routes: Readonly<Record<string, Entry>> = {
  'POST /api/v1/sign-in': {
    access: 'public',
    status: 200,
    call: ({ hub }) => api('/sign-in', { token: hub.token }),
  },
  'POST /api/v1/sign-out': { access: 'viewer', status: 204, call: () => api('/sign-out') },
  'GET /api/v1/me': get('/me'),
  'POST /api/v1/sign-in-codes': {
    access: 'admin',
    status: 201,
    audit: 'code.add',
    call: () => api('/sign-in-codes', { role: 'viewer' }),
  },
  'GET /api/v1/sessions': get('/sessions'),
  'DELETE /api/v1/sessions/{id}': {
    access: 'viewer',
    status: 204,
    audit: 'session.end',
    call: (world) => endSession(world, world.hub.token),
    own: endSession,
  },
  ...userRoutes(api, get),
  ...enrolmentRoutes(api, get),
  ...alertRoutes(api, get),

  'GET /api/v1/devices': get('/devices'),
  'POST /api/v1/devices': {
    access: 'admin',
    status: 201,
    audit: 'device.add',
    call: (world) => api('/devices', { id: world.fresh('device') }),
  },
  'DELETE /api/v1/devices/{device}': {
    access: 'admin',
    status: 204,
    audit: 'device.remove',
    async call(world) {
      const { id } = await world.made<{ id: string }>('/devices', { id: world.fresh('device') });
      return api(`/devices/${id}`);
    },
  },
  'GET /api/v1/devices/{device}': get('/devices/cam'),
  'GET /api/v1/devices/{device}/logs': get('/devices/cam/logs'),
  'GET /api/v1/devices/{device}/log-levels': get('/devices/cam/log-levels'),
  'PUT /api/v1/devices/{device}/log-levels': {
    access: 'operator',
    status: 200,
    audit: 'device.log-levels',
    call: () => api('/devices/cam/log-levels', { levels: { sync: 'debug' }, seconds: 60 }),
  },
  'DELETE /api/v1/devices/{device}/log-levels': {
    access: 'operator',
    status: 204,
    audit: 'device.log-levels',
    call: () => api('/devices/cam/log-levels'),
  },
  'GET /api/v1/devices/{device}/sequences': get('/devices/cam/sequences'),
  'GET /api/v1/devices/{device}/desired': get('/devices/cam/desired'),
  'GET /api/v1/devices/{device}/labels': get('/devices/cam/labels'),
  'PUT /api/v1/devices/{device}/labels': {
    access: 'operator',
    status: 200,
    audit: 'device.labels',
    call: (world) => api('/devices/cam/labels', { site: world.fresh('site') }),
  },
  'POST /api/v1/devices/{device}/token': {
    access: 'admin',
    status: 201,
    audit: 'device.token',
    async call(world) {
      const id = world.fresh('device');
      await world.made('/devices', { id });
      return api(`/devices/${id}/token`);
    },
  },

  ...recordRoutes(api, get),

  'POST /api/v1/models': {
    access: 'operator',
    status: 201,
    audit: 'model.upload',
    async call(world) {
      const { bytes } = await world.version();
      return { path: '/api/v1/models', bytes, headers: { 'content-type': 'application/gzip' } };
    },
  },
  'GET /api/v1/models': get('/models'),
  'GET /api/v1/models/{name}/{version}': get('/models/bright/1.0.0'),
  'DELETE /api/v1/models/{name}/{version}': {
    access: 'operator',
    status: 204,
    audit: 'model.delete',
    async call(world) {
      const { bytes, version } = await world.version();
      await upload(world.hub, bytes);
      return api(`/models/bright/${version}`);
    },
  },
  'PUT /api/v1/models/{name}/{version}/labels': {
    access: 'operator',
    status: 200,
    audit: 'model.labels',
    call: (world) => api('/models/bright/1.0.0/labels', { site: world.fresh('site') }),
  },
  'PUT /api/v1/models/{name}/{version}/metrics': {
    access: 'operator',
    status: 200,
    audit: 'model.metrics',
    call: () => api('/models/bright/1.0.0/metrics', { map50: Math.random() }),
  },
  'GET /api/v1/models/{name}/aliases': get('/models/bright/aliases'),
  'PUT /api/v1/models/{name}/aliases/{alias}': {
    access: 'operator',
    status: 200,
    audit: 'model.alias',
    call: (world) => api(`/models/bright/aliases/${world.fresh('alias')}`, { version: '1.0.0' }),
  },
  'DELETE /api/v1/models/{name}/aliases/{alias}': {
    access: 'operator',
    status: 204,
    audit: 'model.alias',
    async call(world) {
      const path = `/models/bright/aliases/${world.fresh('alias')}`;
      await world.put(path, { version: '1.0.0' });
      return api(path);
    },
  },

  'GET /api/v1/trust': get('/trust'),
  'PUT /api/v1/trust/root': {
    access: 'admin',
    status: 200,
    audit: 'trust.root',
    async call(world) {
      const { online } = await world.hub.json<{ online: Record<'snapshot' | 'timestamp', unknown> }>('/trust');
      const headers = { 'content-type': 'application/json' };
      return { path: '/api/v1/trust/root', bytes: world.owner.nextRoot(online), headers };
    },
  },
  'PUT /api/v1/trust/targets': {
    access: 'admin',
    status: 200,
    audit: 'trust.targets',
    call: (world) => ({
      path: '/api/v1/trust/targets',
      bytes: world.owner.nextTargets([]),
      headers: { 'content-type': 'application/json' },
    }),
  },
  'POST /api/v1/trust/online-keys/{role}': {
    access: 'admin',
    status: 201,
    audit: 'trust.online-key',
    call: () => api('/trust/online-keys/timestamp'),
  },

  'GET /api/v1/delivery/metadata/{file}': get('/delivery/metadata/1.root.json', 'public'),
  'GET /api/v1/delivery/packages/{digest}': {
    access: 'device',
    status: 200,
    call: ({ archive }) => api(`/delivery/packages/${archive.digest}`),
  },
  'HEAD /api/v1/delivery/packages/{digest}': {
    access: 'device',
    status: 200,
    call: ({ archive }) => api(`/delivery/packages/${archive.digest}`),
  },

  'POST /api/v1/stream-sets': {
    access: 'operator',
    status: 201,
    audit: 'streams.add',
    call(world) {
      const streams = { [world.fresh('door')]: { source: 'rtsp://cam/1', model: 'detector' } };
      return api('/stream-sets', { name: 'site', streams });
    },
  },
  'GET /api/v1/stream-sets': get('/stream-sets'),
  'GET /api/v1/stream-sets/{revision}': {
    access: 'viewer',
    status: 200,
    call: ({ revision }) => api(`/stream-sets/${revision}`),
  },

  'POST /api/v1/rollouts': {
    access: 'operator',
    status: 201,
    audit: 'rollout.create',
    call: (world) => api('/rollouts', world.rollout()),
  },
  'GET /api/v1/rollouts': get('/rollouts'),
  'GET /api/v1/rollouts/{id}': get('/rollouts/r1'),
  'GET /api/v1/rollouts/{id}/devices': get('/rollouts/r1/devices'),
  'GET /api/v1/rollouts/{id}/waves': get('/rollouts/r1/waves'),
  'GET /api/v1/rollouts/{id}/history': get('/rollouts/r1/history'),
  'POST /api/v1/rollouts/{id}/pause': {
    access: 'operator',
    status: 200,
    audit: 'rollout.pause',
    call: async (world) => api(`/rollouts/${await world.running()}/pause`),
  },
  'POST /api/v1/rollouts/{id}/resume': {
    access: 'operator',
    status: 200,
    audit: 'rollout.resume',
    async call(world) {
      const id = await world.running();
      await world.hub.post(`/rollouts/${id}/pause`);
      return api(`/rollouts/${id}/resume`);
    },
  },
  'POST /api/v1/rollouts/{id}/abort': {
    access: 'operator',
    status: 200,
    audit: 'rollout.abort',
    call: async (world) => api(`/rollouts/${await world.running()}/abort`),
  },

  ...erasureRoutes(api, get),
  'GET /api/v1/audit': get('/audit', 'admin'),
  'GET /api/v1/audit/head': get('/audit/head', 'admin'),
  'GET /api/v1/audit/check': get('/audit/check', 'admin'),
  // Without an upgrade; the feed itself has its own test.
  'GET /api/v1/live': get('/live', 'viewer', 426),
  'GET /healthz': { access: 'public', status: 200, call: () => ({ path: '/healthz' }) },
  'GET /readyz': { access: 'public', status: 200, call: () => ({ path: '/readyz' }) },
  // Open to this machine, so it is asked through a proxy.
  'GET /metrics': {
    access: 'viewer',
    status: 200,
    call: () => ({ path: '/metrics', headers: { 'x-forwarded-for': '192.0.2.1' } }),
  },
};
