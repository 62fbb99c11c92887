/**
 * Who may call the API: tokens, of which only the SHA-256 digest is kept, and users (people with a password: users.ts). Both have
 * a name, a role, perhaps a scope, and sessions and codes that end with them. The digest of a user is of no secret that anybody has.
 */
import type { Selectable } from 'kysely';
import { type Role, type Scope, scope } from '../contract/identity.ts';
import type { HubDatabase } from './database.ts';
import type { TokenKind, TokenTable } from './identity-tables.ts';

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

export function createTokenStore({ query, prepare }: HubDatabase) {
  const insert = prepare(
    `INSERT INTO tokens (name, role, hash, created_at, kind, scope, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (name) DO NOTHING RETURNING *`,
  );
  const remove = prepare('DELETE FROM tokens WHERE id = ? AND kind = ? RETURNING name').pluck();
  const find = prepare('SELECT * FROM tokens WHERE id = ?');
  const setRights = prepare('UPDATE tokens SET role = ?, scope = ? WHERE id = ?');
  return {
    /** Adds a token or user; undefined when the name is taken. May be part of a transaction. */
    add({ name, role, hash, createdAt, kind = 'token', scope: seen, expiresAt }: NewTokenRow): TokenRow | undefined {
      const found = insert.get(name, role, hash, createdAt, kind, scopeColumn(seen), expiresAt ?? null);
      return found ? toToken(found as Selectable<TokenTable>) : undefined;
    },

    async byHash(hash: string): Promise<TokenRow | undefined> {
      const row = await query.selectFrom('tokens').selectAll().where('hash', '=', hash).executeTakeFirst();
      return row && toToken(row);
    },

    /** May be part of a transaction. */
    byId(id: number): TokenRow | undefined {
      const row = find.get(id);
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
    setRights(id: number, role: Role, seen: Scope | undefined): void {
      setRights.run(role, scopeColumn(seen), id);
    },

    /**
     * Removes a token, or a user, with its sessions and codes; its name, or undefined when there is none of that kind. May be
     * part of a transaction.
     */
    remove(id: number, kind: TokenKind = 'token'): string | undefined {
      return remove.get(id, kind) as string | undefined;
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
