/** Makes `up/report` out of what the parts know. */
import type { Report } from '../../shared/contract/messages/report.ts';
import { rssMb } from '../../shared/kit/memory.ts';
import type { Outbox } from '../buffer/outbox.ts';
import type { ModelsReport } from '../reconcile/report.ts';
import type { WallOffset } from '../sync/hub-clock.ts';

/** What stays the same while the agent runs. */
export interface HostFacts {
  readonly platform: string;
  readonly arch: string;
  readonly cpus: number;
  readonly memoryMb: number;
  readonly name: string;
  /** In which schedules without a zone of their own are read. */
  readonly timezone: string;
}

export interface ReportInput {
  /** Of the configuration in force. */
  readonly revision: string;
  readonly version: string;
  readonly boot: string;
  readonly host: HostFacts;
  readonly outbox: Pick<Outbox, 'state'>;
  /** What is free where the data folder is. */
  readonly disk: Report['disk'];
  readonly streams: Report['streams'];
  /** It knows where packages come from. */
  readonly takesPackages: boolean;
  readonly modelsReport: ModelsReport;
  readonly uptimeMs: number;
  /** How far our wall clock is from the hub's time. */
  readonly wallOffset: WallOffset | undefined;
  readonly escalation: Report['escalation'];
  /** What became of the hub's orders to erase. */
  readonly erase: Report['erase'];
}

export function buildReport({
  revision,
  version,
  boot,
  host,
  outbox,
  disk,
  streams,
  takesPackages,
  modelsReport,
  uptimeMs,
  wallOffset,
  escalation,
  erase,
}: ReportInput): Report {
  const { epoch, waiting, bytesOnDisk, lastSeq, blocked, givenUp } = outbox.state();
  return {
    version,
    boot,
    config: revision,
    host: { ...host },
    process: { rssMb: rssMb(), uptimeS: Math.round(uptimeMs / 1000) },
    outbox: { epoch, waiting, bytes: bytesOnDisk, lastSeq, givenUp, ...(blocked ? { blocked } : {}) },
    ...(disk ? { disk: { ...disk } } : {}),
    ...(wallOffset ? { clock: { ...wallOffset } } : {}),
    streams: [...streams],
    takesPackages,
    ...(escalation ? { escalation } : {}),
    ...(erase ? { erase } : {}),
    ...modelsReport,
  };
}
