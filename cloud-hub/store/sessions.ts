/** Sessions and one-time sign-in codes: only digests are kept, so that a copy of the database signs nobody in. */
import type { Role } from '../api/schemas/api.ts';
import type { HubDatabase } from './database.ts';

export interface SessionRow {
  readonly role: Role;
  readonly name: string;
  readonly expiresAt: number;
}

export type SessionStore = ReturnType<typeof createSessionStore>;

export function createSessionStore({ query }: HubDatabase) {
  return {
    async add(hash: string, session: SessionRow): Promise<void> {
      const { role, name, expiresAt } = session;
      await query.insertInto('sessions').values({ hash, role, name, expires_at: expiresAt }).execute();
    },

    async byHash(hash: string): Promise<SessionRow | undefined> {
      const row = await query.selectFrom('sessions').selectAll().where('hash', '=', hash).executeTakeFirst();
      return row && { role: row.role as Role, name: row.name, expiresAt: row.expires_at };
    },

    async remove(hash: string): Promise<void> {
      await query.deleteFrom('sessions').where('hash', '=', hash).execute();
    },

    /** Ends the sessions of a token that is gone. */
    async removeNamed(name: string): Promise<void> {
      await query.deleteFrom('sessions').where('name', '=', name).execute();
    },

    async addCode(hash: string, role: Role, expiresAt: number): Promise<void> {
      await query.insertInto('sign_in_codes').values({ hash, role, expires_at: expiresAt }).execute();
    },

    /** Takes a code out: the second one who shows it finds nothing. */
    async takeCode(hash: string): Promise<{ role: Role; expiresAt: number } | undefined> {
      const row = await query.deleteFrom('sign_in_codes').where('hash', '=', hash).returningAll().executeTakeFirst();
      return row && { role: row.role as Role, expiresAt: row.expires_at };
    },

    /** Forgets what expired before `now`. */
    async sweep(now: number): Promise<void> {
      await query.deleteFrom('sessions').where('expires_at', '<=', now).execute();
      await query.deleteFrom('sign_in_codes').where('expires_at', '<=', now).execute();
    },
  };
}
