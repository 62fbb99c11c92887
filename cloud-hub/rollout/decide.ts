/**
 * What a rollout does next. Pure: the same plan, state, devices and time give the same decision, in whatever order the
 * devices come.
 *
 * Rules:
 * 1. A tripped gate comes before everything, also while the rollout is paused: nothing is asked of another device.
 * 2. A wave asks the next devices of the cohort order, those that are online before the others, so that the first wave does
 *    not wait for a box that is switched off; who was asked stays asked.
 * 3. A wave is settled when no online device that was asked is still at work, a quorum of those asked has succeeded, and
 *    enough frames were served to judge by. It must stay so for its soak time.
 * 4. Devices that are offline hold nothing up beyond the quorum: the document waits for them, the gates still see them.
 *    So is a device none of whose streams gave anything before, and none gives now: it says nothing of what it was asked.
 * 5. After the last wave the rollout is done.
 */
import type { GateName, GateResult, RolloutPlan } from '../contract/rollout.ts';
import { askOrder, nextDevices } from './cohort.ts';
import type { Stratum } from './disagreement.ts';
import { sum } from './drift.ts';
import { type Asked, judge } from './gates.ts';
import type { Outcome } from './outcome.ts';

/** A device that the selector selects, or that was asked before. */
export interface DeviceView {
  readonly id: string;
  readonly online: boolean;
  readonly selected: boolean;
  /** When it was asked, milliseconds since 1970. */
  readonly askedAt?: number | undefined;
  readonly outcome: Outcome;
  /** As `Asked` has it. */
  readonly strata?: readonly Stratum[] | undefined;
}

export interface RolloutProgress {
  readonly status: 'running' | 'paused';
  /** Index of the wave; -1 before the first. */
  readonly wave: number;
  /** Since when the wave is settled without a break. */
  readonly settledAt?: number | undefined;
  /** Gates that an operator has overruled. */
  readonly waived?: readonly GateName[] | undefined;
}

export type Decision = { readonly reason: string; readonly gates: readonly GateResult[] } & (
  | { readonly kind: 'wait'; readonly settledAt?: number | undefined }
  /** Ask these devices, as part of this wave. */
  | { readonly kind: 'ask'; readonly wave: number; readonly devices: readonly string[] }
  | { readonly kind: 'pause' | 'roll-back' }
  | { readonly kind: 'complete' }
);

