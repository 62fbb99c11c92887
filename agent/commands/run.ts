/** `vedette-agent run`: the agent, until it is told to stop. */
import { randomBytes } from 'node:crypto';
import { arch, hostname, platform, totalmem } from 'node:os';
import type { Writable } from 'node:stream';
import type { Clock } from '../../shared/kit/clock.ts';
import { startAll } from '../../shared/kit/lifecycle.ts';
import { createLogger } from '../../shared/kit/log.ts';
import { createAgent, type Entries } from '../agent.ts';
import { type AgentConfig, ConfigError, loadConfig } from '../config.ts';
import { type HubConnection, readConnection } from '../sync/connection.ts';

export interface RunOptions {
  readonly configFile: string;
  readonly version: string;
  readonly cpus: number;
  readonly entries: Entries;
  /** Names what the speed of a model depends on: processor, cores, version. */
  readonly machine: string;
  readonly clock: Clock;
  /** Aborted when the agent shall end. */
  readonly stop: AbortSignal;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** @returns the exit code: 0 after an orderly end, 1 when it could not start, 2 for a configuration that cannot be used */
export async function run(options: RunOptions): Promise<number> {
  const { stdout, stderr, clock, stop } = options;
  let config: AgentConfig;
  let hub: HubConnection | undefined;
  try {
    config = loadConfig(options.configFile);
    hub = config.hub && readConnection(config.hub);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    stderr.write(`vedette-agent: ${error.message}\n`);
    return 2;
  }
  const host = {
    platform: platform(),
    arch: arch(),
    cpus: options.cpus,
    memoryMb: Math.round(totalmem() / 2 ** 20),
    name: hostname(),
  };
  const agent = createAgent({
    config,
    ...(hub ? { hub } : {}),
    version: options.version,
    boot: randomBytes(8).toString('hex'),
    host,
    entries: options.entries,
    machine: options.machine,
    clock,
    log: createLogger('agent', config.log),
  });
  const stopAll = await startAll([agent]);
  const names = [...config.streams.keys()].join(', ') || 'none';
  stdout.write(
    `vedette-agent ${options.version}: device ${config.device}, streams: ${names}, data in ${config.dataDir}\n`,
  );
  await untilAborted(clock, stop);
  await stopAll();
  return 0;
}

/** Keeps the process alive until then; a child that is waiting to be started again would not. */
async function untilAborted(clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await clock.sleep(2 ** 31 - 1, signal).catch(() => undefined);
}
