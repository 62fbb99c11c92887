/** What the agent is put together from. */
import type { Clock } from '../shared/kit/clock.ts';
import type { Logger } from '../shared/kit/log.ts';
import type { AtRest } from './at-rest/keys.ts';
import type { AgentConfig } from './config.ts';
import type { HostFacts } from './health/report.ts';
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
}

/** The built files of the processes that it starts. */
export interface Entries {
  readonly runner: URL;
  readonly measure: URL;
  readonly proof: URL;
  readonly shadow: URL;
  readonly annotate: URL;
}
