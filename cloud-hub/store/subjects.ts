/**
 * Accounts at an identity provider, each of one user, by issuer and subject: these two never change and never go to another
 * person (OpenID Connect Core 5.7). A user has at most one, and it ends with him.
 */
import type { Db } from './database.ts';
import { statementsOf } from './statement.ts';

export interface Subject {
  readonly issuer: string;
  readonly subject: string;
}

export type SubjectStore = ReturnType<typeof createSubjectStore>;

export function createSubjectStore(db: Db) {
  const prepare = statementsOf(db);
  const owner = prepare('SELECT owner FROM subjects WHERE issuer = ? AND subject = ?').pluck();
  const of = prepare('SELECT issuer, subject FROM subjects WHERE owner = ?');
  const link = prepare(
    `INSERT INTO subjects (owner, issuer, subject, linked_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (owner) DO UPDATE SET issuer = excluded.issuer, subject = excluded.subject, linked_at = excluded.linked_at`,
  );
  const unlink = prepare('DELETE FROM subjects WHERE owner = ?');
  return {
    /** Id of the user who has this account. May be part of a transaction. */
    owner: async ({ issuer, subject }: Subject): Promise<number | undefined> =>
      (await owner.get(issuer, subject)) as number | undefined,

    /** The account of a user. May be part of a transaction. */
    of: async (user: number): Promise<Subject | undefined> => (await of.get(user)) as Subject | undefined,

    /** Instead of the account that he had. @throws Error when it is another user's. May be part of a transaction. */
    link: async (user: number, { issuer, subject }: Subject, now: number): Promise<void> => {
      await link.run(user, issuer, subject, now);
    },

    /** False when he had none. May be part of a transaction. */
    unlink: async (user: number): Promise<boolean> => (await unlink.run(user)).changes > 0,
  };
}
