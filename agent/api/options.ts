/** What the local API is built of; the composition root gives it. */
import type { Report } from '../../shared/contract/messages/report.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { Outbox } from '../buffer/outbox.ts';
import type { Tallies } from '../health/tallies.ts';
import type { Live } from './live.ts';

export interface ApiOptions {
  readonly device: string;
  readonly version: string;
  /** What every stream does now. */
  readonly streams: () => Report['streams'];
  readonly tallies: Pick<Tallies, 'of' | 'errors'>;
  readonly live: Live;
  readonly outbox: Pick<Outbox, 'state'>;
  readonly quotaBytes: number;
  /** How many runner processes live. */
  readonly runners: () => number;
  /** Undefined without a hub in the configuration. */
  readonly hubConnected: () => boolean | undefined;
  /** Streams that gave frames and give none any more. */
  readonly heldBack: () => readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
}
