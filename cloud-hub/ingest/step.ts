/** What a step of ingest is. To add one: a file in steps/ and a line in steps.ts. */
import type { DownChannel } from '../../shared/contract/channels.ts';
import type { Report } from '../../shared/contract/messages/report.ts';
import type { HubMetrics } from '../api/metrics.ts';
import type { LiveMessage } from '../api/schemas/live.ts';
import type { Store } from '../store/store.ts';
import type { Message } from './message.ts';

/** What steps may use. */
export interface StepTools {
  readonly store: Store;
  readonly metrics: HubMetrics;
  /** Sends a message to a device; it may get lost. */
  readonly send: (device: string, channel: DownChannel, payload: Buffer) => void;
  /** A device has reported what it runs; after the commit. */
  readonly reported: (device: string, report: Report) => void;
  /** Tells those who watch; undefined work is skipped when nobody does. */
  readonly announce: (build: () => LiveMessage | undefined) => void;
}

/**
 * `check` steps are pure but for the message; `commit` steps run inside one transaction for a group of messages and may be
 * run again after a rollback; `after` steps run once it is committed.
 */
export interface Step {
  readonly name: string;
  readonly phase: 'check' | 'commit' | 'after';
  run(message: Message, tools: StepTools): void;
}
