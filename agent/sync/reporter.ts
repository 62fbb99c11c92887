/**
 * Tells the hub that the device is online (`up/status`, retained, and its last will) and what it runs (`up/report`: after
 * connecting, one second after a change, and every minute). A report that could not be sent is not repeated; the next one follows.
 */
import { channels, topicOf, type UpChannel } from '../../shared/contract/channels.ts';
import { encode } from '../../shared/contract/codec.ts';
import type { Report } from '../../shared/contract/messages/report.ts';
import type { Status } from '../../shared/contract/messages/status.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Link, LinkMessage } from '../../shared/kit/link.ts';
import type { Logger } from '../../shared/kit/log.ts';

export interface ReporterOptions {
  readonly device: string;
  readonly link: Link;
  /** What is true now. */
  readonly build: () => Report;
  readonly clock: Clock;
  readonly log: Logger;
}

const CHANGE_MS = 1_000;
const EVERY_MS = 60_000;

/** The broker publishes it when the connection breaks (last will), and the device itself when it stops. */
export function offlineMessage(device: string): LinkMessage {
  return messageOn(device, 'status', { online: false } satisfies Status);
}

export class Reporter {
  readonly #options: ReporterOptions;
  #cancelChange: Cancel | undefined;
  #stops: readonly Cancel[] = [];

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  start(): void {
    const { link, clock } = this.#options;
    if (this.#stops.length > 0) return;
    this.#stops = [link.onUp(() => this.#greet()), clock.every(EVERY_MS, () => this.#send())];
    if (link.up) this.#greet();
  }

  stop(): void {
    this.#cancelChange?.();
    this.#cancelChange = undefined;
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  /** Something in the report changed; a burst of changes makes one report. */
  changed(): void {
    this.#cancelChange ??= this.#options.clock.after(CHANGE_MS, () => this.#send());
  }

  #greet(): void {
    this.#withReport((report) => {
      const { version, boot, outbox } = report;
      this.#publish('status', { online: true, version, boot, epoch: outbox.epoch } satisfies Status);
      this.#publish('report', report);
    });
  }

  #send(): void {
    this.#cancelChange?.();
    this.#cancelChange = undefined;
    if (this.#options.link.up) this.#withReport((report) => this.#publish('report', report));
  }

  #withReport(send: (report: Report) => void): void {
    try {
      send(this.#options.build());
    } catch (error) {
      this.#options.log.error({ err: error }, 'the state report could not be made');
    }
  }

  #publish(channel: UpChannel, message: Status | Report): void {
    const { link, device, log } = this.#options;
    link.publish(messageOn(device, channel, message)).catch((error) => {
      log.info({ channel, reason: messageOf(error) }, 'a message to the hub was not sent');
    });
  }
}

function messageOn(device: string, channel: UpChannel, message: Status | Report): LinkMessage {
  const { qos, retain } = channels[channel];
  return { topic: topicOf(device, channel), payload: encode(message), qos, retain };
}
