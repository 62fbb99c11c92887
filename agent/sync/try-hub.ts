/** Is the hub there, and does it take this device? A short MQTT connection of the very kind that the agent makes. */
import { ownDownFilter } from '../../shared/contract/channels.ts';
import { type BrokerFacts, lookAtBroker } from '../../shared/doctor/probes/broker.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import type { LinkOptions } from '../../shared/kit/link.ts';

export interface HubOptions {
  readonly device: string;
  readonly token?: string | undefined;
  readonly broker: Pick<LinkOptions, 'url' | 'protocolVersion' | 'open'>;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

export type HubFacts = BrokerFacts;

/** Connects under the device's name, so not while its agent runs: a broker ends the older connection. */
export function lookAtHub({ broker, device, token, timeoutMs, clock }: HubOptions): Promise<HubFacts> {
  const who = token === undefined ? {} : { username: device, password: token };
  return lookAtBroker({
    connection: { ...broker, clientId: device, ...who },
    filter: ownDownFilter(device),
    timeoutMs,
    clock,
  });
}
