/** Does the broker accept a device with this certificate? Asked over a connection of its own, while the old one goes on. */
import type { Duplex } from 'node:stream';
import type { Clock } from '../../shared/kit/clock.ts';
import type { ClientCredentials } from '../../shared/pki/dial.ts';
import { type HubOptions, lookAtHub } from './try-hub.ts';

const PROVE_MS = 20_000;

/** @returns a function that throws with the reason when the broker does not accept it */
export function proveCertificate(
  broker: HubOptions['broker'],
  openWith: (credentials: ClientCredentials, signal: AbortSignal) => Promise<Duplex>,
  device: string,
  clock: Clock,
): (credentials: ClientCredentials) => Promise<void> {
  return async (credentials) => {
    const open = (signal: AbortSignal) => openWith(credentials, signal);
    const facts = await lookAtHub({ broker: { ...broker, open }, device, timeoutMs: PROVE_MS, clock });
    if (facts.state !== 'accepted') throw new Error(facts.reason);
  };
}
