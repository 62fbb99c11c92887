/** A rollout as it is drawn, waves of devices, and its decisions in words: pure. */

import { progressText } from '../../contract/progress-text.ts';
import type { Rollout, RolloutDevice, RolloutEvent, RolloutStatus, Wave } from '../../contract/rollout.ts';
import { span, whole } from '../ui/format.ts';

/** In the order of the legend. */
export const deviceStates = [
  'waiting',
  'downloading',
  'proving',
  'shadow',
  'serving',
  'failed',
  'rolled-back',
  'excluded',
] as const;
export type DeviceState = (typeof deviceStates)[number];

export const stateTitles: Readonly<Record<DeviceState, string>> = {
  waiting: 'waiting',
  downloading: 'downloading',
  proving: 'proving',
  shadow: 'shadow',
  serving: 'serving',
  failed: 'failed',
  'rolled-back': 'rolled back',
  excluded: 'not asked',
};

export interface DeviceSquare {
  readonly id: string;
  readonly state: DeviceState;
  /** What the device says of itself: a phase, or a failure; may be empty. */
  readonly reason: string;
}

export type WaveState = 'passed' | 'soaking' | 'under way' | 'paused' | 'stopped' | 'next' | 'not reached';

export interface WaveView {
  readonly title: string;
  readonly state: WaveState;
  /** "soaked 10 min", "then soaks 10 min"; absent while it soaks, and where it will not. */
  readonly soak: string | undefined;
  /** Failures first. */
  readonly devices: readonly DeviceSquare[];
}

/** What the device itself calls its phase of work. */
const phases: Readonly<Record<NonNullable<RolloutDevice['phase']>, DeviceState>> = {
  waiting: 'waiting',
  downloading: 'downloading',
  verifying: 'proving',
  proving: 'proving',
  shadowing: 'shadow',
  swapping: 'shadow',
};

export const isOpen = (status: RolloutStatus): boolean => status === 'running' || status === 'paused';
const isUndone = (status: RolloutStatus): boolean => status === 'rolled-back' || status === 'aborted';

/** @param row absent while the device was not asked */
export function stateOf(status: RolloutStatus, row: RolloutDevice | undefined): DeviceState {
  if (!row) return isOpen(status) ? 'waiting' : 'excluded';
  if (row.outcome === 'failed') return 'failed';
  if (isUndone(status)) return 'rolled-back';
  if (row.outcome === 'active') return 'serving';
  return row.outcome === 'working' && row.phase ? phases[row.phase] : 'waiting';
}

export function wavesOf(
  rollout: Rollout,
  waves: readonly (readonly string[])[],
  devices: ReadonlyMap<string, RolloutDevice>,
): readonly WaveView[] {
  return rollout.plan.waves.map((wave, index) => {
    const state = waveState(rollout, index);
    const squares = (waves[index] ?? []).map((id) => squareOf(rollout.status, id, devices.get(id)));
    return {
      title: `Wave ${index + 1}: ${sizeText(wave)}`,
      state,
      soak: soakText(wave, state),
      devices: squares.sort((a, b) => Number(b.state === 'failed') - Number(a.state === 'failed')),
    };
  });
}

function soakText({ soakS }: Wave, state: WaveState): string | undefined {
  if (soakS === 0) return undefined;
  if (state === 'passed') return `soaked ${span(soakS * 1000)}`;
  return state === 'under way' || state === 'paused' || state === 'next'
    ? `then soaks ${span(soakS * 1000)}`
    : undefined;
}

function squareOf(status: RolloutStatus, id: string, row: RolloutDevice | undefined): DeviceSquare {
  return { id, state: stateOf(status, row), reason: row ? progressText(row) : '' };
}

/** "10%" means the first tenth, the waves before included. */
export function sizeText({ percent, devices }: Wave): string {
  if (percent === 100) return 'all devices';
  if (percent !== undefined) return `${percent}% of devices`;
  return devices === 1 ? '1 device' : `up to ${whole(devices ?? 0)} devices`;
}

