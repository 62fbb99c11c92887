/** Is the hub there, and does it take this device? A short MQTT connection of the very kind that the agent makes. */
import { ownDownFilter } from '../../shared/contract/channels.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { inTime } from '../../shared/kit/deadline.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { createLink, type LinkOptions } from '../../shared/kit/link.ts';
import { createLogger } from '../../shared/kit/log.ts';

export interface HubOptions {
  readonly device: string;
  readonly token?: string | undefined;
  readonly broker: Pick<LinkOptions, 'url' | 'protocolVersion' | 'open'>;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

export type HubFacts =
  | { readonly state: 'accepted'; readonly ms: number }
  | { readonly state: 'refused' | 'unreachable'; readonly reason: string };

/** Connects under the device's name, so not while its agent runs: a broker ends the older connection. */
export async function lookAtHub({ broker, device, token, timeoutMs, clock }: HubOptions): Promise<HubFacts> {
  const start = clock.mono();
  let finish: (facts: HubFacts) => void = () => undefined;
  const finished = new Promise<HubFacts>((resolve) => {
    finish = resolve;
  });
  try {
    const link = createLink({
      ...broker,
      clientId: device,
      ...(token === undefined ? {} : { username: device, password: token }),
      onComplaint: (message, refused) =>
        finish({ state: refused ? 'refused' : 'unreachable', reason: message.replace(/; trying again.*$/, '') }),
      clock,
      log: createLogger('doctor', 'silent'),
    });
    link.onUp(() => finish({ state: 'accepted', ms: clock.mono() - start }));
    link.subscribe(ownDownFilter(device), 1);
    link.start();
    const late: HubFacts = { state: 'unreachable', reason: `no answer within ${timeoutMs} ms` };
    const facts = await inTime(clock, timeoutMs, finished, () => late);
    await link.stop();
    return facts;
  } catch (error) {
    return { state: 'unreachable', reason: messageOf(error) };
  }
}
