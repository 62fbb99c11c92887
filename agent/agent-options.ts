/** What the agent is put together from. */
import type { Redact } from '../shared/doctor/bundle/redact.ts';
import type { Clock } from '../shared/kit/clock.ts';
import type { Logger } from '../shared/kit/log.ts';
import type { Tracing } from '../shared/kit/tracing.ts';
import type { AtRest } from './at-rest/keys.ts';
import type { AgentConfig } from './config.ts';
import type { HostFacts } from './health/report.ts';
import type { LogTap } from './logs/tap.ts';
import type { HubConnection } from './sync/connection.ts';

export interface AgentOptions {
  readonly config: AgentConfig;
  /** The keys that `config.encryption` names; default: none. */
  readonly atRest?: AtRest;
  /** Only with `config.hub`. */
  readonly hub?: HubConnection;
  readonly version: string;
  /** Id of this start. */
  readonly boot: string;
  readonly host: HostFacts;
  readonly entries: Entries;
  /** Names what the speed of a model depends on. */
  readonly machine: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing;
  /** The lines of `log`, to send them to the hub; absent: they are not. */
  readonly logLines?: {
    readonly tap: LogTap;
    /** Takes secrets of this box out of a text. */
    readonly redact: Redact;
  };
}

/** The built files of the processes that it starts. */
export interface Entries {
  readonly runner: URL;
  readonly measure: URL;
  readonly proof: URL;
  readonly shadow: URL;
  readonly annotate: URL;
}
