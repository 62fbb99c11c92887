/** Routes of tokens and users: who may call each, and a call that works. */
import type { Access, Call, Entry } from './route-table.ts';
import type { World } from './world.ts';

type Api = (path: string, body?: unknown) => Call;
type Get = (path: string, access?: Access) => Entry;

/** A user with an invitation, by his name and its secret. */
async function invited(world: World): Promise<{ name: string; invitation: string }> {
  return world.made('/users', { name: world.fresh('user'), role: 'viewer' });
}

export const userRoutes = (api: Api, get: Get): Readonly<Record<string, Entry>> => ({
  'GET /api/v1/tokens': get('/tokens', 'admin'),
  'POST /api/v1/tokens': {
    access: 'admin',
    status: 201,
    audit: 'token.add',
    call: (world) => api('/tokens', { name: world.fresh('token'), role: 'viewer', scope: { site: 'x' }, days: 1 }),
  },
  'DELETE /api/v1/tokens/{id}': {
    access: 'admin',
    status: 204,
    audit: 'token.remove',
    async call(world) {
      const { id } = await world.made<{ id: string }>('/tokens', { name: world.fresh('token'), role: 'viewer' });
      return api(`/tokens/${id}`);
    },
  },
  'GET /api/v1/users': get('/users', 'admin'),
  'POST /api/v1/users': {
    access: 'admin',
    status: 201,
    audit: 'user.add',
    call: (world) => api('/users', { name: world.fresh('user'), role: 'admin' }),
  },
  'POST /api/v1/users/{name}/invitation': {
    access: 'admin',
    status: 201,
    audit: 'user.invite',
    call: async (world) => api(`/users/${(await invited(world)).name}/invitation`),
  },
  'GET /api/v1/users/{name}': {
    access: 'admin',
    status: 200,
    call: async (world) => api(`/users/${(await invited(world)).name}`),
  },
  'PUT /api/v1/users/{name}': {
    access: 'admin',
    status: 200,
    audit: 'user.set',
    call: async (world) => api(`/users/${(await invited(world)).name}`, { role: 'operator', scope: { site: 'x' } }),
  },
  'DELETE /api/v1/users/{name}': {
    access: 'admin',
    status: 204,
    audit: 'user.remove',
    call: async (world) => api(`/users/${(await invited(world)).name}`),
  },
  'DELETE /api/v1/users/{name}/second-factor': {
    access: 'admin',
    status: 404,
    call: async (world) => api(`/users/${(await invited(world)).name}/second-factor`),
  },
  'DELETE /api/v1/users/{name}/provider': {
    access: 'admin',
    status: 404,
    call: async (world) => api(`/users/${(await invited(world)).name}/provider`),
  },
  'GET /api/v1/sign-in/ways': { access: 'public', status: 200, call: () => api('/sign-in/ways') },
  // The hub of this table has no identity provider.
  'POST /api/v1/sign-in/provider': { access: 'public', status: 404, call: () => api('/sign-in/provider', {}) },
  'GET /api/v1/sign-in/provider/callback': {
    access: 'public',
    status: 404,
    call: () => api('/sign-in/provider/callback?code=x&state=y'),
  },
  'GET /api/v1/sign-in/provider/sign-out': {
    access: 'public',
    status: 404,
    call: () => api('/sign-in/provider/sign-out'),
  },
  'POST /api/v1/me/provider': {
    access: 'viewer',
    status: 404,
    call: () => api('/me/provider', { password: 'x' }),
  },
  'GET /api/v1/me/sign-in': get('/me/sign-in'),
  // Those who call here are tokens, which have no password and no second factor.
  'POST /api/v1/me/second-factor': {
    access: 'viewer',
    status: 409,
    call: () => api('/me/second-factor', { password: 'x' }),
  },
  'POST /api/v1/me/second-factor/confirm': {
    access: 'viewer',
    status: 409,
    call: () => api('/me/second-factor/confirm', { code: '123456' }),
  },
  'POST /api/v1/me/second-factor/recovery-codes': {
    access: 'viewer',
    status: 409,
    call: () => api('/me/second-factor/recovery-codes', { password: 'x', code: '123456' }),
  },
  'POST /api/v1/me/second-factor/remove': {
    access: 'viewer',
    status: 409,
    call: () => api('/me/second-factor/remove', { password: 'x', code: '123456' }),
  },
  'POST /api/v1/invitations/accept': {
    access: 'public',
    status: 200,
    async call(world) {
      const { invitation } = await invited(world);
      return api('/invitations/accept', { invitation, password: 'correct horse battery' });
    },
  },
  // Those who call here are tokens, which have no password.
  'PUT /api/v1/me/password': {
    access: 'viewer',
    status: 409,
    call: () => api('/me/password', { before: 'x', after: 'correct horse battery' }),
  },
});
