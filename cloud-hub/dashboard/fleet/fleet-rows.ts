/** The fleet's list: search, show, sort. Pure. */
import type { Device } from '../../contract/device.ts';
import type { Counts } from './activity.ts';
import { type Ailment, ailmentsOf, modelText } from './health.ts';

export interface FleetRow {
  readonly device: Device;
  readonly models: readonly string[];
  readonly fps: number;
  readonly waiting: number;
  readonly events: number;
  readonly ailments: readonly Ailment[];
  readonly lastSeen: number;
}

export type Show = 'all' | 'online' | 'offline' | 'problems';
export type SortKey = 'id' | 'fps' | 'lastSeen' | 'waiting' | 'events' | 'ailments';
export interface Sort {
  readonly key: SortKey;
  readonly direction: 1 | -1;
}

export function rowsOf(devices: readonly Device[], counts: Counts): readonly FleetRow[] {
  return devices.map((device) => ({
    device,
    models: [...new Set(device.streams.flatMap((s) => (s.model ? [modelText(s.model)] : [])))],
    fps: device.online ? device.streams.reduce((sum, s) => sum + s.fps, 0) : 0,
    waiting: device.outbox?.waiting ?? 0,
    events: counts.events.get(device.id) ?? 0,
    ailments: ailmentsOf(device, counts.problems.get(device.id) ?? 0),
    lastSeen: device.lastSeenAt ? Date.parse(device.lastSeenAt) : 0,
  }));
}

/**
 * Every word of `search` must be somewhere in the row: id, host, streams, sources, models, states.
 * @param version of the agent that a device must have; undefined: any
 */
export function select(
  rows: readonly FleetRow[],
  search: string,
  show: Show,
  sort: Sort,
  version?: string,
): readonly FleetRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = rows.filter(
    (row) =>
      isShown(row, show) &&
      (version === undefined || row.device.version === version) &&
      words.every((word) => textOf(row).includes(word)),
  );
  return shown.sort((a, b) => sort.direction * compare(a, b, sort.key) || (a.device.id < b.device.id ? -1 : 1));
}

export function isShown(row: FleetRow, show: Show): boolean {
  switch (show) {
    case 'all':
      return true;
    case 'online':
      return row.device.online;
    case 'offline':
      return !row.device.online;
    case 'problems':
      return row.ailments.length > 0;
  }
}

/** The versions of the agent in the fleet, with how many devices run each; the most frequent first. */
export function versionsOf(devices: readonly Pick<Device, 'version'>[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const { version } of devices) if (version !== undefined) counts.set(version, (counts.get(version) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
}

/** The host's own name, where the device has reported it. */
export function hostName(device: Device): string | undefined {
  return typeof device.host?.name === 'string' ? device.host.name : undefined;
}

function textOf({ device, models }: FleetRow): string {
  const streams = device.streams.flatMap((s) => [s.id, s.kind ?? 'picture', s.source, s.state]);
  return [device.id, hostName(device) ?? '', device.version ?? '', ...streams, ...models].join('\n').toLowerCase();
}

function compare(a: FleetRow, b: FleetRow, key: SortKey): number {
  if (key === 'id') return a.device.id < b.device.id ? -1 : a.device.id > b.device.id ? 1 : 0;
  if (key === 'ailments') return weight(a) - weight(b);
  return a[key] - b[key];
}

const weight = (row: FleetRow) => row.ailments.reduce((sum, { level }) => sum + (level === 'bad' ? 100 : 1), 0);
