/** Is the hub there, and does it take the token? A short MQTT connection of the very kind that the agent makes. */
import { ownDownFilter } from '../../../shared/contract/channels.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { messageOf } from '../../../shared/kit/errors.ts';
import { createLink, type LinkOptions } from '../../../shared/kit/link.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { type Finding, finding } from './finding.ts';

export interface HubOptions {
  readonly device: string;
  readonly token: string;
  readonly broker: Pick<LinkOptions, 'url' | 'protocolVersion' | 'tls'>;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

export type HubFacts =
  | { readonly state: 'accepted'; readonly ms: number }
  | { readonly state: 'refused' | 'unreachable'; readonly reason: string };

/** Connects under the device's name, so not while its agent runs: a broker ends the older connection. */
export async function lookAtHub({ broker, device, token, timeoutMs, clock }: HubOptions): Promise<HubFacts> {
  const start = clock.mono();
  let settle: (facts: HubFacts) => void = () => undefined;
  const settled = new Promise<HubFacts>((resolve) => {
    settle = resolve;
  });
  try {
    const link = createLink({
      ...broker,
      clientId: device,
      username: device,
      password: token,
      onComplaint: (message, refused) =>
        settle({ state: refused ? 'refused' : 'unreachable', reason: message.replace(/; trying again.*$/, '') }),
      clock,
      log: createLogger('doctor', 'silent'),
    });
    link.onUp(() => settle({ state: 'accepted', ms: clock.mono() - start }));
    link.subscribe(ownDownFilter(device), 1);
    link.start();
    const late: HubFacts = { state: 'unreachable', reason: `no answer within ${timeoutMs} ms` };
    const cancel = clock.after(timeoutMs, () => settle(late));
    const facts = await settled;
    cancel();
    await link.stop();
    return facts;
  } catch (error) {
    return { state: 'unreachable', reason: messageOf(error) };
  }
}

export function judgeHub(url: string, device: string, facts: HubFacts): Finding {
  switch (facts.state) {
    case 'accepted':
      return finding('hub', 'ok', `${url} accepts "${device}" (${Math.round(facts.ms)} ms)`);
    case 'refused':
      return finding(
        'hub',
        'broken',
        `${url}: ${facts.reason}`,
        `the file \`hub.tokenFile\` must hold what \`vedette-hub device add ${device}\` printed`,
      );
    case 'unreachable':
      return finding(
        'hub',
        'broken',
        `${url}: ${facts.reason}`,
        'is the hub running, and are address, port and firewall right? The agent keeps everything until it is reached',
      );
  }
}
