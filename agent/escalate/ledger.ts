/**
 * What was spent and what came of it, per stream and for the device: `escalation.json` in the data folder.
 *
 * Invariants:
 * 1. What is spent is on disk before it is sent: a crash may lose an allowance, and never gives one twice.
 * 2. A file that is damaged, or was taken away, counts as spent: the allowances begin empty. Only a box that never had one begins
 *    with full allowances.
 */
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Budget } from '../../shared/contract/config/escalate.ts';
import type { Verdict } from '../../shared/contract/messages/verdict.ts';
import { count, name } from '../../shared/contract/names.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { writeDurably } from '../../shared/kit/durable-file.ts';
import { type Allowance, affords, fullAllowance, fullness, isWorthIt, paid, refilled, type Tokens } from './budget.ts';

/** Why a sample that was chosen did not get an answer. */
const unsentReasons = [
  'budget',
  'too-large',
  'queue-full',
  'late',
  'unanswered',
  'disk',
  'erased',
  'key-lost',
] as const;
export type UnsentReason = (typeof unsentReasons)[number];

const zero = count.default(0);
const counts = z.object({
  chosen: zero,
  /** Sent, again or for the first time, and the bytes of it. */
  sent: zero,
  bytes: zero,
  confirmed: zero,
  changed: zero,
  withdrawn: zero,
  refused: zero,
  unsent: z.partialRecord(z.enum(unsentReasons), count).default({}),
});
export type Counts = z.infer<typeof counts>;

const tokens = z.object({ samples: z.number().min(0), bytes: z.number().min(0) });
const allowance = z.object({ hour: tokens, day: tokens });
const stored = z.object({
  version: z.literal(1),
  device: allowance,
  streams: z.record(name, z.object({ allowance: allowance.optional(), counts })),
});
type Stored = z.infer<typeof stored>;

interface Entry {
  allowance?: Allowance | undefined;
  counts: Counts;
}

export interface LedgerOptions {
  readonly file: string;
  readonly device: Budget;
  readonly clock: Clock;
  /** Told once when the file cannot be used. */
  onDamage(why: string): void;
}

export interface Ledger {
  /**
   * Takes the price of a sample out of the allowances of its stream and of the device.
   * @param worth 0 to 1
   * @returns `budget`: too little is left for what it is worth; `too-large`: no full allowance ever holds so much
   */
  spend(stream: string, budget: Budget, price: Tokens, worth: number): 'spent' | 'budget' | 'too-large';
  count(
    stream: string,
    what: 'chosen' | 'sent' | Verdict['outcome'] | { readonly unsent: UnsentReason },
    by?: number,
  ): void;
  counts(): Readonly<Record<string, Counts>>;
  /** How full the device's allowance is, 0 to 1. */
  fullness(): number;
  /** Writes what was counted since. */
  save(): void;
}

const EMPTY: Allowance = { hour: { samples: 0, bytes: 0 }, day: { samples: 0, bytes: 0 } };

export function openLedger({ file, device, clock, onDamage }: LedgerOptions): Ledger {
  const isNew = !existsSync(file);
  const before = isNew ? undefined : read(file, onDamage);
  const first = (budget: Budget) => (isNew ? fullAllowance(budget) : EMPTY);
  let deviceAllowance = before?.device ?? first(device);
  const streams = new Map<string, Entry>(Object.entries(before?.streams ?? {}));
  let refilledAt = clock.mono();
  const budgets = new Map<string, Budget>();
  let changed = false;

  const entryOf = (stream: string): Entry => {
    const known = streams.get(stream) ?? { counts: counts.parse({}) };
    streams.set(stream, known);
    return known;
  };
  /** A stream that is new has a full allowance: what it may send is bounded by the device's, too. */
  const allowanceOf = (stream: string, budget: Budget): Allowance => {
    budgets.set(stream, budget);
    const entry = entryOf(stream);
    entry.allowance ??= fullAllowance(budget);
    return entry.allowance;
  };

  const refill = () => {
    const now = clock.mono();
    const elapsed = now - refilledAt;
    refilledAt = now;
    deviceAllowance = refilled(deviceAllowance, device, elapsed);
    for (const [stream, one] of streams) {
      const budget = budgets.get(stream);
      if (budget && one.allowance) one.allowance = refilled(one.allowance, budget, elapsed);
    }
  };

  const save = () => {
    if (!changed) return;
    changed = false;
    const content: Stored = { version: 1, device: deviceAllowance, streams: Object.fromEntries(streams) };
    writeDurably(file, JSON.stringify(content), 0o600);
  };

  return {
    spend(stream, budget, price, worth) {
      allowanceOf(stream, budget);
      refill();
      const allowance = allowanceOf(stream, budget);
      if (!affords(fullAllowance(budget), price) || !affords(fullAllowance(device), price)) return 'too-large';
      if (!affords(allowance, price) || !affords(deviceAllowance, price)) return 'budget';
      const full = Math.min(fullness(allowance, budget), fullness(deviceAllowance, device));
      if (!isWorthIt(worth, full)) return 'budget';
      entryOf(stream).allowance = paid(allowance, price);
      deviceAllowance = paid(deviceAllowance, price);
      changed = true;
      save();
      return 'spent';
    },
    count(stream, what, by = 1) {
      const { counts: total } = entryOf(stream);
      changed = true;
      if (typeof what === 'string') {
        total[what] += 1;
        if (what === 'sent') total.bytes += by;
        return;
      }
      total.unsent[what.unsent] = (total.unsent[what.unsent] ?? 0) + by;
    },
    counts: () => Object.fromEntries([...streams].map(([stream, one]) => [stream, one.counts])),
    fullness() {
      refill();
      return fullness(deviceAllowance, device);
    },
    save,
  };
}

function read(file: string, onDamage: (why: string) => void): Stored | undefined {
  try {
    return stored.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    onDamage(`${file} cannot be used; the allowance for samples begins empty: ${String(error).slice(0, 300)}`);
    return undefined;
  }
}
