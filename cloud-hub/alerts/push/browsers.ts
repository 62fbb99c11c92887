/**
 * The browsers that people subscribed: taken in, ended, and sent to. Address and keys are sealed with the key of the secrets
 * (secrets.ts): whoever has an address could make its push service wake that browser.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../../shared/kit/clock.ts';
import type { Notification } from '../../contract/alert.ts';
import { type NewPushSubscription, newPushSubscription, type PushSubscriptionView } from '../../contract/push.ts';
import type { Act } from '../../store/audit.ts';
import type { SubscribedBrowser } from '../../store/push-subscriptions.ts';
import { isoTime } from '../../store/rows.ts';
import type { HubStore } from '../../store/store.ts';
import type { Addresses } from '../addresses.ts';
import { Answered, post } from '../post.ts';
import type { Secrets } from '../secrets.ts';
import type { PushKeys } from './keys.ts';
import { headersOf, payloadOf, sealed } from './message.ts';

export interface BrowsersOptions {
  readonly store: Pick<HubStore, 'pushSubscriptions' | 'audit' | 'transact'>;
  readonly secrets: Secrets;
  readonly keys: PushKeys;
  readonly addresses: Addresses;
  readonly clock: Pick<Clock, 'wall'>;
}

/** Whoever subscribed more has forgotten some; a notification goes to all of them. */
export const MOST_OF_ONE = 20;
export const MOST_BROWSERS = 500;

/** The browser does not want any more: what was for it is not tried again. */
export class BrowserGone extends Error {}

export type Browsers = ReturnType<typeof createBrowsers>;

export function createBrowsers({ store, secrets, keys, addresses, clock }: BrowsersOptions) {
  const { pushSubscriptions } = store;
  const LABEL = 'push:subscription';
  const hashOf = (endpoint: string) => createHash('sha256').update(endpoint).digest('hex');
  const open = ({ sealed: text }: SubscribedBrowser): NewPushSubscription =>
    newPushSubscription.parse(JSON.parse(secrets.open(LABEL, text)));
  const view = (row: SubscribedBrowser): PushSubscriptionView => ({
    id: String(row.id),
    user: row.user,
    browser: row.browser,
    service: new URL(open(row).endpoint).host,
    createdAt: isoTime(row.createdAt),
  });

  return {
    publicKey: keys.publicKey,

    /** Of these people, by row. @param users names; absent: of all */
    of: async (users: readonly string[] | undefined): Promise<number[]> =>
      (await pushSubscriptions.of(users, clock.wall())).map(({ id }) => id),

    /** @param owner row of a token or user; absent: of all */
    list: async (owner?: number): Promise<PushSubscriptionView[]> =>
      (await pushSubscriptions.list()).flatMap((row) =>
        owner === undefined || row.owner === owner ? [view(row)] : [],
      ),

    /** @returns the subscription, or why it is not taken */
    async subscribe(owner: number, body: NewPushSubscription, act: Act): Promise<PushSubscriptionView | string> {
      const id = await store.transact(async (tx) => {
        const all = await tx.pushSubscriptions.list();
        if (all.filter((row) => row.owner === owner).length >= MOST_OF_ONE) return `you have ${MOST_OF_ONE} browsers`;
        if (all.length >= MOST_BROWSERS) return `${MOST_BROWSERS} browsers are subscribed`;
        const text = secrets.seal(LABEL, JSON.stringify(body));
        const { browser } = body;
        const row = { owner, hash: hashOf(body.endpoint), sealed: text, browser, createdAt: act.at };
        const made = await tx.pushSubscriptions.add(row);
        if (made !== undefined) await tx.audit.add(act, 'push.subscribe', String(made), { browser });
        return made;
      });
      if (typeof id === 'string') return id;
      const row = id === undefined ? undefined : await pushSubscriptions.get(id);
      return row ? view(row) : 'your token was removed';
    },

    /** @param owner whose it must be; absent: anybody's */
    async unsubscribe(id: number, owner: number | undefined, act: Act): Promise<boolean> {
      const row = await pushSubscriptions.get(id);
      if (!row || (owner !== undefined && row.owner !== owner)) return false;
      return store.transact(async (tx) => {
        const isGone = await tx.pushSubscriptions.remove(id);
        if (isGone) await tx.audit.add(act, 'push.unsubscribe', String(id), { user: row.user, browser: row.browser });
        return isGone;
      });
    },

    /**
     * Resolves when the push service has taken it.
     * @param nowS seconds since 1970
     * @throws BrowserGone when the subscription has ended; Error with the reason otherwise
     */
    async send(id: number, notification: Notification, nowS: number, signal: AbortSignal): Promise<void> {
      const row = await pushSubscriptions.get(id);
      if (!row) throw new BrowserGone('this browser is not subscribed any more');
      const { endpoint, keys: theirs } = open(row);
      const authorization = keys.authorization(new URL(endpoint).origin, nowS);
      const headers = { ...headersOf(notification), authorization };
      const body = sealed(payloadOf(notification), theirs);
      try {
        await post({ url: endpoint, headers, body, addresses, signal });
      } catch (error) {
        // RFC 8030, 7.3: the subscription has ended.
        if (!(error instanceof Answered && (error.status === 404 || error.status === 410))) throw error;
        await store.transact(async (tx) => {
          if (!(await tx.pushSubscriptions.remove(id))) return;
          const act = { at: nowS * 1000, actor: 'hub' };
          await tx.audit.add(act, 'push.unsubscribe', String(id), { user: row.user, browser: row.browser });
        });
        throw new BrowserGone(`the push service says that this browser's subscription has ended (${error.status})`);
      }
    },
  };
}
