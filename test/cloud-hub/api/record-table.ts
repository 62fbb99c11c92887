/** The routes of what devices sent, and of second opinions on it, for the table of all routes. */
import type { Access, Call, Entry } from './route-table.ts';

type Api = (path: string, body?: unknown) => Call;
type Get = (path: string, access?: Access, status?: number) => Entry;

export function recordRoutes(api: Api, get: Get): Readonly<Record<string, Entry>> {
  return {
    'GET /api/v1/events': get('/events'),
    'GET /api/v1/events/{id}': get('/events/1'),
    'PUT /api/v1/events/{id}/correction': {
      access: 'operator',
      status: 200,
      audit: 'event.correct',
      call: () => api('/events/1/correction', { verdict: 'right' }),
    },
    'DELETE /api/v1/events/{id}/correction': {
      access: 'operator',
      status: 204,
      audit: 'event.uncorrect',
      async call(world) {
        await world.put('/events/1/correction', { verdict: 'wrong' });
        return api('/events/1/correction');
      },
    },
    'PUT /api/v1/events/{id}/hold': {
      access: 'admin',
      status: 200,
      audit: 'event.hold',
      call: () => api('/events/1/hold', { reason: 'case 7' }),
    },
    'DELETE /api/v1/events/{id}/hold': {
      access: 'admin',
      status: 204,
      audit: 'event.release',
      async call(world) {
        await world.put('/events/1/hold', { reason: 'case 7' });
        return api('/events/1/hold');
      },
    },
    'PUT /api/v1/events/{id}/normal': {
      access: 'operator',
      status: 204,
      audit: 'event.normal',
      call: async (world) => api(`/events/${await world.anomaly()}/normal`, {}),
    },
    'DELETE /api/v1/events/{id}/normal': {
      access: 'operator',
      status: 204,
      audit: 'event.anomaly',
      async call(world) {
        const id = await world.anomaly();
        await world.put(`/events/${id}/normal`, {});
        return api(`/events/${id}/normal`);
      },
    },
    'GET /api/v1/devices/{device}/normal': get('/devices/cam/normal'),
    'GET /api/v1/snapshots/{id}': get('/snapshots/1'),
    'GET /api/v1/summaries': get('/summaries'),
    'GET /api/v1/problems': get('/problems'),
    'GET /api/v1/quarantine': get('/quarantine'),
    'GET /api/v1/readings': get('/readings'),
    'GET /api/v1/opinions': get('/opinions?outcome=withdrawn'),
    'GET /api/v1/dataset': get('/dataset?corrected=true', 'operator'),
    'GET /api/v1/dataset/{id}/picture': get('/dataset/1/picture', 'operator', 404),
    'GET /api/v1/hybrid': get('/hybrid'),
    'GET /api/v1/devices/{device}/streams/{stream}/agreement': get('/devices/cam/streams/door/agreement?bucketS=3600'),
    'GET /api/v1/devices/{device}/streams/{stream}/thresholds': get(
      '/devices/cam/streams/door/thresholds?precision=0.8',
    ),
    ...thresholdRoutes(api),
    'GET /api/v1/readings/course': get('/readings/course?device=cam&stream=door&since=2026-01-01T00:00:00Z&bucketS=60'),
  };
}

const thresholds = '/devices/cam/streams/door/thresholds';

function thresholdRoutes(api: Api): Readonly<Record<string, Entry>> {
  const route = '/api/v1/devices/{device}/streams/{stream}/thresholds';
  const common = { access: 'operator', status: 204 } as const;
  // What is set already is no change, and no entry of the audit.
  let calls = 0;
  const another = () => 1 / ++calls;
  const set = () => ({ labels: { person: another() }, model: 'yolox-nano@1.0.0' });
  const bounds = () => ({ precision: 0.9, min: 0, max: another(), maxStep: 0.1 });
  return {
    [`PUT ${route}`]: { ...common, audit: 'thresholds.apply', call: () => api(thresholds, set()) },
    [`DELETE ${route}`]: {
      ...common,
      audit: 'thresholds.clear',
      async call(world) {
        await world.put(thresholds, set());
        return api(thresholds);
      },
    },
    [`POST ${route}/undo`]: {
      ...common,
      audit: 'thresholds.undo',
      async call(world) {
        await world.put(thresholds, set());
        return api(`${thresholds}/undo`, {});
      },
    },
    [`PUT ${route}/automatic`]: {
      ...common,
      audit: 'thresholds.automate',
      call: () => api(`${thresholds}/automatic`, bounds()),
    },
    [`DELETE ${route}/automatic`]: {
      ...common,
      audit: 'thresholds.automate',
      async call(world) {
        await world.put(`${thresholds}/automatic`, bounds());
        return api(`${thresholds}/automatic`);
      },
    },
  };
}
