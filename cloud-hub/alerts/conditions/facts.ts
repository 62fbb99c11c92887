/** What conditions may look at in a device. Times are milliseconds since 1970. */
import type { Report } from '../../../shared/contract/messages/report.ts';

/** Detection scores of a period: ten bins over 0 to 1, and the digests of the models that gave them. */
export interface Scores {
  readonly bins: readonly number[];
  readonly models: readonly string[];
}

export interface DeviceFacts {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly online: boolean;
  readonly lastSeenAt: number;
  readonly version: string | undefined;
  /** The latest report; it is read only when a rule asks for it. */
  readonly report: () => Report | undefined;
  /** End of its newest certificate. */
  readonly certificateEndsAt: () => Promise<number | undefined>;
  /** When the last record of a kind (or of any) came of a stream (or of any); undefined: none since the watch began. */
  readonly lastRecordAt: (stream: string | undefined, kind: string | undefined) => number | undefined;
  /** Detection scores of a stream between two times. */
  readonly scores: (stream: string, from: number, to: number) => Promise<Scores>;
  /** When this hub began to look. */
  readonly watchedSince: number;
}
