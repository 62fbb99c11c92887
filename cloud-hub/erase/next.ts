/** What an order to erase needs next, and how it is shown. Pure. */
import type { Desired } from '../../shared/contract/messages/desired.ts';
import type { EraseOrder } from '../../shared/contract/messages/erase.ts';
import { digestOf } from '../../shared/kit/digest.ts';
import { stableJson } from '../../shared/kit/stable-json.ts';
import type { Erasure, ErasureState } from '../contract/erasure.ts';
import type { StoredErasure } from '../store/erasures.ts';
import { isoTime } from '../store/rows.ts';

/** What is known of the device: `old`: its reports say nothing of orders. */
export type DeviceStanding = 'there' | 'old' | 'gone';

/**
 * How long after the device's answer what was on its way may still come: records that were sent before, samples that wait for the
 * hub's model.
 */
export const SETTLE_MS = 60_000;

/** @param now milliseconds since 1970; a clock that jumps makes it later or sooner, never leaves a pass out */
export function nextOf(
  { passes, settledAt, answeredAt }: StoredErasure,
  standing: DeviceStanding,
  now: number,
): 'pass' | 'finish' | 'wait' {
  if (passes === 0) return 'pass';
  if (standing === 'gone' || settledAt !== undefined) return 'finish';
  return hasSettled({ answeredAt }, now) ? 'pass' : 'wait';
}

/** Has the device answered, and has what was on its way then come by now? A pass that begins earlier does not end an order. */
export function hasSettled({ answeredAt }: { readonly answeredAt?: number | undefined }, now: number): boolean {
  return answeredAt !== undefined && Math.abs(now - answeredAt) >= SETTLE_MS;
}

/** The document with these orders, in place of those that it names. */
export function withOrders(document: Desired | undefined, orders: readonly StoredErasure[]): Desired {
  const { revision: _old, erase: _before, ...rest } = document ?? { models: {} };
  const erase = orders.map(({ id, stream, from, before, pictures }): EraseOrder => {
    return {
      id,
      ...(stream === undefined ? {} : { stream }),
      ...(from === undefined ? {} : { from }),
      ...{ before, pictures },
    };
  });
  const content = { ...rest, models: rest.models ?? {}, ...(erase.length > 0 ? { erase } : {}) };
  return { ...content, revision: digestOf(stableJson(content)) };
}

export function shownErasure(stored: StoredErasure, standing: DeviceStanding): Erasure {
  const { id, device, stream, from, before, pictures, reason, createdAt, createdBy, finishedAt, failure } = stored;
  return {
    ...{ id, device, before: isoTime(before), picturesOnly: pictures, state: stateOf(stored) },
    ...(stream === undefined ? {} : { stream }),
    ...(from === undefined ? {} : { from: isoTime(from) }),
    ...(reason === undefined ? {} : { reason }),
    ...{ createdAt: isoTime(createdAt), createdBy, hub: stored.erased, onDevice: onDevice(stored, standing) },
    ...(finishedAt === undefined ? {} : { finishedAt: isoTime(finishedAt) }),
    ...(failure === undefined ? {} : { failure }),
  };
}

function stateOf({ finishedAt, answeredAt }: StoredErasure): ErasureState {
  if (finishedAt !== undefined) return 'done';
  return answeredAt === undefined ? 'waiting' : 'settling';
}

function onDevice({ answer }: StoredErasure, standing: DeviceStanding): Erasure['onDevice'] {
  if (answer?.state === 'done') return { state: 'done', ...(answer.erased ? { erased: answer.erased } : {}) };
  if (standing === 'gone') return { state: 'gone' };
  if (answer) return { state: 'failed', ...(answer.reason === undefined ? {} : { reason: answer.reason }) };
  return { state: standing === 'old' ? 'unknown' : 'waiting' };
}
