/**
 * Takes `up/log`: within a budget per device, checked by its schema, into files.
 *
 * A device has MOST_BYTES at once and BYTES_PER_S after that (unpacked), at least MESSAGE_BYTES per message. What is over is dropped
 * and counted, and the hub reads more slowly from it for a moment.
 */

import { parseJson, unpack } from '../../shared/contract/codec.ts';
import { LOG_SHAPE, logBatch, MAX_LOG_BYTES } from '../../shared/contract/messages/log.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { createNowAndThen, type NowAndThen } from '../../shared/kit/now-and-then.ts';
import type { HubMetrics } from '../metrics.ts';
import type { LogFiles, LogLimits } from './files.ts';

const MOST_BYTES = 4 * 1024 * 1024;
const BYTES_PER_S = 4 * 1024;
const MESSAGE_BYTES = 8 * 1024;
const SLOW_MS = 250;
const SWEEP_MS = 3_600_000;
const COMPLAIN_MS = 60_000;

export interface DeviceLogOptions {
  readonly files: LogFiles;
  readonly limits: LogLimits;
  readonly metrics: Pick<HubMetrics, 'deviceLogLines' | 'deviceLogMessages'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export class DeviceLogs {
  readonly #options: DeviceLogOptions;
  readonly #allowances = new Map<string, { bytes: number; at: number }>();
  readonly #complain: NowAndThen<unknown>;
  #cancel: Cancel | undefined;

  constructor(options: DeviceLogOptions) {
    this.#options = options;
    this.#complain = createNowAndThen(options.clock, COMPLAIN_MS, (error, messages) =>
      options.log.error({ messages, err: error }, 'logs of devices could not be kept'),
    );
  }

  start(): void {
    const { clock, files, log } = this.#options;
    this.#cancel = clock.every(SWEEP_MS, () => {
      files.sweep(clock.wall()).then(
        (bytes) => bytes > 0 && log.info({ bytes }, 'old logs of devices were removed'),
        (error) => this.#complain.add('', error),
      );
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#complain.flush();
  }

  /** A promise asks to read no more of this device for a moment. */
  offer(device: string, payload: Uint8Array): Promise<void> | undefined {
    const { files, limits, metrics, clock } = this.#options;
    if (limits.deviceBytes === 0) return void metrics.deviceLogMessages.inc({ outcome: 'off' });
    if (!this.#afford(device, Math.max(MESSAGE_BYTES, payload.length))) {
      metrics.deviceLogMessages.inc({ outcome: 'over budget' });
      return clock.sleep(SLOW_MS);
    }
    let batch: ReturnType<typeof logBatch.parse>;
    try {
      const text = unpack(payload, MAX_LOG_BYTES);
      this.#afford(device, text.length);
      batch = logBatch.parse(parseJson(text, LOG_SHAPE));
    } catch {
      metrics.deviceLogMessages.inc({ outcome: 'refused' });
      return undefined;
    }
    files.append(device, batch, clock.wall()).then(
      (fresh) => {
        metrics.deviceLogMessages.inc({ outcome: 'stored' });
        metrics.deviceLogLines.inc(fresh);
      },
      (error) => {
        metrics.deviceLogMessages.inc({ outcome: 'failed' });
        this.#complain.add('', messageOf(error));
      },
    );
    return undefined;
  }

  /** Takes bytes from the allowance, also more than there are. @returns whether there were any left */
  #afford(device: string, bytes: number): boolean {
    const now = this.#options.clock.mono();
    const before = this.#allowances.get(device) ?? { bytes: MOST_BYTES, at: now };
    const left = Math.min(MOST_BYTES, before.bytes + ((now - before.at) / 1000) * BYTES_PER_S);
    this.#allowances.set(device, { bytes: left > 0 ? left - bytes : left, at: now });
    return left > 0;
  }
}
