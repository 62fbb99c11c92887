/**
 * The sequence ledger on disk; the arithmetic is ingest/ledger.ts.
 *
 * Format, for a (device, epoch):
 *   sequences        up_to: every number from 1 to it is settled; records: how many are stored; line: the starts that sent them
 *   sequence_ranges  settled ranges above up_to, disjoint, not touching; between them are holes that may still be filled
 *   sequence_gaps    settled numbers that have no record, disjoint, with how they came to be settled
 *   losses           what `loss` records said of numbers; it names the reason of gaps when they are read, so that a loss
 *                    costs the same however many gaps it speaks of. After a restore of the hub (store/restores.ts) the first
 *                    batch of each epoch adds what went with the old hub, and a row of the number 0 that says that this is done
 *
 * Invariants: 1. Written only inside the ingest transaction, together with the records it speaks of. 2. A gap is settled.
 * 3. No number is in a gap and stored.
 */
import type { Start } from '../../shared/contract/messages/batch.ts';
import { missing, type Range, union } from '../../shared/kit/ranges.ts';
import type { Db } from './database.ts';
import { type Gap, refine } from './gaps.ts';
import { statementsOf } from './statement.ts';

export type { Gap };

/** What is settled: 1 to `upTo`, and `above` (all of it, or what was asked for), rising, disjoint, not touching. */
export interface Ledger {
  readonly upTo: number;
  readonly above: readonly Range[];
}

interface ReasonRow {
  from_seq: number;
  to_seq: number;
  reason: string;
}

/** The most gaps in one list, and the most losses that name their reasons; the newest are listed. */
const MAX_LISTED = 10_000;

export type SequenceStore = ReturnType<typeof createSequenceStore>;

