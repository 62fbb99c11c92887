/** Looks at every stream of a configuration: what it costs, and whether this machine holds it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sourceKinds } from '../../shared/contract/config/source.ts';
import { isOnline, namedLabels, type StreamConfig } from '../../shared/contract/config/stream.ts';
import { isWindowInput, type ModelInput } from '../../shared/contract/model-manifest.ts';
import { type Finding, finding } from '../../shared/doctor/finding.ts';
import { type ModelPackage, readPackage } from '../../shared/engine/package/package.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { type Complaint, describeComplaints } from '../../shared/kit/schema.ts';
import type { AgentConfig } from '../config.ts';
import { unsuited } from '../pipeline/suits.ts';
import { place } from '../runner/place.ts';
import { figuresOf } from './figures.ts';
import { type Probe, probed, probeStream } from './probe.ts';
import { judgeStream, judgeTogether, type StreamCase } from './stream-verdicts.ts';
import { waitLimitFor, windowMsOf } from './wait-limit.ts';

export interface LookOptions {
  readonly cores: number;
  readonly runnerEntry: URL;
  readonly clock: Clock;
  /** The longest wait for the first frame or sample of a stream; undefined: what the stream itself needs. */
  readonly waitMs: number | undefined;
  /** @param upToMs how long it may take until something comes */
  onStream(stream: string, upToMs: number): void;
}

export interface Looked {
  readonly findings: readonly Finding[];
  /** Those streams that gave results. */
  readonly cases: readonly StreamCase[];
}

const WAIT_LONGER = 'is it a source that is slower than that? give it more time: `--wait SECONDS`';

/** Opens the streams one after the other, so that each shows what it could do alone. */
export async function lookAtStreams(config: AgentConfig, options: LookOptions): Promise<Looked> {
  const { cores, runnerEntry, clock } = options;
  const findings: Finding[] = [];
  const cases: StreamCase[] = [];
  const workDir = mkdtempSync(path.join(tmpdir(), 'vedette-doctor-'));
  try {
    for (const [stream, streamConfig] of config.streams) {
      const model = isOnline(streamConfig) ? { path: '', variant: 'auto' } : config.models[streamConfig.model];
      if (!model) continue;
      const pack = await readPackage(model.path).catch(() => undefined);
      const waitLimits = waitLimitFor(streamConfig, pack?.manifest.input, options.waitMs);
      options.onStream(stream, waitLimits.sampleMs);
      const assignment = {
        stream,
        config: probed(streamConfig),
        modelDir: model.path,
        variant: model.variant,
        batch: 1,
        runtime: { threads: config.runners.threads, provider: config.runners.provider },
        once: true,
      };
      const unfit = unfitFor(streamConfig, pack);
      if (unfit.length > 0) findings.push(finding(`stream ${stream}`, 'broken', describeComplaints(unfit)));
      const probe = await probeStream({ assignment, runnerEntry, workDir, clock, waitLimits });
      const { results, flowed } = probe;
      if (results.length === 0 && flowed && !probe.failure) findings.push(slowStart(stream, pack?.manifest.input));
      else if (probe.failure || results.length === 0) {
        const { code, message } = probe.failure ?? { code: 'source-stalled', message: 'it gave no frame' };
        const advice = results.length === 0 && code === 'source-stalled' ? WAIT_LONGER : undefined;
        findings.push(finding(`stream ${stream}`, 'broken', `${code}: ${message}`, advice));
      }
      if (results.length === 0) continue;
      const one = caseOf(stream, streamConfig, probe);
      cases.push(one);
      findings.push(judgeStream(one, cores));
    }
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
  const together = judgeTogether(cases, cores, place([], [...config.streams.keys()], runnersOf(config, cores)));
  if (together) findings.push(together);
  return { findings, cases };
}

/** Rules that do not suit the model; a model that cannot be read is the probe's finding. */
function unfitFor(config: StreamConfig, pack: ModelPackage | undefined): Complaint[] {
  if (!pack) return [];
  const { manifest, labels } = pack;
  return unsuited(config.rules, { name: manifest.name, task: manifest.task, labels }, namedLabels(config));
}

/** Samples come, and the model waits for a whole window of them. */
function slowStart(stream: string, input: ModelInput | undefined): Finding {
  const window = input && isWindowInput(input) ? `a window of ${input.window} samples` : 'more of them';
  const about = windowMsOf(input) > 0 ? `, about ${Math.ceil(windowMsOf(input) / 1000)} s` : '';
  return finding(`stream ${stream}`, 'ok', `samples come; the first result needs ${window}${about}`);
}

function caseOf(stream: string, config: StreamConfig, { results, status }: Probe): StreamCase {
  const live = [sourceKinds.rtsp, sourceKinds.http, sourceKinds.device].some((k) => k.pattern.test(config.source.url));
  const size = status?.width && status.height ? [`${status.width}x${status.height}`] : [];
  const decoder = status?.decoder === undefined ? [] : [status.decoder];
  const model = status?.model ? [`model ${status.model.name} ${status.model.variant}`] : [];
  const figures = figuresOf(results);
  // At its own speed or none: a file that is to be analysed as fast as possible asks for no rate.
  const unpaced = !live && config.source.pace === 'fast';
  return {
    stream,
    figures: unpaced ? { ...figures, sourceFps: undefined } : figures,
    askedFps: 'fps' in config && !unpaced ? config.fps : undefined,
    live,
    description: [...decoder, ...size, ...model].join(', '),
  };
}

/** How many runners the configuration comes to. */
export function runnersOf(config: AgentConfig, cores: number): number {
  const { count } = config.runners;
  return Math.max(1, Math.min(count === 'auto' ? cores : count, config.streams.size));
}
