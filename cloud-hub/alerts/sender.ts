/** Sends one notification over one channel, within a time. */
import type { Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Notification } from '../contract/alert.ts';
import type { StoredChannel } from '../store/alert-rules.ts';
import type { HubStore } from '../store/store.ts';
import type { Addresses } from './addresses.ts';
import { channelSenders } from './channels/registry.ts';
import type { Secrets } from './secrets.ts';

export interface SenderOptions {
  readonly store: Pick<HubStore, 'snapshots'>;
  readonly secrets: Secrets;
  readonly addresses: Addresses;
  readonly clock: Clock;
}

export interface Sender {
  /** @returns why it did not arrive; undefined: it did */
  send(channel: StoredChannel, notification: Notification, stopping?: AbortSignal): Promise<string | undefined>;
}

/** One try; a receiver that hangs holds its own channel for so long. */
const TRY_MS = 10_000;
const MOST_REASON = 300;

export function createSender({ store, secrets, addresses, clock }: SenderOptions): Sender {
  return {
    async send({ name, sealed, ...channel }, notification, stopping) {
      const abort = new AbortController();
      // What does not look at its signal is left behind.
      const broken = new Promise<never>((_, reject) => {
        abort.signal.addEventListener('abort', () => reject(abort.signal.reason as Error));
      });
      broken.catch(() => undefined);
      const stop = () => abort.abort(stopping?.reason);
      stopping?.addEventListener('abort', stop);
      const cancel = clock.after(TRY_MS, () => abort.abort(new Error(`no answer within ${TRY_MS / 1000} s`)));
      try {
        const event = notification.alerts.findLast((alert) => alert.event !== undefined)?.event;
        const picture = event === undefined ? undefined : (await store.snapshots.get(Number(event)))?.picture;
        const secret = sealed === undefined ? undefined : secrets.open(name, sealed);
        const nowS = Math.floor(clock.wall() / 1000);
        const sending = { channel, secret, notification, picture, addresses, clock, nowS, signal: abort.signal };
        await Promise.race([channelSenders[channel.kind](sending), broken]);
        return undefined;
      } catch (error) {
        return messageOf(abort.signal.aborted ? abort.signal.reason : error).slice(0, MOST_REASON);
      } finally {
        cancel();
        stopping?.removeEventListener('abort', stop);
      }
    },
  };
}
