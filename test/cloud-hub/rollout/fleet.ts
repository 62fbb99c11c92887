/** A fleet in memory that a rollout is decided for: devices do what a test says, time goes on in steps. */
import { type RolloutPlan, rolloutPlan } from '../../../cloud-hub/contract/rollout.ts';
import { type Decision, type DeviceView, decide, type RolloutProgress } from '../../../cloud-hub/rollout/decide.ts';
import type { Figures, Outcome } from '../../../cloud-hub/rollout/outcome.ts';
import type { ShadowResult } from '../../../shared/contract/messages/model-report.ts';

export const digest = `sha256:${'ab'.repeat(32)}`;

export function planOf(more: Record<string, unknown> = {}): RolloutPlan {
  return rolloutPlan.parse({
    target: { kind: 'model', model: 'detector', digest },
    waves: [
      { devices: 1, soakS: 60 },
      { percent: 25, soakS: 60 },
      { percent: 100, soakS: 0 },
    ],
    ...more,
  });
}

export const calm = [5, 10, 20, 40, 60, 80, 90, 100, 80, 40];

const latency = { p50: 10, p95: 20 };

export const good: Figures = {
  frames: 500,
  errors: 0,
  latency,
  latencyBefore: latency,
  scores: calm,
  scoresBefore: calm,
};

export function shadowOf(more: Partial<ShadowResult> = {}): ShadowResult {
  return {
    frames: 200,
    wanted: 200,
    agreement: 0.97,
    seen: 400,
    confidenceShift: 0,
    latencyMs: { incumbent: latency, candidate: latency },
    errors: { incumbent: 0, candidate: 0 },
    scores: { incumbent: calm, candidate: calm },
    ...more,
  };
}

export const active = (figures: Partial<Figures> = {}): Outcome => ({
  state: 'active',
  figures: { ...good, ...figures },
  shadow: shadowOf(),
});

export interface Step {
  readonly at: number;
  readonly decision: Decision;
}

/**
 * Decides once a `stepMs` until the rollout is over or `maxSteps` are through.
 * @param becomes what a device is at a time after it was asked
 */
export function play(
  plan: RolloutPlan,
  ids: readonly string[],
  becomes: (id: string, sinceAskedMs: number) => Outcome,
  options: { stepMs?: number; maxSteps?: number; isOnline?: (id: string, now: number) => boolean; id?: string } = {},
) {
  const { stepMs = 10_000, maxSteps = 400, isOnline = () => true, id = 'r1' } = options;
  const askedAt = new Map<string, number>();
  const steps: Step[] = [];
  let progress: RolloutProgress = { status: 'running', wave: -1 };
  for (let count = 0, now = 1e12; count < maxSteps; count++, now += stepMs) {
    const devices: DeviceView[] = ids.map((device) => {
      const at = askedAt.get(device);
      const outcome: Outcome = at === undefined ? { state: 'waiting' } : becomes(device, now - at);
      return { id: device, online: isOnline(device, now), selected: true, askedAt: at, outcome };
    });
    const decision = decide({ id, plan }, progress, devices, now);
    steps.push({ at: now, decision });
    if (decision.kind === 'ask') {
      for (const device of decision.devices) askedAt.set(device, now);
      progress = { status: 'running', wave: decision.wave };
    } else if (decision.kind === 'wait') {
      progress = { ...progress, settledAt: decision.settledAt };
    } else break;
  }
  const last = steps.at(-1)?.decision;
  return { steps, last, asked: [...askedAt.keys()], wave: progress.wave };
}
