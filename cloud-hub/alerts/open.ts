/** Puts the parts of alerts together, for the composition root. */
import type { Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { HubStore } from '../store/store.ts';
import { createAddresses } from './addresses.ts';
import { Alerts } from './alerts.ts';
import { AlertEngine } from './engine.ts';
import { AlertOutbox } from './outbox.ts';
import { openSecrets } from './secrets.ts';
import { createSender } from './sender.ts';

export interface OpenAlertsOptions {
  readonly store: HubStore;
  readonly dataDir: string;
  /** Internal networks that notifications may go to. */
  readonly networks: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
}

/** @throws Error that says what to do when the key of the secrets is damaged */
export function openAlerts({ store, dataDir, networks, clock, log }: OpenAlertsOptions) {
  const secrets = openSecrets(dataDir);
  const sender = createSender({ store, secrets, addresses: createAddresses(networks), clock });
  const outbox = new AlertOutbox({ store, sender, clock, log });
  const engine = new AlertEngine({ store, notified: () => outbox.wake(), clock, log });
  const alerts = new Alerts({ store, engine, outbox, sender, secrets, clock });
  return { alerts, engine, outbox };
}
