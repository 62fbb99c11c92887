/**
 * How much of one device is stored per day (UTC). When that is used up, the hub takes no more of its records until midnight: it
 * neither stores nor acknowledges nor refuses them, so they wait in the device's outbox, which has a bound of its own and counts
 * what it gives up. Nothing that has arrived is lost by it. Reports, states and live pictures go on.
 */
import type { DownChannel } from '../../shared/contract/channels.ts';
import { encode } from '../../shared/contract/codec.ts';
import type { Command } from '../../shared/contract/messages/command.ts';
import { DAY_MS } from '../../shared/kit/durations.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { Usage } from '../store/devices.ts';

/** Of one device per day; infinite: no limit. */
export interface DailyLimits {
  readonly records: number;
  readonly bytes: number;
}

export const noLimits: DailyLimits = { records: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

export const dayOf = (wall: number): number => Math.floor(wall / DAY_MS);

/**
 * Until when no more records of a device are taken, milliseconds since 1970; undefined while there is room. The day may end a
 * little above its limit: what is stored in one transaction is never divided.
 */
export function pausedUntil({ day, records, bytes }: Usage, limits: DailyLimits, now: number): number | undefined {
  if (day !== dayOf(now) || (records < limits.records && bytes < limits.bytes)) return undefined;
  return (day + 1) * DAY_MS;
}

export interface QuotaOptions {
  readonly limits: DailyLimits;
  /** Sends a message to a device; it may be lost. */
  readonly send: (device: string, channel: DownChannel, payload: Buffer) => void;
  readonly log: Logger;
}

export class Quota {
  readonly #options: QuotaOptions;

  constructor(options: QuotaOptions) {
    this.#options = options;
  }

  pausedUntil(usage: Usage, now: number): number | undefined {
    return pausedUntil(usage, this.#options.limits, now);
  }

  /** A device has used up its day: the log has it, and the device is told, which makes it a problem of the device. */
  reached(device: string, until: number): void {
    const { limits, send, log } = this.#options;
    const end = new Date(until).toISOString();
    const most = [
      ...(Number.isFinite(limits.records) ? [`${limits.records} records`] : []),
      ...(Number.isFinite(limits.bytes) ? [`${Math.round(limits.bytes / 1_000_000)} MB`] : []),
    ].join(' or ');
    const message = `the hub stores at most ${most} of a device per day: it takes no more of ${device} until ${end}; its records wait in its outbox`;
    log.warn({ device, until: end }, `${message}; see --device-records-per-day and --device-mb-per-day`);
    send(device, 'command', encode({ kind: 'notice', code: 'quota-reached', message } satisfies Command));
  }
}
