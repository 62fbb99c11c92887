/** What a step of ingest is. To add one: a file in steps/ and a line in steps.ts. */
import type { DownChannel } from '../../shared/contract/channels.ts';
import type { Report } from '../../shared/contract/messages/report.ts';
import type { LiveMessage } from '../contract/live.ts';
import type { HubMetrics } from '../metrics.ts';
import type { StoredRecord } from '../store/records.ts';
import type { HubStore, Parts } from '../store/store.ts';
import type { Copies } from './copies.ts';
import type { Message } from './message.ts';
import type { Quota } from './quota.ts';

/** What steps may use. */
export interface StepTools {
  readonly store: HubStore;
  readonly metrics: HubMetrics;
  /** Asked after each record of a batch: shall its part end here? A part ends at its bounds in any case. */
  readonly enough?: () => boolean;
  /** Sends a message to a device; it may be lost. */
  readonly send: (device: string, channel: DownChannel, payload: Buffer) => void;
  /** Is told of what shows that a device exists twice. */
  readonly copies: Pick<Copies, 'spoke' | 'forked'>;
  /** How much of a device is stored per day. */
  readonly quota: Pick<Quota, 'pausedUntil' | 'reached'>;
  /** Called after the commit of a report of what a device runs. */
  readonly reported: (device: string, report: Report) => Promise<void>;
  /** Called after the commit: what is stored of a device now, and whether it said something of itself; for alerts. */
  readonly heard?: (device: string, stored: readonly StoredRecord[], isAboutItself: boolean) => void;
  /**
   * Tells the live feed what came of a device. `build` is called only while somebody follows and the device has not said too
   * much; it returns undefined if there is nothing to tell.
   */
  readonly announce: (build: () => LiveMessage | undefined | Promise<LiveMessage | undefined>, device: string) => void;
}

/** What steps may use inside the transaction. */
export interface CommitTools extends Omit<StepTools, 'store'> {
  readonly store: Parts;
  /** Between pieces of long work: lets the event loop turn when this transaction has held it for some milliseconds. */
  readonly breathe: () => Promise<void>;
}

/** Changes only the message. */
export interface CheckStep {
  readonly name: string;
  readonly phase: 'check';
  run(message: Message, tools: StepTools): void;
}

/** Runs inside one transaction for a group of messages, and may run again after a rollback. */
export interface CommitStep {
  readonly name: string;
  readonly phase: 'commit';
  run(message: Message, tools: CommitTools): Promise<void>;
}

/** Runs once the transaction is committed. */
export interface AfterStep {
  readonly name: string;
  readonly phase: 'after';
  run(message: Message, tools: StepTools): void | Promise<void>;
}

export type Step = CheckStep | CommitStep | AfterStep;
