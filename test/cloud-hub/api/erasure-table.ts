/** The routes of orders to erase, for route-table.ts. */
import { until } from '../../support/until.ts';
import type { Access, Call, Entry } from './route-table.ts';
import type { World } from './world.ts';

/** Until the hub has carried out what was ordered: it does so in the background. */
async function erased({ hub }: World): Promise<void> {
  const isDone = async () => {
    const { items } = await hub.json<{ items: { state: string }[] }>('/erasures?device=nobody');
    return items.every(({ state }) => state === 'done');
  };
  await until(isDone, 'orders to erase are carried out');
}

export const erasureRoutes = (
  api: (path: string, body?: unknown) => Call,
  get: (path: string, access?: Access, status?: number) => Entry,
): Readonly<Record<string, Entry>> => ({
  'POST /api/v1/erasures': {
    access: 'admin',
    status: 201,
    // The hub's own entry may follow at once; the audit of orders: test/cloud-hub/erase/.
    call: () => api('/erasures', { device: 'nobody' }),
  },
  'GET /api/v1/erasures': {
    ...get('/erasures', 'admin'),
    call: async (world) => {
      await erased(world);
      return api('/erasures');
    },
  },
  'GET /api/v1/erasures/{id}': {
    access: 'admin',
    status: 200,
    call: async (world) => {
      const { id } = await world.made<{ id: string }>('/erasures', { device: 'nobody' });
      await erased(world);
      return api(`/erasures/${id}`);
    },
  },
});
