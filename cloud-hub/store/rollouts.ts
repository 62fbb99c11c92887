/**
 * Rollouts, the devices that they have asked, and their history. Writers are synchronous, so that a decision, what it changes
 * on devices and its line in the history are one transaction.
 */
import {
  type DeviceProgress,
  type GateName,
  type GateResult,
  gates,
  type Part,
  type RolloutPlan,
  type RolloutStatus,
  type Subject,
} from '../contract/rollout.ts';
import type { Act } from './audit.ts';
import type { Db } from './database.ts';
import { statementsOf } from './statement.ts';
import type { RolloutDeviceTable, RolloutTable } from './tables.ts';

export interface StoredRollout {
  readonly row: number;
  readonly id: string;
  readonly subject: Subject;
  readonly plan: RolloutPlan;
  readonly status: RolloutStatus;
  readonly wave: number;
  readonly settledAt: number | undefined;
  readonly waived: readonly GateName[];
  readonly gates: readonly GateResult[];
  readonly reason: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly changedAt: number;
}

/** What changes at each decision. */
export type RolloutChange = Pick<StoredRollout, 'status' | 'wave' | 'settledAt' | 'waived' | 'gates' | 'reason'>;

export interface AskedDevice {
  readonly device: string;
  readonly wave: number;
  readonly askedAt: number;
  /** What the device should run of this subject before; undefined: nothing was said. */
  readonly previous: Part | undefined;
  readonly progress: DeviceProgress;
}

export interface HistoryEntry extends Act {
  readonly id: number;
  readonly action: string;
  readonly reason: string;
  readonly detail: Record<string, unknown>;
}

export type RolloutStore = ReturnType<typeof createRolloutStore>;

type RolloutRow = Omit<RolloutTable, 'id'> & { id: number };

