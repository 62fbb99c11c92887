/** Passwords and invitations of users; the users themselves are rows of `tokens`, and these end with them. Only hashes are kept. */
import type { Db } from './database.ts';
import { statementsOf } from './statement.ts';

export interface UserState {
  readonly id: number;
  readonly hasPassword: boolean;
  /** Until when his invitation works, milliseconds since 1970; it may have ended. */
  readonly invitedUntil: number | undefined;
  readonly hasFactor: boolean;
  /** Has he an account of the identity provider? */
  readonly hasSubject: boolean;
}

export type UserStore = ReturnType<typeof createUserStore>;

export function createUserStore(db: Db) {
  const { query } = db;
  const prepare = statementsOf(db);
  const setPassword = prepare(
    `INSERT INTO passwords (owner, hash, changed_at) VALUES (?, ?, ?)
     ON CONFLICT (owner) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at`,
  );
  const password = prepare('SELECT hash FROM passwords WHERE owner = ?').pluck();
  const invite = prepare(
    `INSERT INTO invitations (owner, hash, expires_at) VALUES (?, ?, ?)
     ON CONFLICT (owner) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at`,
  );
  const invited = prepare('SELECT owner FROM invitations WHERE hash = ? AND expires_at > ?').pluck();
  const take = prepare('DELETE FROM invitations WHERE hash = ? AND expires_at > ? RETURNING owner').pluck();
  return {
    /** Hash of the password of a user, see passwords.ts; undefined when he has none. May be part of a transaction. */
    password: async (owner: number): Promise<string | undefined> => (await password.get(owner)) as string | undefined,

    /** May be part of a transaction. */
    setPassword: async (owner: number, hash: string, now: number): Promise<void> => {
      await setPassword.run(owner, hash, now);
    },

    /** Replaces the invitation of a user. @param hash digest of its secret. May be part of a transaction. */
    invite: async (owner: number, hash: string, expiresAt: number): Promise<void> => {
      await invite.run(owner, hash, expiresAt);
    },

    /** Whose invitation this is, while it works. */
    invited: async (hash: string, now: number): Promise<number | undefined> =>
      (await invited.get(hash, now)) as number | undefined,

    /** Uses an invitation up: it works once. May be part of a transaction. */
    takeInvitation: async (hash: string, now: number): Promise<number | undefined> =>
      (await take.get(hash, now)) as number | undefined,

    /** By the id of the user. */
    async states(): Promise<Map<number, UserState>> {
      const rows = await query
        .selectFrom('tokens')
        .leftJoin('passwords', 'passwords.owner', 'tokens.id')
        .leftJoin('invitations', 'invitations.owner', 'tokens.id')
        .leftJoin('second_factors', 'second_factors.owner', 'tokens.id')
        .leftJoin('subjects', 'subjects.owner', 'tokens.id')
        .select(['second_factors.confirmed_at as factorAt', 'subjects.owner as linked'])
        .select(['tokens.id', 'passwords.changed_at as changedAt', 'invitations.expires_at as invitedUntil'])
        .where('kind', '=', 'user')
        .execute();
      return new Map(
        rows.map(({ id, changedAt, invitedUntil, factorAt, linked }) => [
          id,
          {
            ...{ id, hasPassword: changedAt !== null, invitedUntil: invitedUntil ?? undefined },
            ...{ hasFactor: factorAt !== null, hasSubject: linked !== null },
          },
        ]),
      );
    },
  };
}
