/** What a kind of channel is. To add one: a file here, a line in registry.ts, its fields in contract/alert-channel.ts. */
import type { Clock } from '../../../shared/kit/clock.ts';
import type { Notification } from '../../contract/alert.ts';
import type { NewChannel } from '../../contract/alert-channel.ts';
import type { Addresses } from '../addresses.ts';
import type { Browsers } from '../push/browsers.ts';

export interface Sending {
  /** Its schema says which fields its kind has. */
  readonly channel: Omit<NewChannel, 'secret'>;
  readonly secret: string | undefined;
  readonly notification: Notification;
  /** Of a channel of browsers: to which it goes; undefined: to all. */
  readonly target: number | undefined;
  readonly browsers: Pick<Browsers, 'of' | 'send'>;
  /** JPEG of the latest event, if there is one. */
  readonly picture: Uint8Array | undefined;
  readonly addresses: Addresses;
  readonly clock: Clock;
  /** Seconds since 1970. */
  readonly nowS: number;
  /** Aborted when it takes too long. */
  readonly signal: AbortSignal;
}

/** Resolves when the receiver has it. @throws Error with the reason, in which no secret stands */
export type Send = (sending: Sending) => Promise<void>;
