/** Sends one notification over one channel, within a time. */
import type { Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Notification } from '../contract/alert.ts';
import type { StoredChannel } from '../store/alert-rules.ts';
import type { HubStore } from '../store/store.ts';
import type { Addresses } from './addresses.ts';
import { channelSenders } from './channels/registry.ts';
import { BrowserGone, type Browsers } from './push/browsers.ts';
import type { Secrets } from './secrets.ts';

export interface SenderOptions {
  readonly store: Pick<HubStore, 'snapshots'>;
  readonly secrets: Secrets;
  readonly addresses: Addresses;
  readonly browsers: Pick<Browsers, 'of' | 'send'>;
  readonly clock: Clock;
}

export interface Sender {
  /**
   * @param target of a channel of browsers: which of them; absent: all
   * @returns why it did not arrive; undefined: it did
   */
  send(
    channel: StoredChannel,
    notification: Notification,
    stopping?: AbortSignal,
    target?: number,
  ): Promise<Failure | undefined>;
}

export interface Failure {
  readonly reason: string;
  /** It never will. */
  readonly isFinal: boolean;
}

/** One try; a receiver that hangs holds its own channel for so long. */
const TRY_MS = 10_000;
const MOST_REASON = 300;

export function createSender({ store, secrets, addresses, browsers, clock }: SenderOptions): Sender {
  return {
    async send({ name, sealed, ...channel }, notification, stopping, target) {
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
        const about = { channel, secret, notification, target, picture };
        const sending = { ...about, addresses, browsers, clock, nowS, signal: abort.signal };
        await Promise.race([channelSenders[channel.kind](sending), broken]);
        return undefined;
      } catch (error) {
        const why = abort.signal.aborted ? abort.signal.reason : error;
        return { reason: messageOf(why).slice(0, MOST_REASON), isFinal: why instanceof BrowserGone };
      } finally {
        cancel();
        stopping?.removeEventListener('abort', stop);
      }
    },
  };
}
