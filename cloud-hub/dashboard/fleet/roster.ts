/**
 * All devices of the fleet: read page by page, then kept current by the live feed.
 *
 * 1. What the feed said while pages were under way is newer than the pages and stays.
 * 2. After a whole reading, devices that the hub no longer has are gone.
 * 3. `devices` changes at most once in `PUBLISH_MS`, however many reports come in; it is sorted by id.
 */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Cancel, Clock } from '../../../shared/kit/clock.ts';
import type { Device } from '../../contract/device.ts';
import type { Api } from '../hub/api.ts';
import type { Loading } from '../lists/loading.ts';

export interface Roster {
  readonly devices: ReadonlySignal<readonly Device[]>;
  readonly loading: ReadonlySignal<Loading>;
  load(): Promise<void>;
  put(device: Device): void;
  clear(): void;
}

const PUBLISH_MS = 250;
const PAGE = 500;
/** The most devices a dashboard holds. */
export const MAX_DEVICES = 50_000;

export function createRoster(api: Pick<Api, 'devices'>, clock: Clock): Roster {
  const devices = signal<readonly Device[]>([]);
  const loading = signal<Loading>({ kind: 'loading' });
  const byId = new Map<string, Device>();
  let arrivedWhileLoading = new Set<string>();
  let generation = 0;
  let scheduled: Cancel | undefined;

  function publish(): void {
    scheduled?.();
    scheduled = undefined;
    devices.value = [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  return {
    devices,
    loading,
    async load() {
      const mine = ++generation;
      arrivedWhileLoading = new Set();
      const found = new Set<string>();
      try {
        let cursor: string | undefined;
        do {
          const page = await api.devices({ cursor, limit: PAGE });
          if (mine !== generation) return;
          for (const device of page.items) {
            found.add(device.id);
            if (!arrivedWhileLoading.has(device.id)) byId.set(device.id, device);
          }
          cursor = page.items.length > 0 ? page.next : undefined;
          publish();
        } while (cursor !== undefined && byId.size < MAX_DEVICES);
        for (const id of byId.keys()) if (!found.has(id) && !arrivedWhileLoading.has(id)) byId.delete(id);
        publish();
        loading.value = { kind: 'ready' };
      } catch (error) {
        if (mine !== generation) return;
        loading.value = { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
      }
    },
    put(device) {
      if (!byId.has(device.id) && byId.size >= MAX_DEVICES) return;
      byId.set(device.id, device);
      arrivedWhileLoading.add(device.id);
      scheduled ??= clock.after(PUBLISH_MS, publish);
    },
    clear() {
      generation++;
      byId.clear();
      publish();
      loading.value = { kind: 'loading' };
    },
  };
}
