/** `vedette-agent doctor`: what this machine can do, what does not work, and why a stream is slow. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { type Finding, finding, isBroken } from '../../shared/doctor/finding.ts';
import { printFindings } from '../../shared/doctor/print.ts';
import { lookAtDisk } from '../../shared/doctor/probes/disk.ts';
import { lookAtPort } from '../../shared/doctor/probes/port.ts';
import { judgeClock } from '../../shared/doctor/verdicts/clock.ts';
import { judgeDisk } from '../../shared/doctor/verdicts/disk.ts';
import { judgeNode } from '../../shared/doctor/verdicts/node.ts';
import { judgePort } from '../../shared/doctor/verdicts/port.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { clockQuality } from '../../shared/kit/clock-quality.ts';
import { CodedError, messageOf } from '../../shared/kit/errors.ts';
import { inheritedEnv, timezoneInForce } from '../../shared/kit/inherited-env.ts';
import { describeComplaints } from '../../shared/kit/schema.ts';
import { readApiToken } from '../api/access.ts';
import { LOCK_FILE, lockFolder } from '../buffer/file/lock.ts';
import { type AgentConfig, ConfigError, loadConfig } from '../config.ts';
import { writeAgentBundle } from '../doctor/bundle.ts';
import { judgeCpu } from '../doctor/cpu.ts';
import { examineEncryption } from '../doctor/encryption.ts';
import { lookAtHubSide } from '../doctor/hub.ts';
import { hasFonts, lookAtCpu, lookAtMemory } from '../doctor/machine.ts';
import { judgeFonts, judgeFrames, judgeMemory, judgeRuntime, judgeTimezone } from '../doctor/machine-verdicts.ts';
import { examineOutbox } from '../doctor/outbox.ts';
import { printStreams } from '../doctor/print.ts';
import { loadOf, type StreamCase } from '../doctor/stream-verdicts.ts';
import { lookAtStreams, runnersOf } from '../doctor/streams.ts';
import type { Environment } from '../environment.ts';

export interface DoctorOptions {
  /** Without it only the machine is looked at. */
  readonly configFile?: string;
  /** What `${NAME}` in the file stands for. */
  readonly environment: Environment;
  readonly json: boolean;
  /** File of a support archive. */
  readonly bundle?: string;
  /** Log that goes into it; default: the journal. */
  readonly logFile?: string;
  readonly version: string;
  /** Seconds to the first frame or sample of a stream; undefined: what the stream itself needs. */
  readonly waitS: number | undefined;
  readonly nodeVersion: string;
  readonly runnerEntry: URL;
  readonly clock: Clock;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

const API_PORT = 'choose another with `api: { port: N }`, or turn it off with `api: false`';

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
  const broken = isBroken(findings);
  if (options.json) {
    const streams = cases.map((one) => ({ ...one, load: loadOf(one, cpu.cores) }));
    options.stdout.write(`${JSON.stringify({ ok: !broken, findings, streams }, null, 2)}\n`);
  } else {
    options.stdout.write(printFindings(findings));
    if (cases.length > 0) options.stdout.write(`\n${printStreams(cases, cpu.cores)}`);
  }
  if (options.bundle !== undefined) {
    const { configFile, environment, logFile, version } = options;
    await writeAgentBundle({
      file: options.bundle,
      version,
      configFile,
      environment,
      logFile,
      findings,
      streams: cases,
    });
    options.stderr.write(`wrote ${options.bundle}: read it before you send it\n`);
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
    judgeDisk(lookAtDisk(config?.dataDir ?? tmpdir(), clock), {
      free: config && {
        mb: config.buffer.quotaMb,
        why: `\`buffer.quotaMb: ${config.buffer.quotaMb}\` promises to the outbox`,
      },
      unwritable: 'give the agent a `dataDir` that it may write to',
    }),
    judgeClock(clockQuality(wall), wall, 'records say how far their time can be trusted'),
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
  found.push(examineOutbox(config.dataDir), examineEncryption(config));
  found.push(...(await lookAtHubSide(config, busy, clock)));
  if (config.api) {
    found.push(judgeFonts(hasFonts()));
    const { host, port, tokenFile } = config.api;
    try {
      if (tokenFile !== undefined) readApiToken(tokenFile);
      const use = { subject: 'local API', host, port, runs: busy ? 'agent' : undefined, choose: API_PORT };
      found.push(judgePort(use, await lookAtPort(host, port)));
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      found.push(finding('local API', 'broken', error.message));
    }
  }
  return found;
}

/** Does an agent hold this data folder now? */
function agentRuns(dataDir: string): boolean {
  // Made here, the file would be this user's, and perhaps not the agent's.
  if (!existsSync(path.join(dataDir, LOCK_FILE))) return false;
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
