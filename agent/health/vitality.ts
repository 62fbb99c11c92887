/**
 * What state a stream is really in: what its runner says of the source, and the signs that frames or samples go through. A
 * runner or a thread that hangs says nothing more, so that only the signs tell. Pure.
 */
import type { StreamState } from '../../shared/contract/messages/report.ts';

/** Moments are those of `Clock.mono`. */
export interface Signs {
  /** What the runner said last; `running` means that the source is open. */
  readonly reported: StreamState;
  readonly reportedAt: number;
  /** Of the last frame or sample that went through since the source was opened. */
  readonly signAt: number | undefined;
  /** Of the last one at all; before the first: when the stream came into force. */
  readonly flowedAt: number;
  /** So many milliseconds without one are too many. */
  readonly waitLimitMs: number;
}

export interface Vitality {
  readonly state: StreamState;
  /** Since when; of `stalled` and `waiting`: since the last frame or sample. */
  readonly since: number;
  /** Why it is stalled. */
  readonly why?: string;
}

/** Loading a model, and opening a source that says neither yes nor no. */
const START_MS = 60_000;

export function vitalityOf({ reported, reportedAt, signAt, flowedAt, waitLimitMs }: Signs, now: number): Vitality {
  if (reported === 'starting' && now - reportedAt > START_MS)
    return stalled(flowedAt, `it has not opened within ${START_MS / 1000} s`);
  if (reported === 'waiting') return { state: reported, since: flowedAt };
  if (reported !== 'running') return { state: reported, since: reportedAt };
  if (signAt === undefined) {
    return now - reportedAt > waitLimitMs
      ? stalled(flowedAt, `it is open, and has given nothing for ${waitLimitMs / 1000} s`)
      : { state: 'starting', since: reportedAt };
  }
  return now - signAt > waitLimitMs
    ? stalled(signAt, `nothing has come of it, or was answered, for ${waitLimitMs / 1000} s`)
    : { state: 'running', since: reportedAt };
}

function stalled(since: number, why: string): Vitality {
  return { state: 'stalled', since, why };
}
