/** Looks at an MQTT broker: is it there, and does it take this client? One short connection. */
import type { Clock } from '../../kit/clock.ts';
import { inTime } from '../../kit/deadline.ts';
import { messageOf } from '../../kit/errors.ts';
import { createLink, type LinkOptions } from '../../kit/link.ts';
import { createLogger } from '../../kit/log.ts';

export interface BrokerQuestion {
  /** A broker ends the older of two connections of one client id: give it one that nobody else uses. */
  readonly connection: Pick<
    LinkOptions,
    'url' | 'clientId' | 'username' | 'password' | 'protocolVersion' | 'tls' | 'open'
  >;
  /** What it must be allowed to subscribe to. */
  readonly filter?: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

export type BrokerFacts =
  | { readonly state: 'accepted'; readonly ms: number }
  | { readonly state: 'refused' | 'unreachable'; readonly reason: string };

export async function lookAtBroker({ connection, filter, timeoutMs, clock }: BrokerQuestion): Promise<BrokerFacts> {
  const start = clock.mono();
  let finish: (facts: BrokerFacts) => void = () => undefined;
  const finished = new Promise<BrokerFacts>((resolve) => {
    finish = resolve;
  });
  try {
    const link = createLink({
      ...connection,
      onComplaint: (message, refused) =>
        finish({ state: refused ? 'refused' : 'unreachable', reason: message.replace(/; trying again.*$/, '') }),
      clock,
      log: createLogger('doctor', 'silent'),
    });
    link.onUp(() => finish({ state: 'accepted', ms: clock.mono() - start }));
    if (filter !== undefined) link.subscribe(filter, 1);
    link.start();
    const late: BrokerFacts = { state: 'unreachable', reason: `no answer within ${timeoutMs} ms` };
    const facts = await inTime(clock, timeoutMs, finished, () => late);
    await link.stop();
    return facts;
  } catch (error) {
    return { state: 'unreachable', reason: messageOf(error) };
  }
}
