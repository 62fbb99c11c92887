/** Rollouts, devices and models as the API gives them, for tests of what is made of them. */
import type { Model } from '../../../cloud-hub/contract/model.ts';
import {
  type Rollout,
  type RolloutDevice,
  type RolloutEvent,
  rolloutPlan,
} from '../../../cloud-hub/contract/rollout.ts';

export const digestOf = (letter: string): string => `sha256:${letter.repeat(64)}`;
const at = '2026-06-01T00:00:00.000Z';

export function rolloutOf(more: Partial<Rollout> = {}, plan: Record<string, unknown> = {}): Rollout {
  return {
    id: 'r1',
    status: 'running',
    package: 'bright@1.0.0',
    plan: rolloutPlan.parse({
      target: { kind: 'model', model: 'detector', digest: digestOf('a') },
      waves: [
        { devices: 1, soakS: 60 },
        { percent: 50, soakS: 600 },
        { percent: 100, soakS: 0 },
      ],
      ...plan,
    }),
    wave: 0,
    devices: { waiting: 0, working: 0, active: 0, failed: 0 },
    gates: [],
    waived: [],
    reason: 'created',
    createdAt: at,
    createdBy: 'admin',
    changedAt: at,
    ...more,
  };
}

export const rowOf = (
  device: string,
  outcome: RolloutDevice['outcome'],
  detail: Partial<Pick<RolloutDevice, 'phase' | 'stage' | 'reason'>> = {},
  wave = 0,
): RolloutDevice => ({ device, wave, askedAt: at, outcome, reason: '', ...detail });

export const eventOf = (id: number, action: string, detail: Record<string, unknown> = {}): RolloutEvent => ({
  id: String(id),
  at,
  actor: 'hub',
  action,
  reason: `reason ${id}`,
  detail,
});

export function modelOf(version: string, more: Partial<Model> = {}): Model {
  return {
    id: version,
    name: 'bright',
    version,
    digest: digestOf('a'),
    bytes: 1000,
    task: 'detect',
    license: 'Apache-2.0',
    variants: [{ file: 'fp32.onnx', precision: 'fp32' }],
    labels: {},
    metrics: {},
    aliases: [],
    signed: true,
    createdAt: at,
    createdBy: 'admin',
    ...more,
  };
}
