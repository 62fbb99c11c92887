/** The time by which metadata expires on a device (shared/decisions/0005). */

export interface TimeSources {
  /** The device's wall clock, milliseconds since 1970. */
  readonly wall: number;
  readonly quality: 'synced' | 'unsynced' | 'wrong';
  /** What the hub said the time is (`Date` of its answer); unsigned. */
  readonly hub?: number | undefined;
  /** When the timestamp that is trusted was signed; signed by the hub. */
  readonly floor?: number | undefined;
}

/**
 * A disciplined clock is believed; any other is not asked, and the hub's time takes its place. Time never lies before the
 * newest signature that was verified. Without any of them it is 1970: then nothing has expired.
 */
export function referenceTime({ wall, quality, hub, floor }: TimeSources): number {
  return Math.max(quality === 'synced' ? wall : (hub ?? 0), floor ?? 0);
}