export function createSequenceStore(db: Db) {
  const prepare = statementsOf(db);
  const { query } = db;
  const selectUpTo = prepare('SELECT up_to FROM sequences WHERE device = ? AND epoch = ?').pluck();
  const upsert = prepare(
    `INSERT INTO sequences (device, epoch, up_to, records, created_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (device, epoch) DO UPDATE SET up_to = excluded.up_to, records = sequences.records + excluded.records`,
  );
  const selectLine = prepare('SELECT line FROM sequences WHERE device = ? AND epoch = ?').pluck();
  const updateLine = prepare('UPDATE sequences SET line = ? WHERE device = ? AND epoch = ?');
  // Both kinds of ranges are disjoint, so the last one that begins at or below `from` is the first that can reach into it.
  const reaching = (table: string, columns: string) =>
    prepare(
      `SELECT ${columns} FROM ${table} WHERE device = :device AND epoch = :epoch
       AND from_seq >= COALESCE((SELECT MAX(from_seq) FROM ${table}
         WHERE device = :device AND epoch = :epoch AND from_seq <= :from), :from)
       AND from_seq <= :to AND to_seq >= :from ORDER BY from_seq`,
    );
  const selectAbove = reaching('sequence_ranges', 'from_seq, to_seq');
  const selectGaps = reaching('sequence_gaps', 'from_seq, to_seq, reason');
  const selectHighest = prepare(
    'SELECT from_seq, to_seq FROM sequence_ranges WHERE device = ? AND epoch = ? ORDER BY from_seq DESC LIMIT ?',
  );
  const countAbove = prepare('SELECT COUNT(*) FROM sequence_ranges WHERE device = ? AND epoch = ?').pluck();
  const deleteAbove = prepare(
    'DELETE FROM sequence_ranges WHERE device = ? AND epoch = ? AND from_seq = ? AND to_seq = ?',
  );
  const insertAbove = prepare('INSERT INTO sequence_ranges (device, epoch, from_seq, to_seq) VALUES (?, ?, ?, ?)');
  const deleteGap = prepare('DELETE FROM sequence_gaps WHERE device = ? AND epoch = ? AND from_seq = ?');
  const insertGap = prepare(
    'INSERT INTO sequence_gaps (device, epoch, from_seq, to_seq, reason) VALUES (?, ?, ?, ?, ?)',
  );
  const selectLosses = prepare(
    `SELECT from_seq, to_seq, reason FROM losses WHERE device = ? AND epoch = ? AND to_seq >= ? AND from_seq <= ?
       ORDER BY ${db.dialect.arrival} DESC LIMIT ?`,
  );
  const selectNote = prepare(
    'SELECT 1 FROM losses WHERE device = ? AND epoch = ? AND to_seq = 0 AND reason = ? LIMIT 1',
  );
  const insertLoss = prepare('INSERT INTO losses (device, epoch, from_seq, to_seq, reason) VALUES (?, ?, ?, ?, ?)');

  const toRange = (row: { from_seq: number; to_seq: number }): Range => ({ from: row.from_seq, to: row.to_seq });
  const toGap = (row: ReasonRow): Gap => ({ ...toRange(row), reason: row.reason });

  /** Of rising, disjoint ranges: what reaches into several of them is found once. */
  const once = <T extends Range>(found: readonly T[]) => found.filter((range, i) => range.from !== found[i - 1]?.from);

  return {
    /** Every number up to it is settled; 0 for an epoch that is not known. */
    upTo: async (device: string, epoch: string): Promise<number> =>
      ((await selectUpTo.get(device, epoch)) as number | undefined) ?? 0,

    /** High-water mark, and the settled ranges above it that reach into `near` (rising, disjoint). */
    async read(device: string, epoch: string, near: readonly Range[]): Promise<Ledger> {
      const rows: { from_seq: number; to_seq: number }[] = [];
      for (const { from, to } of near)
        rows.push(...((await selectAbove.all({ device, epoch, from, to })) as typeof rows));
      return { upTo: await this.upTo(device, epoch), above: once(rows.map(toRange)) };
    },

    /** High-water mark, and the highest `most` settled ranges above it. */
    async highest(device: string, epoch: string, most: number): Promise<Ledger> {
      const rows = (await selectHighest.all(device, epoch, most)) as { from_seq: number; to_seq: number }[];
      return { upTo: await this.upTo(device, epoch), above: rows.map(toRange).toReversed() };
    },

    /** The starts whose records are here, oldest first (ingest/lineage.ts). */
    async line(device: string, epoch: string): Promise<Start[]> {
      const text = (await selectLine.get(device, epoch)) as string | undefined;
      // Only starts that passed their schema are ever written.
      return text === undefined ? [] : (JSON.parse(text) as Start[]);
    },

    /** Only of an epoch that has been written. */
    async setLine(device: string, epoch: string, line: readonly Start[]): Promise<void> {
      await updateLine.run(JSON.stringify(line), device, epoch);
    },

    /** How many settled ranges there are above the high-water mark. */
    openRanges: async (device: string, epoch: string): Promise<number> =>
      (await countAbove.get(device, epoch)) as number,

    /** Gaps that reach into any of the ranges (rising, disjoint), each once. */
    async gapsIn(device: string, epoch: string, ranges: readonly Range[]): Promise<Gap[]> {
      const rows: ReasonRow[] = [];
      for (const { from, to } of ranges)
        rows.push(...((await selectGaps.all({ device, epoch, from, to })) as ReasonRow[]));
      return once(rows.map(toGap));
    },

    async addLoss(device: string, epoch: string, loss: Gap): Promise<void> {
      await insertLoss.run(device, epoch, loss.from, loss.to, loss.reason);
    },

    /**
     * At the first batch of an epoch since a restore: which of its numbers the old hub may have had. A gap among them gets the
     * reason; what is known of gaps or losses from before stays.
     * @param upTo the high-water mark before the batch
     * @param given the highest number that the device had given
     */
    async explainRestore(device: string, epoch: string, upTo: number, given: number, reason: string): Promise<void> {
      if ((await selectNote.get(device, epoch, reason)) !== undefined) return;
      await insertLoss.run(device, epoch, 0, 0, reason);
      if (given <= upTo) return;
      const open = { from: upTo + 1, to: given };
      const losses = (await selectLosses.all(device, epoch, open.from, open.to, MAX_LISTED)) as ReasonRow[];
      const known = union(await this.gapsIn(device, epoch, [open]), losses.map(toRange));
      for (const { from, to } of missing(open, known)) await insertLoss.run(device, epoch, from, to, reason);
    },

    /** Writes the new state; `before` is what `read` gave, `stored` how many records were added. */
    async write(
      device: string,
      epoch: string,
      before: Ledger,
      after: Ledger,
      stored: number,
      now: number,
    ): Promise<void> {
      await upsert.run(device, epoch, after.upTo, stored, now);
      for (const range of without(before.above, after.above))
        await deleteAbove.run(device, epoch, range.from, range.to);
      for (const range of without(after.above, before.above))
        await insertAbove.run(device, epoch, range.from, range.to);
    },

    /** Writes what differs. */
    async replaceGaps(device: string, epoch: string, before: readonly Gap[], after: readonly Gap[]): Promise<void> {
      for (const gap of unlike(before, after)) await deleteGap.run(device, epoch, gap.from);
      for (const gap of unlike(after, before)) await insertGap.run(device, epoch, gap.from, gap.to, gap.reason);
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
        .limit(MAX_LISTED)
        .execute();
      const epochs: { epoch: string; upTo: number; records: number; gaps: Gap[] }[] = [];
      for (const { epoch, up_to: upTo, records } of rows) {
        const own = gaps
          .filter((gap) => gap.epoch === epoch)
          .map(toGap)
          .toReversed();
        const [lowest, highest] = [own[0]?.from ?? 0, own.at(-1)?.to ?? 0];
        const losses = own.length > 0 ? await selectLosses.all(device, epoch, lowest, highest, MAX_LISTED) : [];
        epochs.push({ epoch, upTo, records, gaps: refine(own, (losses as ReasonRow[]).map(toGap).toReversed()) });
      }
      return epochs;
    },
  };
}

/** The ranges of one list that are not in the other. */
function without(ranges: readonly Range[], others: readonly Range[]): Range[] {
  const ends = new Map(others.map(({ from, to }) => [from, to]));
  return ranges.filter(({ from, to }) => ends.get(from) !== to);
}

/** The gaps of one list that are not in the other with the same end and reason. */
function unlike(gaps: readonly Gap[], others: readonly Gap[]): Gap[] {
  const known = new Map(others.map((gap) => [gap.from, gap]));
  return gaps.filter(({ from, to, reason }) => {
    const other = known.get(from);
    return other === undefined || other.to !== to || other.reason !== reason;
  });
}