/** @param now milliseconds since 1970 */
export function decide(
  rollout: { readonly id: string; readonly plan: RolloutPlan },
  progress: RolloutProgress,
  devices: readonly DeviceView[],
  now: number,
): Decision {
  const { plan } = rollout;
  const asked = devices
    .filter((device) => device.askedAt !== undefined)
    .map((device) => ({ ...device, late: isLate(device, plan, now) }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const gates = judge(plan.gates, asked);
  const tripped = gates.find(({ gate, state }) => state === 'tripped' && !progress.waived?.includes(gate));
  if (tripped && !(progress.status === 'paused' && plan.onFailure === 'pause')) {
    return { kind: plan.onFailure, reason: `gate ${tripped.gate}: ${tripped.reason}`, gates };
  }
  const wait = (reason: string, settledAt?: number): Decision => ({ kind: 'wait', reason, gates, settledAt });
  if (progress.status === 'paused') return wait('paused');

  // Another device is asked in the place of one that can say nothing.
  const order = askOrder(
    rollout.id,
    devices.filter((device) => device.selected && !isMute(device.outcome)),
  );
  const known = new Set(asked.map((device) => device.id));
  const ask = (wave: number, reason: string): Decision | undefined => {
    const settings = plan.waves[wave];
    const next = settings ? nextDevices(order, known, settings) : [];
    return next.length > 0 ? { kind: 'ask', wave, devices: next, reason, gates } : undefined;
  };
  if (order.length === 0 && asked.length === 0) return wait('no device is selected');
  if (progress.wave < 0) return ask(0, `wave 1 of ${plan.waves.length} begins`) ?? wait('no device is selected');

  const grown = ask(progress.wave, `wave ${progress.wave + 1} takes in devices that are new`);
  if (grown) return grown;
  const open = unsettled(plan, asked);
  if (open !== undefined) return wait(`wave ${progress.wave + 1}: ${open}`);
  // A clock that was set back begins the soak anew.
  const settledAt = Math.min(progress.settledAt ?? now, now);
  const left = soakLeft(plan, progress.wave, settledAt, now);
  if (left > 0) return wait(`wave ${progress.wave + 1} is soaking`, settledAt);
  for (let wave = progress.wave + 1; wave < plan.waves.length; wave++) {
    // A wave that is no larger than the one before has nobody to ask.
    const next = ask(wave, `wave ${progress.wave + 1} went well; wave ${wave + 1} of ${plan.waves.length} begins`);
    if (next) return next;
  }
  return { kind: 'complete', reason: completed(asked), gates };
}

function completed(asked: readonly DeviceView[]): string {
  const active = asked.filter(({ outcome }) => outcome.state === 'active').length;
  const mute = asked.filter(({ outcome }) => isMute(outcome)).length;
  const silent = asked.flatMap(({ id, outcome }) =>
    outcome.state === 'active' ? (outcome.silent ?? []).map((stream) => `${id}/${stream}`) : [],
  );
  const text = `all waves went well: ${active} of ${asked.length} devices run it`;
  const noted = [
    ...(mute > 0 ? [`${mute} have no stream that gives anything, and are not counted`] : []),
    ...(silent.length > 0
      ? [`${silent.length} streams gave nothing before and give nothing now, as ${silent[0]}`]
      : []),
  ];
  return [text, ...noted].join('; ');
}

function isMute(outcome: Outcome): boolean {
  return outcome.state === 'working' && outcome.mute === true;
}

/** Why a wave is not settled; undefined when it is. */
function unsettled(plan: RolloutPlan, asked: readonly (DeviceView & Asked)[]): string | undefined {
  const count = (test: (device: DeviceView & Asked) => boolean) => asked.filter(test).length;
  const isBusy = ({ state }: Outcome) => state === 'waiting' || state === 'working';
  const atWork = count((d) => d.online && !d.late && isBusy(d.outcome) && !isMute(d.outcome));
  if (atWork > 0) return `${atWork} of ${asked.length} devices are at work`;
  const active = count((d) => d.outcome.state === 'active');
  const mute = count((d) => isMute(d.outcome));
  const needed = Math.max(1, Math.ceil(plan.quorum * (asked.length - mute) - 1e-9));
  if (active < needed) {
    const silent = mute > 0 ? `, ${mute} have no stream that gives anything` : '';
    const away = count((d) => !d.online);
    return `${active} of ${asked.length} devices run it and ${needed} are needed; ${away} are offline${silent}`;
  }
  if (plan.target.kind === 'streams') return undefined;
  const frames = sum(asked.map(({ outcome }) => (outcome.state === 'active' ? (outcome.figures?.frames ?? 0) : 0)));
  const { minFrames } = plan.gates;
  return frames < minFrames ? `${frames} frames served; ${minFrames} are needed to judge by` : undefined;
}

function soakLeft(plan: RolloutPlan, wave: number, settledAt: number, now: number): number {
  return (plan.waves[wave]?.soakS ?? 0) * 1000 - (now - settledAt);
}

/** It had its time, is online, and is not done. @param now milliseconds since 1970 */
export function isLate(device: DeviceView, { timeoutS }: RolloutPlan, now: number): boolean {
  const { state } = device.outcome;
  const done = state === 'active' || state === 'failed' || isMute(device.outcome);
  return !done && device.online && device.askedAt !== undefined && now - device.askedAt > timeoutS * 1000;
}
