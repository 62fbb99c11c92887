/** Orders to erase, and how far each is: rows are only added and carried on, so that what was ordered can be shown later. */
import type { EraseAnswer, ErasedCounts } from '../../shared/contract/messages/erase.ts';
import type { HubErased } from '../contract/erasure.ts';
import type { Act } from './audit.ts';
import type { Db } from './database.ts';
import { statementsOf } from './statement.ts';

export interface StoredErasure {
  readonly row: number;
  readonly id: string;
  readonly before: number;
  readonly pictures: boolean;
  readonly device: string;
  readonly stream?: string;
  readonly from?: number;
  readonly reason?: string;
  readonly createdAt: number;
  readonly createdBy: string;
  /** Whole passes over the hub's own rows, and when the one began that was due after the device's answer. */
  readonly passes: number;
  readonly settledAt?: number;
  readonly erased: HubErased;
  readonly failure?: string;
  readonly answer?: DeviceAnswer;
  /** When the device said that it is done. */
  readonly answeredAt?: number;
  readonly finishedAt?: number;
}

export type DeviceAnswer = Pick<EraseAnswer, 'state' | 'reason'> & { readonly erased?: ErasedCounts | undefined };

export type NewOrder = Pick<StoredErasure, 'id' | 'device' | 'stream' | 'from' | 'before' | 'pictures' | 'reason'>;

const NOTHING: HubErased = { records: 0, pictures: 0, opinions: 0, alerts: 0, refused: 0 };

export type ErasureStore = ReturnType<typeof createErasureStore>;

export function createErasureStore(db: Db) {
  const prepare = statementsOf(db);
  const insert = prepare(
    `INSERT INTO erasures (id, device, stream, from_at, before_at, pictures, reason, created_at, created_by, erased)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const byId = prepare('SELECT * FROM erasures WHERE id = ?');
  const open = prepare('SELECT * FROM erasures WHERE finished_at IS NULL ORDER BY row');
  const openOf = prepare('SELECT * FROM erasures WHERE finished_at IS NULL AND device = ? ORDER BY row');
  const list = prepare(
    `SELECT * FROM erasures WHERE row < $before AND (CAST($device AS text) IS NULL OR device = $device)
       ORDER BY row DESC LIMIT $limit`,
  );
  const count = prepare('UPDATE erasures SET erased = ? WHERE row = ?');
  const passed = prepare('UPDATE erasures SET passes = passes + 1, settled_at = ?, failure = NULL WHERE row = ?');
  const failed = prepare('UPDATE erasures SET failure = ? WHERE row = ?');
  const answered = prepare('UPDATE erasures SET answer = ?, answered_at = ? WHERE row = ?');
  const finished = prepare('UPDATE erasures SET finished_at = ? WHERE row = ?');

  const all = (rows: unknown[]) => (rows as ErasureRow[]).map(fromRow);
  const get = async (id: string): Promise<StoredErasure | undefined> => {
    const row = (await byId.get(id)) as ErasureRow | undefined;
    return row && fromRow(row);
  };
  return {
    get,
    open: async () => all(await open.all()),
    openOf: async (device: string) => all(await openOf.all(device)),
    /** Newest first. */
    async list({ device, before = Number.MAX_SAFE_INTEGER, limit }: ErasureFilter): Promise<StoredErasure[]> {
      return all(await list.all({ device: device ?? null, before, limit }));
    },

    // Each of these may be part of a transaction.
    async add({ id, device, stream, from, before, pictures, reason }: NewOrder, { at, actor }: Act): Promise<void> {
      const [bounds, flag] = [[from ?? null, before], pictures ? 1 : 0];
      await insert.run(id, device, stream ?? null, ...bounds, flag, reason ?? null, at, actor, JSON.stringify(NOTHING));
    },
    /** Adds to what it has erased so far. */
    async count(id: string, more: Partial<HubErased>): Promise<void> {
      const now = await get(id);
      if (!now) return;
      const sum = (key: keyof HubErased) => now.erased[key] + (more[key] ?? 0);
      const keys = Object.keys(NOTHING) as (keyof HubErased)[];
      await count.run(JSON.stringify(Object.fromEntries(keys.map((key) => [key, sum(key)]))), now.row);
    },
    /** A pass is through. @param settled when it began, if it was due after the device's answer */
    passed: async (row: number, settled: number | undefined): Promise<void> => {
      await passed.run(settled ?? null, row);
    },
    failed: async (row: number, failure: string): Promise<void> => {
      await failed.run(failure, row);
    },
    async answered(row: number, answer: DeviceAnswer, doneAt: number | undefined): Promise<void> {
      await answered.run(JSON.stringify(answer), doneAt ?? null, row);
    },
    finished: async (row: number, at: number): Promise<void> => {
      await finished.run(at, row);
    },
  };
}

export interface ErasureFilter {
  readonly device?: string | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
}

interface ErasureRow {
  readonly row: number;
  readonly id: string;
  readonly device: string;
  readonly stream: string | null;
  readonly from_at: number | null;
  readonly before_at: number;
  readonly pictures: number;
  readonly reason: string | null;
  readonly created_at: number;
  readonly created_by: string;
  readonly passes: number;
  readonly settled_at: number | null;
  readonly erased: string;
  readonly failure: string | null;
  readonly answer: string | null;
  readonly answered_at: number | null;
  readonly finished_at: number | null;
}

function fromRow(row: ErasureRow): StoredErasure {
  // Our own code wrote it.
  return {
    ...{ row: row.row, id: row.id, device: row.device, before: row.before_at, pictures: row.pictures === 1 },
    ...{ createdAt: row.created_at, createdBy: row.created_by, passes: row.passes },
    erased: JSON.parse(row.erased) as HubErased,
    ...(row.stream === null ? {} : { stream: row.stream }),
    ...(row.from_at === null ? {} : { from: row.from_at }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.settled_at === null ? {} : { settledAt: row.settled_at }),
    ...(row.failure === null ? {} : { failure: row.failure }),
    ...(row.answer === null ? {} : { answer: JSON.parse(row.answer) as DeviceAnswer }),
    ...(row.answered_at === null ? {} : { answeredAt: row.answered_at }),
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
  };
}
