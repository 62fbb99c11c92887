/**
 * What second opinions may cost: token buckets for samples and for bytes, per hour and per day. Pure.
 *
 * Invariants:
 * 1. In no hour, and in no day, more is spent than its limit: what a full bucket holds and what comes back in that time are the
 *    limit together.
 * 2. Time is the running time of the agent. A clock that jumps gives nothing, and neither does a restart.
 */
import type { Budget } from '../../shared/contract/config/escalate.ts';
import { DAY_MS, HOUR_MS } from '../../shared/kit/durations.ts';

export interface Tokens {
  readonly samples: number;
  readonly bytes: number;
}

/** What is left. */
export interface Allowance {
  readonly hour: Tokens;
  readonly day: Tokens;
}

/** A bucket holds a quarter of its limit, and at least one sample of this size where half of the limit allows it. */
const BURST = 0.25;
const LARGE_BYTES = 256_000;
/** A little below one: levels are sums of fractions. */
const ROUNDING = 1e-6;

interface Bucket {
  readonly capacity: number;
  /** Tokens per millisecond. */
  readonly rate: number;
}

function sampleBucket(limit: number, periodMs: number): Bucket {
  if (limit < 2) return { capacity: limit, rate: limit / periodMs };
  const capacity = Math.max(1, limit * BURST);
  return { capacity, rate: (limit - capacity) / periodMs };
}

function byteBucket(limit: number, periodMs: number): Bucket {
  const capacity = Math.max(limit * BURST, Math.min(limit / 2, LARGE_BYTES));
  return { capacity, rate: (limit - capacity) / periodMs };
}

type Part = keyof Allowance;
const parts: readonly Part[] = ['hour', 'day'];

function bucketsOf(budget: Budget, part: Part) {
  const limit = part === 'hour' ? budget.perHour : budget.perDay;
  const periodMs = part === 'hour' ? HOUR_MS : DAY_MS;
  return { samples: sampleBucket(limit.samples, periodMs), bytes: byteBucket(limit.kB * 1000, periodMs) };
}

function mapParts(change: (part: Part) => Tokens): Allowance {
  return { hour: change('hour'), day: change('day') };
}

/** An allowance of which nothing was spent. */
export function fullAllowance(budget: Budget): Allowance {
  return mapParts((part) => {
    const { samples, bytes } = bucketsOf(budget, part);
    return { samples: samples.capacity, bytes: bytes.capacity };
  });
}

/** The allowance after so many milliseconds of running; never more than the budget of now holds. */
export function refilled(allowance: Allowance, budget: Budget, elapsedMs: number): Allowance {
  const ms = Math.max(0, elapsedMs);
  return mapParts((part) => {
    const { samples, bytes } = bucketsOf(budget, part);
    return {
      samples: Math.min(samples.capacity, allowance[part].samples + samples.rate * ms),
      bytes: Math.min(bytes.capacity, allowance[part].bytes + bytes.rate * ms),
    };
  });
}

export function affords({ hour, day }: Allowance, { samples, bytes }: Tokens): boolean {
  return [hour, day].every((left) => left.samples >= samples - ROUNDING && left.bytes >= bytes);
}

export function paid(allowance: Allowance, { samples, bytes }: Tokens): Allowance {
  return mapParts((part) => ({
    samples: Math.max(0, allowance[part].samples - samples),
    bytes: Math.max(0, allowance[part].bytes - bytes),
  }));
}

/** How full the emptiest bucket is, 0 to 1. */
export function fullness(allowance: Allowance, budget: Budget): number {
  const levels = parts.flatMap((part) => {
    const { samples, bytes } = bucketsOf(budget, part);
    return [
      samples.capacity > 0 ? allowance[part].samples / samples.capacity : 0,
      bytes.capacity > 0 ? allowance[part].bytes / bytes.capacity : 0,
    ];
  });
  return Math.min(...levels);
}

/** Whose budget is short, spends it on what is worth most: the emptier the allowance, the more a sample must be worth. */
export function isWorthIt(worth: number, full: number): boolean {
  return worth >= 1 - Math.max(0, Math.min(1, full));
}
