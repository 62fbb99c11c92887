import type { Stamp } from '../../../agent/buffer/losses.ts';
import { type Outbox, type OutboxOptions, openOutbox } from '../../../agent/buffer/outbox.ts';
import type { RecordBody, RecordKind } from '../../../shared/contract/messages/record.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';

export const stamp = (): Stamp => ({ config: 'c1', boot: 'b1', mono: 1, wall: 1, clock: 'synced' });
export const silent = createLogger('test', 'silent');

/** A small record of a kind; `mark` tells it from others. */
export function body(mark: number, kind: RecordKind = 'event', padding = 0): RecordBody {
  const filler = { mark, ...(padding > 0 ? { padding: 'x'.repeat(padding) } : {}) };
  if (kind === 'event') {
    const event = { rule: 'gate', ruleKind: 'line', action: 'forward', label: 'person', score: 0.5 } as const;
    return { kind, ...stamp(), ...event, stream: 'door', frame: mark, ptsMs: mark * 40, ...filler };
  }
  if (kind === 'error') return { kind, ...stamp(), code: 'internal', message: 'm', count: 1, ...filler };
  if (kind === 'reading') return { kind, ...stamp(), stream: 'door', ...filler };
  return { kind: 'health', ...stamp(), ...filler };
}

export function open(folder: string, options: Partial<OutboxOptions> = {}): Outbox {
  return openOutbox({ folder, stamp, clock: new ManualClock(), log: silent, groupMs: 0, ...options });
}

export interface Held {
  readonly seq: number;
  readonly kind: string;
  readonly mark: number;
}

/** Everything that an outbox holds, in order, parsed. */
export function heldBy(outbox: Outbox): (Held & Record<string, unknown>)[] {
  const held: (Held & Record<string, unknown>)[] = [];
  for (let after = 0; ; ) {
    const leased = outbox.lease(500, 1_000_000, after);
    const last = leased.at(-1);
    if (!last) return held;
    for (const { seq, json } of leased) held.push({ seq, ...JSON.parse(json) });
    after = last.seq;
  }
}
