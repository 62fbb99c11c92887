/**
 * What an uplink does when the hub cannot read a batch (decision 0016). Pure.
 *
 * The hub names the bytes that came by their digest. Bytes that were sent like that cannot be read at all: less is sent, and a record
 * that cannot be read alone is refused. Other bytes were damaged on the way: the same records are sent again, after a
 * while. Then one batch is in flight at a time, so that it is known which one the hub speaks of; a record that arrives
 * damaged alone, time after time, is refused too, because something on the way minds what is in it.
 */
import type { Refusal } from '../../shared/contract/messages/batch.ts';
import { digestOf } from '../../shared/kit/digest.ts';
import type { MadeBatch } from './batches.ts';
import { inFlight, type Lanes } from './lanes.ts';

interface Sent {
  readonly digest: string;
  readonly from: number;
  readonly to: number;
  readonly records: number;
}

export interface UnreadState {
  /** The last batches that were sent, newest first. */
  readonly sent: readonly Sent[];
  /** One batch in flight at a time: the last ones arrived damaged. */
  readonly alone: boolean;
  /** How often the one record up to this number arrived damaged in a row. */
  readonly damaged: { readonly to: number; readonly times: number } | undefined;
}

/** `records`: how many the batch had that the hub speaks of. */
export type Outcome =
  /** An old answer: what it speaks of is not in flight any more. */
  | { readonly kind: 'nothing' }
  /** Send again, after a while. */
  | { readonly kind: 'damaged'; readonly state: UnreadState; readonly records?: number }
  /** Send again at once, in smaller batches, without these numbers. */
  | { readonly kind: 'unreadable'; readonly state: UnreadState; readonly records: number; readonly refusal?: Refusal };

/** More than may be in flight, twice: a batch may be sent again before the hub speaks of its first copy. */
const REMEMBERED = 16;
/** So many damages in a row of one record are no accident any more. */
const MAX_DAMAGED = 8;
const MAX_REASON = 512;

export const nothingUnread: UnreadState = { sent: [], alone: false, damaged: undefined };

/** A batch is being sent. */
export function noted(state: UnreadState, { payload, from, to, records }: MadeBatch): UnreadState {
  const one = { digest: digestOf(payload), from, to, records };
  return { ...state, sent: [one, ...state.sent].slice(0, REMEMBERED) };
}

/** The hub has settled more than before. */
export function movedOn(state: UnreadState): UnreadState {
  return state.alone ? { ...state, alone: false, damaged: undefined } : state;
}

/** The hub could not read what has this digest. */
export function outcomeOf(state: UnreadState, digest: string, reason: string, lanes: Lanes): Outcome {
  const flights = inFlight(lanes);
  const own = state.sent.find((batch) => batch.digest === digest);
  if (own) {
    if (!flights.some(({ to }) => to === own.to)) return { kind: 'nothing' };
    const { records } = own;
    return { kind: 'unreadable', state, records, ...(records > 1 ? {} : { refusal: refusalOf(own, reason) }) };
  }
  const [only] = flights;
  if (!only) return { kind: 'nothing' };
  const suspect = flights.length === 1 ? state.sent.find((batch) => batch.to === only.to) : undefined;
  if (suspect?.records !== 1) {
    const about = suspect ? { records: suspect.records } : {};
    return { kind: 'damaged', state: { ...state, alone: true, damaged: undefined }, ...about };
  }
  const times = state.damaged?.to === suspect.to ? state.damaged.times + 1 : 1;
  if (times < MAX_DAMAGED)
    return { kind: 'damaged', state: { ...state, alone: true, damaged: { to: suspect.to, times } } };
  const why = `arrived damaged ${times} times in a row: ${reason}`;
  return { kind: 'unreadable', state: { ...state, damaged: undefined }, records: 1, refusal: refusalOf(suspect, why) };
}

function refusalOf({ from, to }: Sent, reason: string): Refusal {
  return { from, to, reason: reason.slice(0, MAX_REASON) };
}
