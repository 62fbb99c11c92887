/** API tokens: only their SHA-256 digests are kept. */
import type { Role } from '../contract/identity.ts';
import type { HubDatabase } from './database.ts';

export interface TokenRow {
  readonly id: number;
  readonly name: string;
  readonly role: Role;
  readonly hash: string;
  readonly createdAt: number;
}

interface StoredToken {
  readonly id: number;
  readonly name: string;
  readonly role: Role;
  readonly hash: string;
  readonly created_at: number;
}

export type TokenStore = ReturnType<typeof createTokenStore>;

export function createTokenStore({ query, prepare }: HubDatabase) {
  const insert = prepare(
    `INSERT INTO tokens (name, role, hash, created_at) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING RETURNING *`,
  );
  const remove = prepare('DELETE FROM tokens WHERE id = ? RETURNING name').pluck();
  const toToken = (row: StoredToken): TokenRow => ({
    id: row.id,
    name: row.name,
    role: row.role,
    hash: row.hash,
    createdAt: row.created_at,
  });
  return {
    /** Adds a token; undefined when the name is taken. May be part of a transaction. */
    add(name: string, role: Role, hash: string, now: number): TokenRow | undefined {
      const row = insert.get(name, role, hash, now) as StoredToken | undefined;
      return row && toToken(row);
    },

    async byHash(hash: string): Promise<TokenRow | undefined> {
      const row = await query.selectFrom('tokens').selectAll().where('hash', '=', hash).executeTakeFirst();
      return row && toToken(row);
    },

    async list(): Promise<TokenRow[]> {
      return (await query.selectFrom('tokens').selectAll().orderBy('id').execute()).map(toToken);
    },

    async byName(name: string): Promise<TokenRow | undefined> {
      const row = await query.selectFrom('tokens').selectAll().where('name', '=', name).executeTakeFirst();
      return row && toToken(row);
    },

    /** Removes a token with its sessions and codes; its name, or undefined when there is none. May be part of a transaction. */
    remove(id: number): string | undefined {
      return remove.get(id) as string | undefined;
    },
  };
}
