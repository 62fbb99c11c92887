/**
 * Sessions and one-time sign-in codes. Only digests are kept, so that nobody can sign in with a copy of the database. Each belongs
 * to the token that it came from: the database deletes it with that token.
 */
import type { Role, Scope, SignInWay } from '../contract/identity.ts';
import type { Db } from './database.ts';
import { statementsOf } from './statement.ts';
import { scopeOf } from './tokens.ts';

export interface NewSessionRow {
  readonly role: Role;
  readonly name: string;
  /** Id of the token that it came from. */
  readonly token: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly way: SignInWay;
}

export interface SessionRow extends NewSessionRow {
  readonly id: number;
}

/** A session with what its token or user says now. */
export interface OwnedSession extends SessionRow {
  readonly kind: 'token' | 'user';
  readonly scope: Scope | undefined;
  readonly tokenRole: Role;
  /** When the token ends, milliseconds since 1970; null: not by itself. */
  readonly tokenEndsAt: number | null;
  /** Does its user have a second factor? */
  readonly hasFactor: boolean;
}

export interface CodeRow {
  readonly role: Role;
  /** Id of the token that made it. */
  readonly token: number;
  readonly expiresAt: number;
}

export interface TakenCode extends CodeRow {
  /** Name of the token or user that made it. */
  readonly maker: string;
}

export type SessionStore = ReturnType<typeof createSessionStore>;

export function createSessionStore(db: Db) {
  const { query } = db;
  const prepare = statementsOf(db);
  const insert = prepare(
    `INSERT INTO sessions (hash, role, name, created_at, expires_at, way, token)
     SELECT ?, ?, ?, ?, ?, ?, id FROM tokens WHERE id = ? RETURNING id`,
  ).pluck();
  const isOpen = prepare('SELECT 1 FROM sessions WHERE id = ? AND token = ? AND expires_at > ?');
  const removeByHash = prepare('DELETE FROM sessions WHERE hash = ? RETURNING id').pluck();
  const removeById = prepare('DELETE FROM sessions WHERE id = ?');
  const removeOwn = prepare('DELETE FROM sessions WHERE id = ? AND token = ?');
  const removeOf = prepare('DELETE FROM sessions WHERE token = ? AND id <> ? RETURNING id').pluck();
  const removeCodes = prepare('DELETE FROM sign_in_codes WHERE token = ?');
  const insertCode = prepare(
    'INSERT INTO sign_in_codes (hash, role, expires_at, token) SELECT ?, ?, ?, id FROM tokens WHERE id = ?',
  );
  const takeCode = prepare(
    `DELETE FROM sign_in_codes WHERE hash = ? RETURNING role, token, expires_at AS "expiresAt",
     (SELECT name FROM tokens WHERE id = sign_in_codes.token) AS maker`,
  );
  const columns = ['id', 'role', 'name', 'token', 'created_at as createdAt', 'expires_at as expiresAt', 'way'] as const;
  return {
    /** Its id; undefined when its token is gone. May be part of a transaction. */
    async add(
      hash: string,
      { role, name, token, createdAt, expiresAt, way }: NewSessionRow,
    ): Promise<number | undefined> {
      return (await insert.get(hash, role, name, createdAt, expiresAt, way, token)) as number | undefined;
    },

    async byHash(hash: string): Promise<OwnedSession | undefined> {
      const row = await query
        .selectFrom('sessions')
        .innerJoin('tokens', 'tokens.id', 'sessions.token')
        .select(['sessions.id', 'sessions.role', 'sessions.name', 'sessions.token', 'sessions.created_at as createdAt'])
        .select(['sessions.expires_at as expiresAt', 'kind', 'scope', 'tokens.expires_at as tokenEndsAt'])
        .leftJoin('second_factors', 'second_factors.owner', 'sessions.token')
        .select(['tokens.role as tokenRole', 'way', 'second_factors.confirmed_at as factorAt'])
        .where('sessions.hash', '=', hash)
        .executeTakeFirst();
      if (!row) return undefined;
      const { factorAt, ...session } = row;
      return { ...session, scope: scopeOf(row.scope), hasFactor: factorAt !== null };
    },

    /** Newest first; those of one token, or all. Without those that expired before `now`. */
    list(filter: {
      token: number | undefined;
      now: number;
      before: number | undefined;
      limit: number;
    }): Promise<SessionRow[]> {
      let select = query.selectFrom('sessions').select(columns).orderBy('id', 'desc').limit(filter.limit);
      if (filter.token !== undefined) select = select.where('token', '=', filter.token);
      if (filter.before !== undefined) select = select.where('id', '<', filter.before);
      return select.where('expires_at', '>', filter.now).execute();
    },

    /** Is this session of this token or user there, and not over? May be part of a transaction. */
    isOpen: async (id: number, token: number, now: number): Promise<boolean> =>
      (await isOpen.get(id, token, now)) !== undefined,

    /** Returns the id of the session that it ended. */
    async removeByHash(hash: string): Promise<number | undefined> {
      return (await removeByHash.get(hash)) as number | undefined;
    },

    /** Ends a session, only if it is of this token where one is given; false when there is none. May be part of a transaction. */
    async remove(id: number, token?: number): Promise<boolean> {
      return (token === undefined ? await removeById.run(id) : await removeOwn.run(id, token)).changes > 0;
    },

    /** Ends all of a token or user but one, and the codes that it made; ids of the sessions. May be part of a transaction. */
    async removeOf(token: number, but = 0): Promise<number[]> {
      await removeCodes.run(token);
      return (await removeOf.all(token, but)) as number[];
    },

    /** False when its token is gone. May be part of a transaction. */
    async addCode(hash: string, { role, token, expiresAt }: CodeRow): Promise<boolean> {
      return (await insertCode.run(hash, role, expiresAt, token)).changes > 0;
    },

    /** Deletes a code and returns it, so that it works only once. May be part of a transaction. */
    async takeCode(hash: string): Promise<TakenCode | undefined> {
      return (await takeCode.get(hash)) as TakenCode | undefined;
    },

    /** Forgets what expired before `now`. */
    async sweep(now: number): Promise<void> {
      await query.deleteFrom('sessions').where('expires_at', '<=', now).execute();
      await query.deleteFrom('sign_in_codes').where('expires_at', '<=', now).execute();
    },
  };
}
