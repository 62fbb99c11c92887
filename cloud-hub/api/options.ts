/** What the API is built of; the composition root gives it. */
import type { Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { IdentityService } from '../identity/identity.ts';
import type { LiveFeed } from '../live/feed.ts';
import type { Watches } from '../live/watches.ts';
import type { Delivery } from '../registry/delivery.ts';
import type { Registry } from '../registry/registry.ts';
import type { Signing } from '../registry/signing/signing.ts';
import type { Rollouts } from '../rollout/rollouts.ts';
import type { Store } from '../store/store.ts';
import type { HubMetrics } from './metrics.ts';

export interface ApiOptions {
  readonly store: Store;
  readonly identity: IdentityService;
  readonly feed: LiveFeed;
  readonly watches: Watches;
  readonly metrics: HubMetrics;
  readonly registry: Registry;
  readonly signing: Signing;
  readonly delivery: Delivery;
  readonly rollouts: Rollouts;
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends a device's MQTT connection. */
  readonly disconnect: (device: string) => void;
  readonly version: string;
  /** Folder of the built dashboard; it may be missing. */
  readonly dashboard: string;
  /** Each throws when its part does not answer; for /readyz. */
  readonly checks: Readonly<Record<string, () => void>>;
}
