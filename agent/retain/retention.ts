/**
 * Retention on the box: records that were not sent in so many days of service go, by kind (`buffer.keepDays`), and each is counted in a
 * `loss` record with the reason `retention`. An event whose picture is too old stays without it.
 *
 * Format: `retention.json` in the data folder (`ages` in ages.ts), replaced as a whole.
 *
 * Invariants:
 * 1. No wall clock is read: a clock at 1970, or a year ahead, makes nothing older. While the agent does not run nothing ages.
 * 2. What was erased is noted after it is gone, so that a crash erases again and finds nothing.
 *
 * Crash behaviour: up to an hour of service is forgotten, so that records stay so much longer. A file that cannot be read, or a new
 * epoch of the outbox, begins anew: what is there counts as new.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { writeDurably } from '../../shared/kit/durable-file.ts';
import type { Part } from '../../shared/kit/lifecycle.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { Outbox } from '../buffer/outbox.ts';
import { type Ages, ages, HOUR_MS, newAges, olderThan, served } from './ages.ts';
import { judgeOf, type Kept, kinds } from './kinds.ts';

const DAY_MS = 24 * HOUR_MS;
const REASON = 'retention';

export type KeepDays = { readonly [kind in Kept]?: number | undefined };

export interface RetentionOptions {
  readonly file: string;
  readonly keepDays: KeepDays;
  readonly outbox: Pick<Outbox, 'position' | 'expire'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createRetention({ file, keepDays, outbox, clock, log }: RetentionOptions): Part {
  const limits = kinds.flatMap((kind) => {
    const days = keepDays[kind];
    return days === undefined ? [] : [{ kind, ms: days * DAY_MS }];
  });
  const longest = Math.max(0, ...limits.map(({ ms }) => ms));
  let state = read(file, outbox.position().epoch, log);
  let lookedAt = clock.mono();
  let running: Promise<void> = Promise.resolve();
  let cancel: Cancel = () => undefined;

  const note = () => {
    const now = clock.mono();
    state = served(state, outbox.position(), now - lookedAt, longest);
    lookedAt = now;
    writeDurably(file, JSON.stringify(state), 0o600);
  };

  const turn = async () => {
    note();
    for (const { kind, ms } of limits) {
      const from = (state.done[kind] ?? 0) + 1;
      const to = olderThan(state, ms);
      if (to < from) continue;
      const { records, pictures } = await outbox.expire(judgeOf(kind), { from, to }, REASON);
      state = { ...state, done: { ...state.done, [kind]: to } };
      if (records + pictures > 0) log.warn({ kind, records, pictures }, 'what was not sent in its time was removed');
    }
    note();
  };

  const look = () => {
    running = running.then(turn).catch((error) => {
      log.warn({ err: error }, 'what is too old could not be removed yet; it is tried again');
    });
  };

  return {
    start() {
      if (limits.length === 0) return;
      look();
      cancel = clock.every(HOUR_MS, look);
    },
    async stop() {
      cancel();
      await running;
      if (limits.length > 0) note();
    },
  };
}

function read(file: string, epoch: string, log: Logger): Ages {
  if (!existsSync(file)) return newAges(epoch);
  try {
    return ages.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    log.error({ err: error, file }, 'how old records are cannot be read: what is there counts as new');
    return newAges(epoch);
  }
}
