/** `vedette-agent run`: the agent, until it is told to stop. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { arch, hostname, platform, totalmem } from 'node:os';
import type { Writable } from 'node:stream';
import { createRedactor } from '../../shared/doctor/bundle/redact.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { clockQuality } from '../../shared/kit/clock-quality.ts';
import { timezoneInForce } from '../../shared/kit/inherited-env.ts';
import { asError } from '../../shared/kit/journal.ts';
import { startAll } from '../../shared/kit/lifecycle.ts';
import { createLogger, type Logger } from '../../shared/kit/log.ts';
import { serviceManager } from '../../shared/kit/service-manager.ts';
import type { Tracing } from '../../shared/kit/tracing.ts';
import { createAgent } from '../agent.ts';
import type { Entries } from '../agent-options.ts';
import { type AtRest, readKeys } from '../at-rest/keys.ts';
import { type AgentConfig, ConfigError, loadConfig } from '../config.ts';
import { readConfig, secretsOf } from '../doctor/secrets.ts';
import type { Environment } from '../environment.ts';
import { doingLine } from '../health/progress.ts';
import { createLogTap } from '../logs/tap.ts';
import { type HubConnection, readConnection } from '../sync/connection.ts';

/** How often systemd is told at least what the agent does. */
const TELL_MS = 10_000;

export interface RunOptions {
  readonly configFile: string;
  /** What `${NAME}` in the file stands for. */
  readonly environment: Environment;
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
  let atRest: AtRest;
  try {
    config = loadConfig(options.configFile, options.environment);
    atRest = readKeys(config.encryption);
    const isSynced = () => clockQuality(clock.wall()) === 'synced';
    hub = config.hub && readConnection(config.hub, config.device, { clock, isSynced });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    stderr.write(asError(`vedette-agent: ${error.message}\n`, options.environment));
    return 2;
  }
  const host = {
    platform: platform(),
    arch: arch(),
    cpus: options.cpus,
    memoryMb: Math.round(totalmem() / 2 ** 20),
    name: hostname(),
    timezone: timezoneInForce(),
  };
  const tap = createLogTap();
  const log = createLogger('agent', config.log, {
    env: options.environment,
    also: hub && tap.write,
  }).child({ device: config.device });
  const tracing = config.traces && (await openTracing(config.traces, { device: config.device, ...options, log }));
  const manager = serviceManager(options.environment, process.pid, log);
  const agent = createAgent({
    config,
    atRest,
    ...(hub ? { hub } : {}),
    version: options.version,
    boot: randomBytes(8).toString('hex'),
    host,
    entries: options.entries,
    machine: options.machine,
    clock,
    log,
    ...(tracing ? { tracing } : {}),
    logLines: { tap, redact: createRedactor(secretsOf(readConfig(options.configFile), options.environment)) },
  });
  const stopAll = await startAll([agent]);
  const names = [...config.streams.keys()].join(', ') || 'none';
  stdout.write(
    `vedette-agent ${options.version}: device ${config.device}, streams: ${names}, data in ${config.dataDir}\n`,
  );
  manager.ready(doingLine(agent.doing()));
  const stopTelling = clock.every(Math.min(TELL_MS, (manager.watchdogMs ?? TELL_MS) / 4), () => {
    manager.status(doingLine(agent.doing()));
    if (agent.heldBack().length === 0) manager.progress();
  });
  await untilAborted(clock, stop);
  stopTelling();
  manager.stopping();
  await stopAll();
  await tracing?.stop();
  return 0;
}

/** Keeps the process alive until then; a child that is waiting to be started again would not. */
async function untilAborted(clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await clock.sleep(2 ** 31 - 1, signal).catch(() => undefined);
}

/** Loaded only when it is wanted. */
async function openTracing(
  { endpoint, sample, tokenFile }: NonNullable<AgentConfig['traces']>,
  about: { readonly device: string; readonly version: string; readonly clock: Clock; readonly log: Logger },
): Promise<Tracing> {
  const { createTracing } = await import('../../shared/kit/otel.ts');
  const { device, version, clock, log } = about;
  const headers = tokenFile === undefined ? {} : { authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}` };
  const resource = { 'service.name': 'vedette-agent', 'service.version': version, 'service.instance.id': device };
  return createTracing({ endpoint, sample, headers, resource, clock, log });
}
