/** What every record says beside its body: the start and the configuration that it comes from, when, and how far its clock can be trusted. */
import type { RecordBody } from '../shared/contract/messages/record.ts';
import type { Clock } from '../shared/kit/clock.ts';
import { clockQuality } from '../shared/kit/clock-quality.ts';
import { type HubClock, offsetOf, type WallOffset } from './sync/hub-clock.ts';

export type Stamp = Pick<RecordBody, 'config' | 'boot' | 'mono' | 'wall' | 'clock'>;

export interface Stamps {
  /** @param at when it happened, `Clock.mono`; default: now */
  stamp(at?: number): Stamp;
  /** What the hub's time says of our wall clock, where it is known. */
  wallOffset(): WallOffset | undefined;
  quality(): Stamp['clock'];
  /** Milliseconds since this start. */
  uptimeMs(): number;
  /** Revision of the configuration in force: of the file, until the hub sends streams. */
  revision: string;
}

export interface StampOptions {
  /** Id of this start. */
  readonly boot: string;
  readonly revision: string;
  readonly clock: Clock;
  /** Undefined until the hub has acknowledged something. */
  hubClock(): HubClock | undefined;
}

export function createStamps({ boot, revision, clock, hubClock }: StampOptions): Stamps {
  const bootMono = clock.mono();

  const wallOffset = () => {
    const known = hubClock();
    return known && offsetOf(known, clock.wall(), clock.mono());
  };

  const stamps: Stamps = {
    revision,
    wallOffset,
    stamp(at = clock.mono()) {
      const wall = clock.wall() - Math.max(0, clock.mono() - at);
      const mono = Math.max(0, at - bootMono);
      return { config: stamps.revision, boot, mono, wall, clock: clockQuality(wall, wallOffset()) };
    },
    quality: () => clockQuality(clock.wall(), wallOffset()),
    uptimeMs: () => clock.mono() - bootMono,
  };
  return stamps;
}
