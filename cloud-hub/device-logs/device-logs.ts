/**
 * Takes `up/log`: within a budget per device, checked by its schema, into files.
 *
 * A device has LIMITS (of what is unpacked; at least MESSAGE_BYTES per message). What is over is dropped
 * and counted, and the hub reads more slowly from it for a moment.
 */

import { parseJson, unpack } from '../../shared/contract/codec.ts';
import { LOG_SHAPE, logBatch, MAX_LOG_BYTES } from '../../shared/contract/messages/log.ts';
import { ByteBudget } from '../../shared/kit/byte-budget.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { createNowAndThen, type NowAndThen } from '../../shared/kit/now-and-then.ts';
import type { HubMetrics } from '../metrics.ts';
import type { LogFiles, LogLimits } from './files.ts';

const LIMITS = { burst: 4 * 1024 * 1024, perS: 4 * 1024 };
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
  readonly #budget: ByteBudget;
  readonly #complain: NowAndThen<unknown>;
  #cancel: Cancel | undefined;

  constructor(options: DeviceLogOptions) {
    this.#options = options;
    this.#budget = new ByteBudget(options.clock, LIMITS);
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
    if (!this.#budget.hasRoom(device)) {
      metrics.deviceLogMessages.inc({ outcome: 'over budget' });
      return clock.sleep(SLOW_MS);
    }
    this.#budget.spend(device, Math.max(MESSAGE_BYTES, payload.length));
    let batch: ReturnType<typeof logBatch.parse>;
    try {
      const text = unpack(payload, MAX_LOG_BYTES);
      this.#budget.spend(device, text.length);
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
}
