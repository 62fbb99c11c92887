/** The routes of alerts, for the table of all routes. */
import { createLinks } from '../../../cloud-hub/alerts/links.ts';
import { openSecrets } from '../../../cloud-hub/alerts/secrets.ts';
import type { Access, Call, Entry } from './route-table.ts';
import type { World } from './world.ts';

type Api = (path: string, body?: unknown) => Call;
type Get = (path: string, access?: Access, status?: number) => Entry;

const rule = { condition: { kind: 'offline' } };
/** Nothing listens there, and the hub does not go there. */
const channel = { kind: 'webhook', url: 'http://127.0.0.1:9/' };

/** As a browser makes it; nothing goes there. */
const subscription = (endpoint: string) => ({
  endpoint: `https://push.example.com/${endpoint}`,
  keys: { p256dh: `B${'A'.repeat(86)}`, auth: 'A'.repeat(22) },
});

/** A browser of whoever has this token, by its id. */
async function subscribed(world: World, token: string): Promise<string> {
  const made = await world.hub.api('/push-subscriptions', {
    method: 'POST',
    token,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(subscription(world.fresh('b'))),
  });
  return ((await made.json()) as { id: string }).id;
}

async function named(world: World, kind: 'rules' | 'channels', body: unknown): Promise<string> {
  const name = world.fresh('alert');
  await world.put(`/alert-${kind}/${name}`, body);
  return `/alert-${kind}/${name}`;
}

export function alertRoutes(api: Api, get: Get): Readonly<Record<string, Entry>> {
  return {
    'GET /api/v1/alerts': get('/alerts?alertState=firing'),
    'GET /api/v1/alert-deliveries': get('/alert-deliveries'),
    'GET /api/v1/alert-silences': get('/alert-silences'),
    'POST /api/v1/alert-silences': {
      access: 'operator',
      status: 201,
      audit: 'alert-silence.add',
      call: () => api('/alert-silences', { endsAt: '2100-01-01T00:00:00Z' }),
    },
    'DELETE /api/v1/alert-silences/{id}': {
      access: 'operator',
      status: 204,
      audit: 'alert-silence.remove',
      async call(world) {
        const { id } = await world.made<{ id: string }>('/alert-silences', { endsAt: '2100-01-01T00:00:00Z' });
        return api(`/alert-silences/${id}`);
      },
    },
    'PUT /api/v1/alerts/{id}/acknowledgement': {
      access: 'operator',
      status: 200,
      audit: 'alert.acknowledge',
      call: async (world) => api(`/alerts/${await world.alert()}/acknowledgement`),
    },
    'POST /api/v1/alert-acknowledgements': {
      access: 'public',
      status: 200,
      call(world) {
        const links = createLinks(openSecrets(world.hub.hub.dataDir), 'https://hub.example/');
        const link = links.to('line', 'hook', Date.now()) ?? '';
        return api('/alert-acknowledgements', { token: link.split('=')[1] });
      },
    },
    'GET /api/v1/push-key': get('/push-key'),
    'GET /api/v1/push-subscriptions': get('/push-subscriptions'),
    'POST /api/v1/push-subscriptions': {
      access: 'viewer',
      status: 201,
      audit: 'push.subscribe',
      call: (world) => api('/push-subscriptions', subscription(world.fresh('b'))),
    },
    'DELETE /api/v1/push-subscriptions/{id}': {
      access: 'viewer',
      status: 204,
      audit: 'push.unsubscribe',
      call: async (world) => api(`/push-subscriptions/${await subscribed(world, world.hub.token)}`),
      own: async (world, token) => api(`/push-subscriptions/${await subscribed(world, token)}`),
    },
    'GET /api/v1/alert-rules': get('/alert-rules'),
    'GET /api/v1/alert-rules/{name}': {
      access: 'viewer',
      status: 200,
      call: async (world) => api(await named(world, 'rules', rule)),
    },
    'PUT /api/v1/alert-rules/{name}': {
      access: 'operator',
      status: 200,
      audit: 'alert-rule.set',
      call: () => api('/alert-rules/gone', rule),
    },
    'DELETE /api/v1/alert-rules/{name}': {
      access: 'operator',
      status: 204,
      audit: 'alert-rule.remove',
      call: async (world) => api(await named(world, 'rules', rule)),
    },
    'GET /api/v1/alert-channels': get('/alert-channels'),
    'GET /api/v1/alert-channels/{name}': {
      access: 'viewer',
      status: 200,
      call: async (world) => api(await named(world, 'channels', channel)),
    },
    'PUT /api/v1/alert-channels/{name}': {
      access: 'admin',
      status: 200,
      audit: 'alert-channel.set',
      call: () => api('/alert-channels/hook', channel),
    },
    'DELETE /api/v1/alert-channels/{name}': {
      access: 'admin',
      status: 204,
      audit: 'alert-channel.remove',
      call: async (world) => api(await named(world, 'channels', channel)),
    },
    'POST /api/v1/alert-channels/{name}/test': {
      access: 'admin',
      status: 200,
      audit: 'alert-channel.test',
      call: async (world) => api(`${await named(world, 'channels', channel)}/test`),
    },
  };
}
