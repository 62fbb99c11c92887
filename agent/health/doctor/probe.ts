/** Opens one stream of the configuration in a runner process, as `run` would, for a few seconds and as fast as it goes. */
import type { StreamConfig } from '../../../shared/contract/config/stream.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import type { FrameResult } from '../../pipeline/outputs.ts';
import type { Assignment, FromRunner, StreamStatus } from '../../runner/messages.ts';
import { createSupervisor } from '../../runner/supervisor.ts';

export interface ProbeOptions {
  readonly assignment: Assignment;
  readonly runnerEntry: URL;
  readonly workDir: string;
  readonly clock: Clock;
}

export interface Probe {
  readonly results: readonly FrameResult[];
  /** What the runner said of it last: size, model, decoder. */
  readonly status: StreamStatus | undefined;
  /** Why there is nothing, or not more. */
  readonly failure: { readonly code: string; readonly message: string } | undefined;
}

const MOST_FRAMES = 200;
/** From the first result on. */
const LOOK_MS = 3000;
/** Loading a model and connecting to a camera. */
const OPEN_MS = 15_000;

/** The stream without what would thin its frames out, pace them, or make records of them. */
export function probed(config: StreamConfig): StreamConfig {
  const fast = { pace: 'fast', loop: false } as const;
  if (config.kind === 'sensor') return { ...config, rules: [], source: { ...config.source, ...fast } };
  if (config.kind === 'audio') return { ...config, rules: [], source: { ...config.source, ...fast } };
  const { fps: _fps, active: _active, ...rest } = config;
  return { ...rest, gate: false, rules: [], source: { ...config.source, ...fast } };
}

export async function probeStream({ assignment, runnerEntry, workDir, clock }: ProbeOptions): Promise<Probe> {
  const results: FrameResult[] = [];
  let status: StreamStatus | undefined;
  let trouble: Probe['failure'];
  let finish: (failure?: Probe['failure']) => void = () => undefined;
  const finished = new Promise<Probe['failure']>((resolve) => {
    finish = resolve;
  });
  let cancel = clock.after(OPEN_MS, () => finish(trouble ?? nothingWithin(OPEN_MS)));

  const hear = (message: FromRunner) => {
    switch (message.type) {
      case 'status':
        status = { ...status, ...message.status };
        break;
      case 'trouble':
        trouble = { code: message.code, message: message.message };
        break;
      case 'result':
        if (results.length === 0) {
          cancel();
          cancel = clock.after(LOOK_MS, () => finish());
        }
        results.push(message.result);
        if (results.length >= MOST_FRAMES) finish();
        break;
      case 'done':
        finish(results.length > 0 ? message.failure : (message.failure ?? trouble ?? nothingWithin(OPEN_MS)));
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
    onMessage: hear,
    onRunnerDied: ({ code, message }) => finish({ code, message }),
  });
  void supervisor.apply([assignment]);
  const failure = await finished;
  cancel();
  await supervisor.stop();
  return { results, status, failure };
}

function nothingWithin(ms: number): Probe['failure'] {
  return { code: 'source-stalled', message: `no frame was analysed within ${ms / 1000} s` };
}
