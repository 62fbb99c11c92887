/** Opens one stream of the configuration in a runner process, as `run` would, for a few seconds and as fast as it goes. */
import type { StreamConfig } from '../../shared/contract/config/stream.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import type { FrameResult } from '../pipeline/outputs.ts';
import type { Assignment, FromRunner, StreamStatus } from '../runner/messages.ts';
import { createSupervisor } from '../runner/supervisor.ts';
import type { WaitLimits } from './wait-limit.ts';

export interface ProbeOptions {
  readonly assignment: Assignment;
  readonly runnerEntry: URL;
  readonly workDir: string;
  readonly clock: Clock;
  /** How long it may take to the first result, and to the first sample. */
  readonly waitLimits: WaitLimits;
}

export interface Probe {
  readonly results: readonly FrameResult[];
  /** The runner's last status: size, model, decoder. */
  readonly status: StreamStatus | undefined;
  /** Frames or samples came, whether or not they were answered. */
  readonly flowed: boolean;
  /** Why there is nothing, or not more. */
  readonly failure: { readonly code: string; readonly message: string } | undefined;
}

const MOST_FRAMES = 200;
/** From the first result on. */
const LOOK_MS = 3000;

/** The stream without what would thin its frames out, pace them, or make records of them. */
export function probed(config: StreamConfig): StreamConfig {
  const fast = { pace: 'fast', loop: false } as const;
  if (config.kind === 'sensor') return { ...config, rules: [], source: { ...config.source, ...fast } };
  if (config.kind === 'audio') return { ...config, rules: [], source: { ...config.source, ...fast } };
  const { fps: _fps, active: _active, ...rest } = config;
  return { ...rest, gate: false, rules: [], source: { ...config.source, ...fast } };
}

export async function probeStream({
  assignment,
  runnerEntry,
  workDir,
  clock,
  waitLimits,
}: ProbeOptions): Promise<Probe> {
  const results: FrameResult[] = [];
  let status: StreamStatus | undefined;
  let problem: Probe['failure'];
  let finish: (failure?: Probe['failure']) => void = () => undefined;
  const finished = new Promise<Probe['failure']>((resolve) => {
    finish = resolve;
  });
  let flowed = false;
  const nothing = () => problem ?? nothingWithin(waitLimits.sampleMs);
  const cancels = [
    clock.after(waitLimits.sampleMs, () => flowed || finish(nothing())),
    clock.after(waitLimits.resultMs, () => finish(flowed ? problem : nothing())),
  ];

  const receive = (message: FromRunner) => {
    switch (message.type) {
      case 'status':
        status = { ...status, ...message.status };
        break;
      case 'sign':
        flowed = true;
        if (waitLimits.samplesSuffice) finish(problem);
        break;
      case 'problem':
        problem = { code: message.code, message: message.message };
        break;
      case 'result':
        if (results.length === 0) {
          for (const cancel of cancels) cancel();
          cancels.push(clock.after(LOOK_MS, () => finish()));
        }
        results.push(message.result);
        if (results.length >= MOST_FRAMES) finish();
        break;
      case 'done':
        finish(results.length > 0 ? message.failure : (message.failure ?? nothing()));
        break;
      default:
        break;
    }
  };

  const supervisor = createSupervisor({
    entry: runnerEntry,
    workDir,
    runners: 1,
    restart: false,
    clock,
    onMessage: receive,
    onRunnerDied: ({ code, message }) => finish({ code, message }),
  });
  void supervisor.apply([assignment]);
  const failure = await finished;
  for (const cancel of cancels) cancel();
  await supervisor.stop();
  return { results, status, flowed: flowed || results.length > 0, failure };
}

function nothingWithin(ms: number): Probe['failure'] {
  return { code: 'source-stalled', message: `nothing came within ${ms / 1000} s` };
}
