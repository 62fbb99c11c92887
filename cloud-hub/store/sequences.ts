/**
 * The sequence ledger on disk; the arithmetic is ingest/ledger.ts.
 *
 * Format, for a (device, epoch):
 *   sequences        up_to: every number from 1 to it is settled; records: how many are stored
 *   sequence_ranges  settled ranges above up_to, disjoint, not touching; between them are holes that may still be filled
 *   sequence_gaps    settled numbers that have no record, disjoint, with the reason
 *   losses           what `loss` records said, to name the reason of gaps that are found later
 *
 * Invariants: 1. Written only inside the ingest transaction, together with the records it speaks of. 2. A gap is settled.
 * 3. No number is in a gap and stored.
 */
import type { Range } from '../../shared/kit/ranges.ts';
import type { HubDatabase } from './database.ts';

/** Numbers that are settled without a record. */
export interface Gap extends Range {
  readonly reason: string;
}

/** What is settled: 1 to `upTo`, and `above`, rising, disjoint, not touching. */
export interface Ledger {
  readonly upTo: number;
  readonly above: readonly Range[];
}

interface ReasonRow {
  from_seq: number;
  to_seq: number;
  reason: string;
}

/** Gaps of one list answer; the ranges of more are in the database. */
const MAX_LISTED_GAPS = 10_000;

export type SequenceStore = ReturnType<typeof createSequenceStore>;

export function createSequenceStore(database: HubDatabase) {
  const { query } = database;
  const selectUpTo = database.prepare('SELECT up_to FROM sequences WHERE device = ? AND epoch = ?').pluck();
  const upsert = database.prepare(
    `INSERT INTO sequences (device, epoch, up_to, records, created_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (device, epoch) DO UPDATE SET up_to = excluded.up_to, records = records + excluded.records`,
  );
  const selectAbove = database.prepare(
    'SELECT from_seq, to_seq FROM sequence_ranges WHERE device = ? AND epoch = ? ORDER BY from_seq',
  );
  const deleteAbove = database.prepare(
    'DELETE FROM sequence_ranges WHERE device = ? AND epoch = ? AND from_seq = ? AND to_seq = ?',
  );
  const insertAbove = database.prepare(
    'INSERT INTO sequence_ranges (device, epoch, from_seq, to_seq) VALUES (?, ?, ?, ?)',
  );
  // Gaps are disjoint, so the last one that begins at or below the range's start is the first that can reach into it.
  const selectGaps = database.prepare(
    `SELECT from_seq, to_seq, reason FROM sequence_gaps WHERE device = :device AND epoch = :epoch
       AND from_seq >= COALESCE((SELECT MAX(from_seq) FROM sequence_gaps
         WHERE device = :device AND epoch = :epoch AND from_seq <= :from), :from)
       AND from_seq <= :to AND to_seq >= :from ORDER BY from_seq`,
  );
  const deleteGap = database.prepare('DELETE FROM sequence_gaps WHERE device = ? AND epoch = ? AND from_seq = ?');
  const insertGap = database.prepare(
    'INSERT INTO sequence_gaps (device, epoch, from_seq, to_seq, reason) VALUES (?, ?, ?, ?, ?)',
  );
  const selectLosses = database.prepare(
    'SELECT from_seq, to_seq, reason FROM losses WHERE device = ? AND epoch = ? AND to_seq >= ? AND from_seq <= ?',
  );
  const insertLoss = database.prepare(
    'INSERT INTO losses (device, epoch, from_seq, to_seq, reason) VALUES (?, ?, ?, ?, ?)',
  );

  const toGap = (row: ReasonRow): Gap => ({ from: row.from_seq, to: row.to_seq, reason: row.reason });

  return {
    /** High-water mark and settled ranges above it. */
    read(device: string, epoch: string): Ledger {
      const upTo = (selectUpTo.get(device, epoch) as number | undefined) ?? 0;
      const above = selectAbove.all(device, epoch) as { from_seq: number; to_seq: number }[];
      return { upTo, above: above.map((r) => ({ from: r.from_seq, to: r.to_seq })) };
    },

    /** Gaps that reach into `range`. */
    gapsIn(device: string, epoch: string, range: Range): Gap[] {
      return (selectGaps.all({ device, epoch, from: range.from, to: range.to }) as ReasonRow[]).map(toGap);
    },

    lossesIn(device: string, epoch: string, range: Range): Gap[] {
      return (selectLosses.all(device, epoch, range.from, range.to) as ReasonRow[]).map(toGap);
    },

    addLoss(device: string, epoch: string, loss: Gap): void {
      insertLoss.run(device, epoch, loss.from, loss.to, loss.reason);
    },

    /** Writes the new state; `before` is what `read` gave, `stored` how many records were added. */
    write(device: string, epoch: string, before: Ledger, after: Ledger, stored: number, now: number): void {
      upsert.run(device, epoch, after.upTo, stored, now);
      for (const range of without(before.above, after.above)) deleteAbove.run(device, epoch, range.from, range.to);
      for (const range of without(after.above, before.above)) insertAbove.run(device, epoch, range.from, range.to);
    },

    replaceGaps(device: string, epoch: string, before: readonly Gap[], after: readonly Gap[]): void {
      for (const gap of before) deleteGap.run(device, epoch, gap.from);
      for (const gap of after) insertGap.run(device, epoch, gap.from, gap.to, gap.reason);
    },

    /** All epochs of a device, newest first, with their gaps (the newest 10,000). */
    async list(device: string) {
      const rows = await query
        .selectFrom('sequences')
        .selectAll()
        .where('device', '=', device)
        .orderBy('created_at', 'desc')
        .orderBy('epoch')
        .limit(1000)
        .execute();
      const gaps = await query
        .selectFrom('sequence_gaps')
        .select(['epoch', 'from_seq', 'to_seq', 'reason'])
        .where('device', '=', device)
        .orderBy('from_seq', 'desc')
        .limit(MAX_LISTED_GAPS)
        .execute();
      return rows.map((row) => ({
        epoch: row.epoch,
        upTo: row.up_to,
        records: row.records,
        gaps: gaps
          .filter((gap) => gap.epoch === row.epoch)
          .map(toGap)
          .toReversed(),
      }));
    },
  };
}

/** The ranges of one list that are not in the other. */
function without(ranges: readonly Range[], others: readonly Range[]): Range[] {
  const ends = new Map(others.map(({ from, to }) => [from, to]));
  return ranges.filter(({ from, to }) => ends.get(from) !== to);
}