export function createRolloutStore(db: Db) {
  const { query } = db;
  const prepare = statementsOf(db);
  const byKey = prepare('SELECT * FROM rollouts WHERE key = ?');
  const open = prepare(`SELECT * FROM rollouts WHERE status IN ('running', 'paused') ORDER BY id`);
  const done = prepare(`SELECT * FROM rollouts WHERE status = 'done' ORDER BY id DESC LIMIT ?`);
  const insert = prepare(
    `INSERT INTO rollouts (key, subject, plan, status, wave, waived, gates, reason, created_at, created_by, changed_at)
     VALUES (?, ?, ?, 'running', -1, '[]', '[]', ?, ?, ?, ?)`,
  );
  const change = prepare(
    `UPDATE rollouts SET status = ?, wave = ?, settled_at = ?, waived = ?, gates = ?, reason = ?, changed_at = ? WHERE id = ?`,
  );
  const devices = prepare('SELECT * FROM rollout_devices WHERE rollout = ? ORDER BY wave, asked_at, device');
  const device = prepare('SELECT * FROM rollout_devices WHERE rollout = ? AND device = ?');
  const counts = prepare('SELECT outcome, count(*) AS n FROM rollout_devices WHERE rollout = ? GROUP BY outcome');
  const ask = prepare(
    `INSERT INTO rollout_devices (rollout, device, wave, asked_at, previous, outcome, reason)
     VALUES (?, ?, ?, ?, ?, 'waiting', '')`,
  );
  const setProgress = prepare(
    'UPDATE rollout_devices SET outcome = ?, phase = ?, stage = ?, reason = ? WHERE rollout = ? AND device = ?',
  );
  const addHistory = prepare(
    'INSERT INTO rollout_history (rollout, at, actor, action, reason, detail) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const naming = prepare(
    `SELECT key FROM rollouts WHERE status IN ('running', 'paused') AND (${db.dialect.holds('plan')} OR EXISTS
       (SELECT 1 FROM rollout_devices d WHERE d.rollout = rollouts.id AND ${db.dialect.holds('d.previous')})) LIMIT 1`,
  );

  return {
    async get(id: string): Promise<StoredRollout | undefined> {
      const row = await byKey.get(id);
      return row === undefined ? undefined : toRollout(row as RolloutRow);
    },

    /** Those that go on, oldest first. */
    open: async (): Promise<StoredRollout[]> => ((await open.all()) as RolloutRow[]).map(toRollout),

    /** Those that have reached everybody, newest first. */
    done: async (limit: number): Promise<StoredRollout[]> => ((await done.all(limit)) as RolloutRow[]).map(toRollout),

    /** Newest first. */
    async list(filter: { status?: RolloutStatus | undefined; before?: number | undefined; limit: number }) {
      let select = query.selectFrom('rollouts').selectAll().orderBy('id', 'desc').limit(filter.limit);
      if (filter.status !== undefined) select = select.where('status', '=', filter.status);
      if (filter.before !== undefined) select = select.where('id', '<', filter.before);
      return (await select.execute()).map(toRollout);
    },

    /** An open rollout that needs this digest: to install it, or as the way back. */
    naming: async (digest: string): Promise<string | undefined> =>
      ((await naming.get(digest, digest)) as { key: string } | undefined)?.key,

    devices: async (row: number): Promise<AskedDevice[]> =>
      ((await devices.all(row)) as RolloutDeviceTable[]).map(toAsked),

    async device(row: number, id: string): Promise<AskedDevice | undefined> {
      const found = await device.get(row, id);
      return found === undefined ? undefined : toAsked(found as RolloutDeviceTable);
    },

    /** How many devices stand where. */
    counts: async (row: number): Promise<Record<string, number>> =>
      Object.fromEntries(((await counts.all(row)) as { outcome: string; n: number }[]).map((c) => [c.outcome, c.n])),

    async devicePage(row: number, filter: { after?: string | undefined; limit: number }): Promise<AskedDevice[]> {
      let select = query.selectFrom('rollout_devices').selectAll().where('rollout', '=', row).orderBy('device');
      if (filter.after !== undefined) select = select.where('device', '>', filter.after);
      return (await select.limit(filter.limit).execute()).map(toAsked);
    },

    /** Oldest first. */
    async history(row: number, filter: { after?: number | undefined; limit: number }): Promise<HistoryEntry[]> {
      let select = query.selectFrom('rollout_history').selectAll().where('rollout', '=', row).orderBy('id');
      if (filter.after !== undefined) select = select.where('id', '>', filter.after);
      return (await select.limit(filter.limit).execute()).map(({ rollout: _rollout, detail, ...entry }) => ({
        ...entry,
        detail: JSON.parse(detail) as Record<string, unknown>,
      }));
    },

    // The rest is meant for a transaction.

    async add(id: string, subject: Subject, plan: RolloutPlan, reason: string, { at, actor }: Act): Promise<void> {
      await insert.run(id, subject, JSON.stringify(plan), reason, at, actor, at);
    },

    async change(row: number, to: RolloutChange, now: number): Promise<void> {
      const { status, wave, settledAt = null, waived, gates, reason } = to;
      await change.run(status, wave, settledAt, JSON.stringify(waived), JSON.stringify(gates), reason, now, row);
    },

    /** @param previous what the device should run until now; undefined: nothing was said */
    async ask(row: number, device: string, wave: number, now: number, previous: Part | undefined): Promise<void> {
      await ask.run(row, device, wave, now, previous === undefined ? null : JSON.stringify(previous));
    },

    async setProgress(row: number, device: string, { outcome, phase, stage, reason }: DeviceProgress): Promise<void> {
      await setProgress.run(outcome, phase ?? null, stage ?? null, reason, row, device);
    },

    async addHistory(
      row: number,
      { at, actor }: Act,
      action: string,
      reason: string,
      detail: Record<string, unknown> = {},
    ): Promise<void> {
      await addHistory.run(row, at, actor, action, reason, JSON.stringify(detail));
    },
  };
}

/** Gates that came later have their defaults in the plans before. */
const DEFAULT_GATES = gates.parse({});

function planOf(text: string): RolloutPlan {
  const plan = JSON.parse(text) as RolloutPlan;
  return { ...plan, gates: { ...DEFAULT_GATES, ...plan.gates } };
}

/** Only plans, gates and waivers of ours are ever written. */
function toRollout(row: RolloutRow): StoredRollout {
  return {
    row: row.id,
    id: row.key,
    subject: row.subject,
    plan: planOf(row.plan),
    status: row.status,
    wave: row.wave,
    settledAt: row.settled_at ?? undefined,
    waived: JSON.parse(row.waived) as GateName[],
    gates: JSON.parse(row.gates) as GateResult[],
    reason: row.reason,
    createdAt: row.created_at,
    createdBy: row.created_by,
    changedAt: row.changed_at,
  };
}

/** Only parts of documents of ours are ever written. */
function toAsked({ device, wave, asked_at, previous, outcome, phase, stage, reason }: RolloutDeviceTable): AskedDevice {
  return {
    device,
    wave,
    askedAt: asked_at,
    previous: previous === null ? undefined : (JSON.parse(previous) as Part),
    progress: { outcome, ...(phase === null ? {} : { phase }), ...(stage === null ? {} : { stage }), reason },
  };
}
