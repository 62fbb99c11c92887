/** Puts the parts of alerts together, for the composition root. */
import type { Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { HubConfig } from '../config.ts';
import type { HubStore } from '../store/store.ts';
import { createAcknowledging } from './acknowledging.ts';
import { createAddresses } from './addresses.ts';
import { Alerts } from './alerts.ts';
import { AlertEngine } from './engine.ts';
import { Hours } from './hours.ts';
import { createLinks } from './links.ts';
import { AlertOutbox } from './outbox.ts';
import { createBrowsers } from './push/browsers.ts';
import { openPushKeys } from './push/keys.ts';
import { openSecrets } from './secrets.ts';
import { createSender } from './sender.ts';

export interface OpenAlertsOptions {
  readonly store: HubStore;
  readonly dataDir: string;
  /** Internal networks that notifications may go to; the address under which people open the hub, with a slash at its end. */
  readonly config: Pick<HubConfig, 'alertNetworks' | 'publicUrl' | 'pushContact'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** @throws Error that says what to do when a key is damaged */
export function openAlerts({ store, dataDir, config, clock, log }: OpenAlertsOptions) {
  const { alertNetworks, publicUrl, pushContact } = config;
  const secrets = openSecrets(dataDir);
  const addresses = createAddresses(alertNetworks);
  const keys = openPushKeys(dataDir, pushContact ?? (publicUrl?.startsWith('https:') ? publicUrl : undefined));
  const browsers = createBrowsers({ store, secrets, keys, addresses, clock });
  const sender = createSender({ store, secrets, addresses, browsers, clock });
  const outbox = new AlertOutbox({ store, sender, clock, log });
  const links = createLinks(secrets, publicUrl);
  const hours = new Hours();
  const engine = new AlertEngine({ store, notified: () => outbox.wake(), hours, linkTo: links.to, clock, log });
  const alerts = new Alerts({ store, engine, outbox, sender, secrets, hours, clock });
  const acknowledging = createAcknowledging({ store, links, clock });
  return { alerts, acknowledging, browsers, engine, outbox };
}
