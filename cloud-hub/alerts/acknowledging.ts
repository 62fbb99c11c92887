/** Somebody takes care: no further step of escalation, no reminder. Each change and its line in the audit are one transaction. */
import type { Clock } from '../../shared/kit/clock.ts';
import type { Act } from '../store/audit.ts';
import type { HubStore } from '../store/store.ts';
import type { LinkSays, Links } from './links.ts';

export interface AcknowledgingOptions {
  readonly store: Pick<HubStore, 'alerts' | 'audit' | 'transact'>;
  readonly links: Pick<Links, 'read'>;
  readonly clock: Pick<Clock, 'wall'>;
}

export type Acknowledging = ReturnType<typeof createAcknowledging>;

export function createAcknowledging({ store, links, clock }: AcknowledgingOptions) {
  return {
    /** @returns false: it is over, or somebody has acknowledged it already */
    alert: (id: number, act: Act): Promise<boolean> =>
      store.transact(async (tx) => {
        const isDone = await tx.alerts.acknowledge(id, act.at, act.actor);
        if (isDone) await tx.audit.add(act, 'alert.acknowledge', String(id));
        return isDone;
      }),

    /**
     * By a link: all of its rule that had fired when it was sent.
     * @returns of which rule and how many; undefined: the link is none of this hub, or has ended
     */
    async byLink(
      token: string,
      address: string,
    ): Promise<(Pick<LinkSays, 'rule'> & { readonly alerts: number }) | undefined> {
      const at = clock.wall();
      const says = links.read(token, at);
      if (!says) return undefined;
      const { rule, channel, firedBefore } = says;
      // No name of a person or token has a colon.
      const act = { at, actor: `link:${channel}`, address };
      return store.transact(async (tx) => {
        const alerts = await tx.alerts.acknowledgeOfRule(rule, firedBefore, at, act.actor);
        if (alerts > 0) await tx.audit.add(act, 'alert.acknowledge', rule, { alerts });
        return { rule, alerts };
      });
    },
  };
}
