/** Looks at every stream of a configuration: what it costs, and whether this machine holds it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sourceKinds } from '../../../shared/contract/config/source.ts';
import type { StreamConfig } from '../../../shared/contract/config/stream.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import type { AgentConfig } from '../../config.ts';
import { place } from '../../runner/place.ts';
import { figuresOf } from './figures.ts';
import { type Finding, finding } from './finding.ts';
import { type Probe, probed, probeStream } from './probe.ts';
import { judgeStream, judgeTogether, type StreamCase } from './stream-verdicts.ts';

export interface LookOptions {
  readonly cores: number;
  readonly runnerEntry: URL;
  readonly clock: Clock;
  onStream(stream: string): void;
}

export interface Looked {
  readonly findings: readonly Finding[];
  /** Those streams that gave results. */
  readonly cases: readonly StreamCase[];
}

/** Opens the streams one after the other, so that each shows what it could do alone. */
export async function lookAtStreams(config: AgentConfig, options: LookOptions): Promise<Looked> {
  const { cores, runnerEntry, clock } = options;
  const findings: Finding[] = [];
  const cases: StreamCase[] = [];
  const workDir = mkdtempSync(path.join(tmpdir(), 'vedette-doctor-'));
  try {
    for (const [stream, streamConfig] of config.streams) {
      const model = config.models[streamConfig.model];
      if (!model) continue;
      options.onStream(stream);
      const assignment = {
        stream,
        config: probed(streamConfig),
        modelDir: model.path,
        variant: model.variant,
        batch: 1,
        runtime: { threads: config.runners.threads, provider: config.runners.provider },
        once: true,
      };
      const probe = await probeStream({ assignment, runnerEntry, workDir, clock });
      if (probe.failure || probe.results.length === 0) {
        const { code, message } = probe.failure ?? { code: 'source-stalled', message: 'it gave no frame' };
        findings.push(finding(`stream ${stream}`, 'broken', `${code}: ${message}`));
      }
      if (probe.results.length === 0) continue;
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
