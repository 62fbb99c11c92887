/**
 * Second factors of users: the sealed secret of their time-based codes (identity/second-factor.ts), and digests of recovery codes.
 *
 * 1. A factor counts once it is confirmed. 2. `step` is the newest time step whose code was used; it only rises, so no code works
 * twice. 3. A recovery code is deleted when it is used. Each change is one statement: after a crash it is there or it is not.
 */
import type { Db } from './database.ts';
import { statementsOf } from './statement.ts';

export interface FactorRow {
  readonly secret: string;
  readonly isConfirmed: boolean;
}

export type SecondFactorStore = ReturnType<typeof createSecondFactorStore>;

export function createSecondFactorStore(db: Db) {
  const prepare = statementsOf(db);
  const get = prepare('SELECT secret, confirmed_at AS "confirmedAt" FROM second_factors WHERE owner = ?');
  const begin = prepare(
    `INSERT INTO second_factors (owner, secret) VALUES (?, ?)
     ON CONFLICT (owner) DO UPDATE SET secret = excluded.secret, step = 0 WHERE second_factors.confirmed_at IS NULL`,
  );
  const confirm = prepare('UPDATE second_factors SET confirmed_at = ? WHERE owner = ? AND confirmed_at IS NULL');
  const use = prepare('UPDATE second_factors SET step = :step WHERE owner = :owner AND step < :step');
  const remove = prepare('DELETE FROM second_factors WHERE owner = ?');
  const addCode = prepare('INSERT INTO recovery_codes (hash, owner) VALUES (?, ?)');
  const takeCode = prepare('DELETE FROM recovery_codes WHERE hash = ? AND owner = ?');
  const dropCodes = prepare('DELETE FROM recovery_codes WHERE owner = ?');
  const countCodes = prepare('SELECT count(*) FROM recovery_codes WHERE owner = ?').pluck();
  return {
    async get(owner: number): Promise<FactorRow | undefined> {
      const row = (await get.get(owner)) as { secret: string; confirmedAt: number | null } | undefined;
      return row && { secret: row.secret, isConfirmed: row.confirmedAt !== null };
    },

    /** A new secret, not confirmed yet; false when there is a confirmed one. */
    begin: async (owner: number, secret: string): Promise<boolean> => (await begin.run(owner, secret)).changes > 0,

    /** May be part of a transaction. */
    confirm: async (owner: number, now: number): Promise<boolean> => (await confirm.run(now, owner)).changes > 0,

    /** False when the code of this step, or of a later one, was used before. May be part of a transaction. */
    use: async (owner: number, step: number): Promise<boolean> => (await use.run({ owner, step })).changes > 0,

    /** With its recovery codes; false when there was none. May be part of a transaction. */
    async remove(owner: number): Promise<boolean> {
      await dropCodes.run(owner);
      return (await remove.run(owner)).changes > 0;
    },

    /** Instead of the codes that there were. @param hashes their digests. May be part of a transaction. */
    async setCodes(owner: number, hashes: readonly string[]): Promise<void> {
      await dropCodes.run(owner);
      for (const hash of hashes) await addCode.run(hash, owner);
    },

    /** Uses a recovery code up. May be part of a transaction. */
    takeCode: async (owner: number, hash: string): Promise<boolean> => (await takeCode.run(hash, owner)).changes > 0,

    codesLeft: async (owner: number): Promise<number> => (await countCodes.get(owner)) as number,
  };
}
