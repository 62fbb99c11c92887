/** Makes `up/report` out of what the parts know. */
import type { Report } from '../../shared/contract/messages/report.ts';
import { rssMb } from '../../shared/kit/memory.ts';
import type { Outbox } from '../buffer/outbox.ts';
import type { Told } from '../reconcile/report.ts';
import type { WallOffset } from '../sync/hub-clock.ts';

/** What stays the same while the agent runs. */
export interface HostFacts {
  readonly platform: string;
  readonly arch: string;
  readonly cpus: number;
  readonly memoryMb: number;
  readonly name: string;
}

export interface ReportInput {
  /** Of the configuration in force. */
  readonly revision: string;
  readonly version: string;
  readonly boot: string;
  readonly host: HostFacts;
  readonly outbox: Pick<Outbox, 'state'>;
  readonly streams: Report['streams'];
  readonly told: Told;
  readonly uptimeMs: number;
  /** What the hub's time says of our wall clock. */
  readonly wallOffset: WallOffset | undefined;
}

export function buildReport({
  revision,
  version,
  boot,
  host,
  outbox,
  streams,
  told,
  uptimeMs,
  wallOffset,
}: ReportInput): Report {
  const { epoch, waiting, bytesOnDisk, lastSeq, blocked, givenUp } = outbox.state();
  return {
    version,
    boot,
    config: revision,
    host: { ...host },
    process: { rssMb: rssMb(), uptimeS: Math.round(uptimeMs / 1000) },
    outbox: { epoch, waiting, bytes: bytesOnDisk, lastSeq, givenUp, ...(blocked ? { blocked } : {}) },
    ...(wallOffset ? { clock: { ...wallOffset } } : {}),
    streams: [...streams],
    ...told,
  };
}