function waveState({ status, wave, settledAt }: Rollout, index: number): WaveState {
  if (status === 'done' || index < wave) return 'passed';
  if (index > wave) return isOpen(status) ? 'next' : 'not reached';
  if (isUndone(status)) return 'stopped';
  if (status === 'paused') return 'paused';
  return settledAt === undefined ? 'under way' : 'soaking';
}

/** How many devices are in each state. */
export function countStates(squares: readonly DeviceSquare[]): Readonly<Record<DeviceState, number>> {
  const counts = Object.fromEntries(deviceStates.map((state) => [state, 0])) as Record<DeviceState, number>;
  for (const { state } of squares) counts[state]++;
  return counts;
}

/** Devices of the fleet that no wave takes in. */
export function excludedOf(fleet: readonly string[], waves: readonly (readonly string[])[]): readonly DeviceSquare[] {
  const taken = new Set(waves.flat());
  return fleet
    .filter((id) => !taken.has(id))
    .map((id) => ({ id, state: 'excluded', reason: 'the selector does not select it' }));
}

/** Milliseconds until the soak of the present wave is over; undefined while it does not soak. @param now since 1970 */
export function soakLeft({ status, settledAt, wave, plan }: Rollout, now: number): number | undefined {
  if (status !== 'running' || settledAt === undefined) return undefined;
  return Math.max(0, Date.parse(settledAt) + (plan.waves[wave]?.soakS ?? 0) * 1000 - now);
}

/** `95 s` → "1:35", `3725 s` → "1:02:05". */
export function countdown(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const two = (n: number) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

export interface Wording {
  readonly title: string;
  readonly tone: 'good' | 'warn' | 'bad' | '';
}

const decisions: Readonly<Record<string, Wording>> = {
  created: { title: 'Created', tone: '' },
  asked: { title: 'Devices asked', tone: '' },
  soaking: { title: 'Soak started', tone: 'warn' },
  'device-failed': { title: 'Device failed', tone: 'bad' },
  paused: { title: 'Paused', tone: 'warn' },
  resumed: { title: 'Resumed', tone: '' },
  aborted: { title: 'Aborted', tone: 'bad' },
  'rolled-back': { title: 'Rolled back', tone: 'bad' },
  done: { title: 'Done', tone: 'good' },
};

export function decisionOf({ action }: RolloutEvent): Wording {
  return decisions[action] ?? { title: action, tone: '' };
}

/** Devices that a decision was about, where it names them. */
export function decidedFor({ detail }: RolloutEvent): readonly string[] {
  const { devices } = detail;
  return Array.isArray(devices) ? devices.filter((id) => typeof id === 'string') : [];
}

export const statusWords: Readonly<Record<RolloutStatus, Wording>> = {
  running: { title: 'running', tone: 'good' },
  paused: { title: 'paused', tone: 'warn' },
  done: { title: 'done', tone: '' },
  aborted: { title: 'aborted', tone: 'bad' },
  'rolled-back': { title: 'rolled back', tone: 'bad' },
};

/** "bright@1.2.0 as detector"; of streams their revision. */
export function subjectText({ plan, package: name }: Rollout): string {
  const { target } = plan;
  if (target.kind === 'streams') return `streams ${target.revision.slice(7, 19)}`;
  return `${name ?? `deleted model ${target.digest.slice(7, 19)}`} as ${target.model}`;
}

/** "site = berlin or paris, 3 named devices"; "every device". */
export function selectorText({ labels = {}, devices }: Rollout['plan']['selector']): string {
  const parts = Object.entries(labels).map(([key, wanted]) => `${key} = ${[wanted].flat().join(' or ')}`);
  if (devices) parts.push(devices.length === 1 ? `the device ${devices[0]}` : `${devices.length} named devices`);
  return parts.length > 0 ? parts.join(', ') : 'every device';
}
