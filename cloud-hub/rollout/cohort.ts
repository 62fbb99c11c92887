/** Which devices a rollout is for, and in which order they come. Pure. */
import { createHash } from 'node:crypto';
import type { Selector, Wave } from '../contract/rollout.ts';

export interface Labelled {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

export function selects({ labels, devices }: Selector, device: Labelled): boolean {
  if (devices && !devices.includes(device.id)) return false;
  return Object.entries(labels ?? {}).every(([key, wanted]) => {
    const found = Object.hasOwn(device.labels, key) ? device.labels[key] : undefined;
    return found !== undefined && (typeof wanted === 'string' ? found === wanted : wanted.includes(found));
  });
}

/**
 * The order of devices: by a hash of rollout and device. So no device is always the first to be tried, the order does not
 * depend on who else there is, and whoever knows the ids can work it out.
 */
export function cohortOrder(rollout: string, devices: readonly string[]): string[] {
  const key = (device: string) => createHash('sha256').update(`${rollout}\0${device}`).digest('hex');
  return devices
    .map((device) => [key(device), device] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, device]) => device);
}

/** In which order a rollout asks: those that are online first, so that no wave waits for a box that is switched off. */
export function askOrder(
  rollout: string,
  devices: readonly { readonly id: string; readonly online: boolean }[],
): string[] {
  const cohort = (online: boolean) => {
    const ids = devices.filter((device) => device.online === online).map((device) => device.id);
    return cohortOrder(rollout, ids);
  };
  return [...cohort(true), ...cohort(false)];
}

/** How many of `total` devices belong to a wave and those before it. */
export function waveSize(wave: Wave, total: number): number {
  const wanted = wave.devices ?? Math.ceil((total * (wave.percent ?? 100)) / 100 - 1e-9);
  return Math.min(total, Math.max(1, wanted));
}

/**
 * Devices that a wave still has to ask: the first of the order that were not asked yet, as many as are missing. Who was
 * asked stays so, also when the fleet grows or shrinks.
 * @param order of all devices that are selected now
 */
export function nextDevices(order: readonly string[], asked: ReadonlySet<string>, wave: Wave): string[] {
  const size = waveSize(wave, order.length);
  const already = order.filter((device) => asked.has(device)).length;
  return order.filter((device) => !asked.has(device)).slice(0, Math.max(0, size - already));
}

/** The whole plan at once, for a dry run. */
export function planWaves(order: readonly string[], waves: readonly Wave[]): string[][] {
  const asked = new Set<string>();
  return waves.map((wave) => {
    const next = nextDevices(order, asked, wave);
    for (const device of next) asked.add(device);
    return next;
  });
}
