/**
 * Refused requests in the audit. A flood of them must neither fill the disk nor hide what else happened: in each hour the
 * first `perSource` of a network and the first `inAll` of all are entries of their own, and one entry at the end of the hour
 * counts the rest. What was only counted when the process dies is not told. Memory is bounded.
 */
import { inBackground } from '../../shared/kit/background.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { HOUR_MS } from '../../shared/kit/durations.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { Act } from '../store/audit.ts';
import type { HubStore } from '../store/store.ts';
import { networkOf } from './network.ts';

/** A request that was refused. */
export interface Refused {
  /** Who sent it, as far as he is known; never a name that he only claims. */
  readonly actor?: string;
  readonly address: string;
  /** Method and pattern of the route: nothing of the sender's own choice. */
  readonly route: string;
  readonly status: number;
}

export interface RefusedAttemptsOptions {
  readonly store: Pick<HubStore, 'transact'>;
  readonly clock: Pick<Clock, 'wall' | 'mono' | 'every'>;
  readonly log: Pick<Logger, 'warn' | 'error'>;
  readonly perSource?: number;
  readonly inAll?: number;
}

export type RefusedAttempts = ReturnType<typeof createRefusedAttempts>;

/** The actor of an entry when nobody is known. */
const NOBODY = 'nobody';

export function createRefusedAttempts({ store, clock, log, perSource = 10, inAll = 100 }: RefusedAttemptsOptions) {
  const sources = new Map<string, number>();
  let startedAt = clock.mono();
  let told = 0;
  let untold = 0;

  /** A refusal stands, and the hub goes on, even when the audit cannot be written. */
  const tell = async (act: Act, action: string, subject: string, detail: Record<string, unknown>) => {
    try {
      await store.transact(async (tx) => tx.audit.add(act, action, subject, detail));
    } catch (error) {
      log.warn({ subject, detail, reason: messageOf(error) }, 'refused requests could not be written into the audit');
    }
  };

  /** Ends the hour. */
  const turn = async () => {
    const attempts = untold;
    sources.clear();
    [told, untold, startedAt] = [0, 0, clock.mono()];
    if (attempts > 0) await tell({ at: clock.wall(), actor: 'hub' }, 'refused.more', 'requests', { attempts });
  };
  const cancel = clock.every(HOUR_MS, () => inBackground(log, 'an hour of refused requests was not told', turn));

  return {
    async add({ actor = NOBODY, address, route, status }: Refused): Promise<void> {
      if (clock.mono() - startedAt >= HOUR_MS) await turn();
      const source = networkOf(address);
      const before = sources.get(source) ?? 0;
      if (told >= inAll || before >= perSource) {
        untold++;
        return;
      }
      // Counted before it is told: others may be refused meanwhile.
      told++;
      sources.set(source, before + 1);
      await tell({ at: clock.wall(), actor, address }, 'refused', route, { status });
    },

    /** Tells what was only counted. */
    async stop(): Promise<void> {
      cancel();
      await turn();
    },
  };
}
