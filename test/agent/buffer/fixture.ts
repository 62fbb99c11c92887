import { copyFileSync, existsSync, mkdtempSync } from 'node:fs';
import path from 'node:path';
import { type MetaState, parseMeta } from '../../../agent/buffer/file/format.ts';
import type { OutboxOptions } from '../../../agent/buffer/options.ts';
import { type Outbox, openOutbox } from '../../../agent/buffer/outbox.ts';
import type { Stamp } from '../../../agent/buffer/space/losses.ts';
import type { RecordBody, RecordKind } from '../../../shared/contract/messages/record.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
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

/** Takes what is held of `from`..`to`, as the uplink does before it sends it; returns the numbers. */
export function send(outbox: Outbox, from: number, to: number): number[] {
  const sent: number[] = [];
  for (let after = from - 1; after < to; after = sent.at(-1) ?? to) {
    const taken = outbox.take({ epoch: outbox.epoch, after, upTo: to, limit: 1_000, maxBytes: 1_000_000 });
    if (!taken) break;
    for (const { seq } of taken.leased) sent.push(seq);
  }
  return sent;
}

/** How a file is opened where a test asks nothing about power cuts: a commit then costs no flush of the disk. */
export const unsynced = (file: string) => openSqlite(file, { synchronous: 'NORMAL' });

/** Spoils the state in a stopped outbox's file: in `meta` alone, or in its copy too. */
export function spoilState(folder: string, tables: readonly string[] = ['meta', 'meta_copy']): void {
  const database = unsynced(path.join(folder, 'outbox.db'));
  for (const table of tables) database.prepare(`UPDATE ${table} SET state = ?`).run('no state');
  database.close();
}

/** The state in the file of a stopped outbox. */
export function stateIn(folder: string): MetaState | undefined {
  const database = unsynced(path.join(folder, 'outbox.db'));
  const state = parseMeta(database.prepare('SELECT state FROM meta').pluck().get());
  database.close();
  return state;
}

/** A copy of an open outbox's files, as the process leaves them that is killed now; beside the folder, it ends with it. */
export function afterKill(folder: string): string {
  const copy = mkdtempSync(path.join(folder, '..', 'vedette-killed-'));
  for (const name of ['outbox.db', 'outbox.db-wal', 'outbox.epoch', 'outbox.reserve', 'outbox.db.draft'])
    if (existsSync(path.join(folder, name))) copyFileSync(path.join(folder, name), path.join(copy, name));
  return copy;
}
