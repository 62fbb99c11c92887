/** `vedette-agent doctor`: what this machine can do, what does not work, and why a stream is slow. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Writable } from 'node:stream';
import type { Clock } from '../../shared/kit/clock.ts';
import { CodedError, messageOf } from '../../shared/kit/errors.ts';
import { inheritedEnv, timezoneInForce } from '../../shared/kit/inherited-env.ts';
import { describeComplaints } from '../../shared/kit/schema.ts';
import { readApiToken } from '../api/access.ts';
import { lockFolder } from '../buffer/file/lock.ts';
import { type AgentConfig, ConfigError, loadConfig } from '../config.ts';
import { judgeCpu } from '../doctor/cpu.ts';
import { type Finding, finding } from '../doctor/finding.ts';
import { judgeHub } from '../doctor/hub.ts';
import { hasFonts, lookAtCpu, lookAtDisk, lookAtMemory, lookAtPort } from '../doctor/machine.ts';
import {
  judgeClock,
  judgeDisk,
  judgeFonts,
  judgeFrames,
  judgeMemory,
  judgeNode,
  judgePort,
  judgeRuntime,
  judgeTimezone,
} from '../doctor/machine-verdicts.ts';
import { printFindings, printStreams } from '../doctor/print.ts';
import { loadOf, type StreamCase } from '../doctor/stream-verdicts.ts';
import { lookAtStreams, runnersOf } from '../doctor/streams.ts';
import type { Environment } from '../environment.ts';
import { clockQuality } from '../health/clock-quality.ts';
import { readConnection } from '../sync/connection.ts';
import { lookAtHub } from '../sync/try-hub.ts';

export interface DoctorOptions {
  /** Without it only the machine is looked at. */
  readonly configFile?: string;
  /** What `${NAME}` in the file stands for. */
  readonly environment: Environment;
  readonly json: boolean;
  /** Seconds to the first frame or sample of a stream; undefined: what the stream itself needs. */
  readonly waitS: number | undefined;
  readonly nodeVersion: string;
  readonly runnerEntry: URL;
  readonly clock: Clock;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

const HUB_TIMEOUT_MS = 5000;

/** @returns the exit code: 0 when everything that was asked for works, 1 when something is broken, 2 for wrong use */
export async function doctor(options: DoctorOptions): Promise<number> {
  let config: AgentConfig | undefined;
  try {
    config = options.configFile === undefined ? undefined : loadConfig(options.configFile, options.environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    options.stderr.write(`vedette-agent: ${error.message}\n`);
    return 2;
  }
  const cpu = lookAtCpu();
  const findings = [...(await lookAtMachine(options, config, cpu.cores)), judgeCpu(cpu)];
  const cases: StreamCase[] = [];
  if (config) {
    const busy = agentRuns(config.dataDir);
    findings.push(...(await lookAround(config, busy, options.clock)));
    const streams = await lookAtStreams(config, {
      cores: cpu.cores,
      runnerEntry: options.runnerEntry,
      clock: options.clock,
      waitMs: options.waitS === undefined ? undefined : options.waitS * 1000,
      onStream: (stream, upToMs) => {
        if (!options.json) options.stderr.write(`looking at stream ${stream} (up to ${upToMs / 1000} s) …\n`);
      },
    });
    findings.push(...streams.findings);
    cases.push(...streams.cases);
  }
  const broken = findings.some(({ level }) => level === 'broken');
  if (options.json) {
    const streams = cases.map((one) => ({ ...one, load: loadOf(one, cpu.cores) }));
    options.stdout.write(`${JSON.stringify({ ok: !broken, findings, streams }, null, 2)}\n`);
  } else {
    options.stdout.write(printFindings(findings));
    if (cases.length > 0) options.stdout.write(`\n${printStreams(cases, cpu.cores)}`);
  }
  return broken ? 1 : 0;
}

async function lookAtMachine(
  { nodeVersion, clock }: DoctorOptions,
  config: AgentConfig | undefined,
  cores: number,
): Promise<Finding[]> {
  // Loaded only here: a native library that is missing is a finding, not the end.
  const frames = await orError(async () => (await import('../../shared/engine/frames/about.ts')).aboutFrames());
  const runtime = await orError(async () => (await import('../../shared/engine/infer/about.ts')).aboutRuntime());
  const wall = clock.wall();
  return [
    judgeNode(nodeVersion),
    judgeMemory(lookAtMemory(), config ? runnersOf(config, cores) : cores),
    judgeDisk(lookAtDisk(config?.dataDir ?? tmpdir(), clock), config?.buffer.quotaMb),
    judgeClock(clockQuality(wall), wall),
    judgeTimezone(timezoneInForce(), inheritedEnv().TZ),
    judgeFrames(frames),
    judgeRuntime(runtime),
  ];
}

/** What a configuration names outside of the machine's own parts: hub, local API, refused streams. */
async function lookAround(config: AgentConfig, busy: boolean, clock: Clock): Promise<Finding[]> {
  const found = config.refused.map(({ stream, complaints }) =>
    finding(
      `stream ${stream}`,
      'broken',
      describeComplaints(complaints),
      'correct the configuration; it is not started',
    ),
  );
  if (busy) {
    const text = 'an agent runs with this data folder; the figures below are what it leaves over';
    found.push(finding('agent', 'note', text));
  }
  found.push(await hubFinding(config, busy, clock));
  if (config.api) {
    found.push(judgeFonts(hasFonts()));
    const { host, port, tokenFile } = config.api;
    try {
      if (tokenFile !== undefined) readApiToken(tokenFile);
      found.push(judgePort(host, port, await lookAtPort(host, port), busy));
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      found.push(finding('local API', 'broken', error.message));
    }
  }
  return found;
}

async function hubFinding({ hub, device }: AgentConfig, busy: boolean, clock: Clock): Promise<Finding> {
  if (!hub) return finding('hub', 'ok', 'none is configured; results stay on this machine');
  if (busy) {
    const advice = 'the local API says whether it is connected: GET /api/v1/outbox';
    return finding('hub', 'ok', `${hub.url}: not tried, that would push the running agent off its connection`, advice);
  }
  try {
    const facts = await lookAtHub({
      ...readConnection(hub, device, { clock, isSynced: () => clockQuality(clock.wall()) === 'synced' }),
      device,
      timeoutMs: HUB_TIMEOUT_MS,
      clock,
    });
    return judgeHub(hub.url, device, facts);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return finding('hub', 'broken', error.message);
  }
}

/** Does an agent hold this data folder now? */
function agentRuns(dataDir: string): boolean {
  if (!existsSync(dataDir)) return false;
  try {
    lockFolder(dataDir)();
    return false;
  } catch (error) {
    return error instanceof CodedError;
  }
}

async function orError<T>(look: () => Promise<T>): Promise<T | Error> {
  try {
    return await look();
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}
