/**
 * Second factors of users: the sealed secret of their time-based codes (identity/second-factor.ts), and digests of recovery codes.
 *
 * 1. A factor counts once it is confirmed. 2. `step` is the newest time step whose code was used; it only rises, so no code works
 * twice. 3. A recovery code is deleted when it is used. Each change is one statement: after a crash it is there or it is not.
 */
import type { HubDatabase } from './database.ts';

export interface FactorRow {
  readonly secret: string;
  readonly isConfirmed: boolean;
}

export type SecondFactorStore = ReturnType<typeof createSecondFactorStore>;

export function createSecondFactorStore({ prepare }: HubDatabase) {
  const get = prepare('SELECT secret, confirmed_at AS confirmedAt FROM second_factors WHERE owner = ?');
  const begin = prepare(
    `INSERT INTO second_factors (owner, secret) VALUES (?, ?)
     ON CONFLICT (owner) DO UPDATE SET secret = excluded.secret, step = 0 WHERE confirmed_at IS NULL`,
  );
  const confirm = prepare('UPDATE second_factors SET confirmed_at = ? WHERE owner = ? AND confirmed_at IS NULL');
  const use = prepare('UPDATE second_factors SET step = :step WHERE owner = :owner AND step < :step');
  const remove = prepare('DELETE FROM second_factors WHERE owner = ?');
  const addCode = prepare('INSERT INTO recovery_codes (hash, owner) VALUES (?, ?)');
  const takeCode = prepare('DELETE FROM recovery_codes WHERE hash = ? AND owner = ?');
  const dropCodes = prepare('DELETE FROM recovery_codes WHERE owner = ?');
  const countCodes = prepare('SELECT count(*) FROM recovery_codes WHERE owner = ?').pluck();
  return {
    get(owner: number): FactorRow | undefined {
      const row = get.get(owner) as { secret: string; confirmedAt: number | null } | undefined;
      return row && { secret: row.secret, isConfirmed: row.confirmedAt !== null };
    },

    /** A new secret, not confirmed yet; false when there is a confirmed one. */
    begin: (owner: number, secret: string): boolean => begin.run(owner, secret).changes > 0,

    /** May be part of a transaction. */
    confirm: (owner: number, now: number): boolean => confirm.run(now, owner).changes > 0,

    /** False when the code of this step, or of a later one, was used before. May be part of a transaction. */
    use: (owner: number, step: number): boolean => use.run({ owner, step }).changes > 0,

    /** With its recovery codes; false when there was none. May be part of a transaction. */
    remove(owner: number): boolean {
      dropCodes.run(owner);
      return remove.run(owner).changes > 0;
    },

    /** Instead of the codes that there were. @param hashes their digests. May be part of a transaction. */
    setCodes(owner: number, hashes: readonly string[]): void {
      dropCodes.run(owner);
      for (const hash of hashes) addCode.run(hash, owner);
    },

    /** Uses a recovery code up. May be part of a transaction. */
    takeCode: (owner: number, hash: string): boolean => takeCode.run(hash, owner).changes > 0,

    codesLeft: (owner: number): number => countCodes.get(owner) as number,
  };
}
