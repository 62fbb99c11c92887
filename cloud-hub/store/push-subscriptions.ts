/** Browsers that get notifications: addresses and keys come sealed. Each belongs to a token or user, and ends with it. */
import type { Scope } from '../contract/identity.ts';
import type { Db } from './database.ts';
import { statementsOf } from './statement.ts';
import { scopeOf } from './tokens.ts';

export interface SubscribedBrowser {
  readonly id: number;
  /** Row and name of the token or user. */
  readonly owner: number;
  readonly user: string;
  readonly scope: Scope | undefined;
  /** When its owner's token ends by itself, milliseconds since 1970. */
  readonly endsAt: number;
  readonly sealed: string;
  readonly browser: string;
  readonly createdAt: number;
}

export interface NewBrowser {
  readonly owner: number;
  /** Digest of its address: a browser that subscribes again replaces its row. */
  readonly hash: string;
  readonly sealed: string;
  readonly browser: string;
  readonly createdAt: number;
}

export type PushSubscriptionStore = ReturnType<typeof createPushSubscriptionStore>;

export function createPushSubscriptionStore(db: Db) {
  const prepare = statementsOf(db);
  const columns =
    'p.*, t.name AS user, t.scope AS scope, t.expires_at AS ends FROM push_subscriptions p JOIN tokens t ON t.id = p.owner';
  const all = prepare(`SELECT ${columns} ORDER BY p.id`);
  const one = prepare(`SELECT ${columns} WHERE p.id = ?`);
  const add = prepare(
    `INSERT INTO push_subscriptions (owner, hash, sealed, browser, created_at)
       SELECT id, ?, ?, ?, ? FROM tokens WHERE id = ?
     ON CONFLICT (hash) DO UPDATE SET owner = excluded.owner, sealed = excluded.sealed, browser = excluded.browser,
       created_at = excluded.created_at
     RETURNING id`,
  ).pluck();
  const remove = prepare('DELETE FROM push_subscriptions WHERE id = ? RETURNING id').pluck();
  const list = async (): Promise<SubscribedBrowser[]> => ((await all.all()) as Row[]).map(toBrowser);
  return {
    list,
    /** Those of these people, as long as they may sign in. @param users names; undefined: of all */
    of: async (users: readonly string[] | undefined, now: number): Promise<SubscribedBrowser[]> =>
      (await list()).filter(({ user, endsAt }) => endsAt > now && (users === undefined || users.includes(user))),
    async get(id: number): Promise<SubscribedBrowser | undefined> {
      const row = (await one.get(id)) as Row | undefined;
      return row && toBrowser(row);
    },
    /** Part of a transaction. @returns its row; undefined: the owner is gone */
    add: async ({ owner, hash, sealed, browser, createdAt }: NewBrowser): Promise<number | undefined> =>
      (await add.get(hash, sealed, browser, createdAt, owner)) as number | undefined,
    /** @returns false: there is none */
    remove: async (id: number): Promise<boolean> => (await remove.get(id)) !== undefined,
  };
}

interface Row {
  readonly id: number;
  readonly owner: number;
  readonly user: string;
  readonly scope: string | null;
  readonly ends: number | null;
  readonly sealed: string;
  readonly browser: string;
  readonly created_at: number;
}

function toBrowser({ scope, ends, created_at: createdAt, ...row }: Row): SubscribedBrowser {
  return { ...row, scope: scopeOf(scope), endsAt: ends ?? Number.POSITIVE_INFINITY, createdAt };
}
