/**
 * Who may call the API: tokens, of which only the SHA-256 digest is kept, and users (people with a password: users.ts). Both have
 * a name, a role, perhaps a scope, and sessions and codes that end with them. The digest of a user is of no secret that anybody has.
 */
import type { Selectable } from 'kysely';
import { type Role, type Scope, scope } from '../contract/identity.ts';
import type { Db } from './database.ts';
import type { TokenKind, TokenTable } from './identity-tables.ts';
import { statementsOf } from './statement.ts';

export interface NewTokenRow {
  readonly name: string;
  readonly role: Role;
  readonly hash: string;
  readonly createdAt: number;
  readonly kind?: TokenKind;
  readonly scope?: Scope | undefined;
  /** Milliseconds since 1970; absent: it does not end by itself. */
  readonly expiresAt?: number | undefined;
}

export interface TokenRow extends NewTokenRow {
  readonly id: number;
  readonly kind: TokenKind;
}

export type TokenStore = ReturnType<typeof createTokenStore>;

export function createTokenStore(db: Db) {
  const { query } = db;
  const prepare = statementsOf(db);
  const insert = prepare(
    `INSERT INTO tokens (name, role, hash, created_at, kind, scope, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (name) DO NOTHING RETURNING *`,
  );
  const remove = prepare('DELETE FROM tokens WHERE id = ? AND kind = ? RETURNING name').pluck();
  const find = prepare('SELECT * FROM tokens WHERE id = ?');
  const setRights = prepare('UPDATE tokens SET role = ?, scope = ? WHERE id = ?');
  return {
    /** Adds a token or user; undefined when the name is taken. May be part of a transaction. */
    async add({
      name,
      role,
      hash,
      createdAt,
      kind = 'token',
      scope: seen,
      expiresAt,
    }: NewTokenRow): Promise<TokenRow | undefined> {
      const found = await insert.get(name, role, hash, createdAt, kind, scopeColumn(seen), expiresAt ?? null);
      return found ? toToken(found as Selectable<TokenTable>) : undefined;
    },

    async byHash(hash: string): Promise<TokenRow | undefined> {
      const row = await query.selectFrom('tokens').selectAll().where('hash', '=', hash).executeTakeFirst();
      return row && toToken(row);
    },

    /** May be part of a transaction. */
    async byId(id: number): Promise<TokenRow | undefined> {
      const row = await find.get(id);
      return row ? toToken(row as Selectable<TokenTable>) : undefined;
    },

    async list(kind: TokenKind = 'token'): Promise<TokenRow[]> {
      const select = query.selectFrom('tokens').selectAll().where('kind', '=', kind);
      return (await select.orderBy('id').execute()).map(toToken);
    },

    async byName(name: string): Promise<TokenRow | undefined> {
      const row = await query.selectFrom('tokens').selectAll().where('name', '=', name).executeTakeFirst();
      return row && toToken(row);
    },

    /** May be part of a transaction. */
    async setRights(id: number, role: Role, seen: Scope | undefined): Promise<void> {
      await setRights.run(role, scopeColumn(seen), id);
    },

    /**
     * Removes a token, or a user, with its sessions and codes; its name, or undefined when there is none of that kind. May be
     * part of a transaction.
     */
    async remove(id: number, kind: TokenKind = 'token'): Promise<string | undefined> {
      return (await remove.get(id, kind)) as string | undefined;
    },
  };
}

/** A column of the scope, as our own code wrote it. */
export function scopeOf(column: string | null): Scope | undefined {
  return column === null ? undefined : scope.parse(JSON.parse(column));
}

function scopeColumn(seen: Scope | undefined): string | null {
  return seen === undefined ? null : JSON.stringify(seen);
}

function toToken(row: Selectable<TokenTable>): TokenRow {
  const { id, name, role, hash, kind } = row;
  const seen = scopeOf(row.scope);
  const expiresAt = row.expires_at ?? undefined;
  return { id, name, role, hash, kind, createdAt: row.created_at, scope: seen, expiresAt };
}
