/** The fleet as lines of text. Pure. What devices say is shown without control characters. */
import type { Device } from '../contract/device.ts';
import type { Problem } from '../contract/problem.ts';
import type { Rollout } from '../contract/rollout.ts';

export interface Fleet {
  readonly devices: readonly Device[];
  /** Those that go on. */
  readonly rollouts: readonly Rollout[];
  /** Newest first. */
  readonly problems: readonly Problem[];
  /** There are older ones that belong to the same time. */
  readonly hasMoreProblems: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const HEAD = ['DEVICE', 'STATE', 'STREAMS', 'FPS', 'WAITING', 'SEEN', 'VERSION', 'TROUBLE'];
const NUMBERS = new Set(['STREAMS', 'FPS', 'WAITING']);

/** @param width columns; longer lines are cut */
export function fleetView({ devices, rollouts, problems, hasMoreProblems, now }: Fleet, width: number): string[] {
  const online = devices.filter((one) => one.online);
  const streams = online.flatMap((one) => one.streams);
  const running = streams.filter(({ state }) => state === 'running').length;
  const fps = sum(streams.map((stream) => stream.fps));
  const lines = [
    `${online.length} of ${devices.length} devices online, ${running} of ${streams.length} streams run, ${fps.toFixed(1)} frames per second, ` +
      `${problems.length}${hasMoreProblems ? ' or more' : ''} problems in the last hour, ${rollouts.length} open rollouts`,
    '',
    ...table([HEAD, ...devices.toSorted(worstFirst).map((one) => row(one, now))]),
    ...section('ROLLOUTS', rollouts.map(rolloutLine)),
    ...section(
      'PROBLEMS',
      problems.map((one) => problemLine(one, now)),
    ),
  ];
  return lines.map((line) => cut(plain(line), width));
}

/** Who is in trouble comes first: offline, then with streams that do not run, then by name. */
function worstFirst(a: Device, b: Device): number {
  return (
    Number(a.online) - Number(b.online) ||
    Number(troubleOf(a) === '') - Number(troubleOf(b) === '') ||
    (a.id < b.id ? -1 : 1)
  );
}

function row(one: Device, now: number): string[] {
  const running = one.streams.filter(({ state }) => state === 'running');
  return [
    one.id,
    one.online ? 'online' : 'offline',
    `${one.online ? running.length : 0}/${one.streams.length}`,
    one.online ? sum(running.map(({ fps }) => fps)).toFixed(1) : '-',
    String(one.outbox?.waiting ?? '-'),
    one.lastSeenAt === undefined ? 'never' : ago(now - Date.parse(one.lastSeenAt)),
    one.version ?? '-',
    troubleOf(one),
  ];
}

function troubleOf({ online, streams, pausedUntil }: Device): string {
  const bad = streams.filter(({ state }) => state !== 'running');
  const paused = pausedUntil === undefined ? [] : [`its day is used up until ${pausedUntil}`];
  return [
    ...paused,
    ...(online ? bad.map(({ id, state, error }) => `${id} ${state}${error === undefined ? '' : `: ${error}`}`) : []),
  ].join('; ');
}

function rolloutLine({ id, status, wave, plan, devices, reason, package: what }: Rollout): string {
  const { active, working, waiting, failed } = devices;
  const state = `${status}, wave ${wave + 1} of ${plan.waves.length}: ${active} active, ${working + waiting} at work, ${failed} failed`;
  return `${id}  ${what ?? plan.target.kind}  ${state}  ${reason}`;
}

function problemLine({ device, stream, at, code, message, count }: Problem, now: number): string {
  const place = stream === undefined ? device : `${device}/${stream}`;
  const times = count > 1 ? ` (${count} times)` : '';
  return `${ago(now - Date.parse(at)).padStart(8)}  ${place}  ${code}: ${message}${times}`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines];
}

function table(rows: readonly (readonly string[])[]): string[] {
  const wide = HEAD.map((_, column) => Math.max(...rows.map((cells) => (cells[column] ?? '').length)));
  return rows.map((cells) =>
    cells
      .map((cell, i) => (NUMBERS.has(HEAD[i] ?? '') ? cell.padStart(wide[i] ?? 0) : cell.padEnd(wide[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 48 * 3600 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Escape sequences of a device's message must not reach the terminal. */
function plain(line: string): string {
  return line.replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ');
}

function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}
