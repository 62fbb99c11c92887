/** What the API is built of; the composition root gives it. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Places } from '../../shared/http/places.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { Acknowledging } from '../alerts/acknowledging.ts';
import type { Alerts } from '../alerts/alerts.ts';
import type { Browsers } from '../alerts/push/browsers.ts';
import type { OpenDeviceLogs } from '../device-logs/open.ts';
import type { Erasing } from '../erase/erasing.ts';
import type { FailedAttempts } from '../identity/attempts.ts';
import type { IdentityService } from '../identity/identity.ts';
import type { ProviderSignIn } from '../identity/oidc/sign-in.ts';
import type { RefusedAttempts } from '../identity/refused-attempts.ts';
import type { SecondFactors } from '../identity/second-factor.ts';
import type { Users } from '../identity/users.ts';
import type { SecondOpinions } from '../inference/second-opinions.ts';
import type { ThresholdTuning } from '../inference/tuning.ts';
import type { LiveFeed } from '../live/feed.ts';
import type { Watches } from '../live/watches.ts';
import type { HubMetrics } from '../metrics.ts';
import type { FleetIdentity } from '../pki/fleet.ts';
import type { Delivery } from '../registry/delivery.ts';
import type { Registry } from '../registry/registry.ts';
import type { Signing } from '../registry/signing/signing.ts';
import type { Rollouts } from '../rollout/rollouts.ts';
import type { Answers } from '../store/answers.ts';
import type { HubStore } from '../store/store.ts';
import type { HttpSecurity } from './http-server.ts';
import type { Site } from './site.ts';

export interface ApiOptions {
  readonly store: HubStore;
  readonly identity: IdentityService;
  readonly users: Users;
  readonly factors: SecondFactors;
  /** Absent: there is no identity provider. */
  readonly provider?: ProviderSignIn;
  /** Failed sign-ins, by address. */
  readonly attempts: FailedAttempts;
  /** Refused requests, for the audit. */
  readonly refused: Pick<RefusedAttempts, 'add'>;
  /** To changes, for whoever sends one again. */
  readonly answers: Answers;
  readonly feed: LiveFeed;
  readonly watches: Watches;
  readonly metrics: HubMetrics;
  readonly registry: Registry;
  readonly signing: Signing;
  readonly delivery: Delivery;
  readonly rollouts: Rollouts;
  readonly alerts: Alerts;
  readonly acknowledging: Acknowledging;
  readonly browsers: Pick<Browsers, 'publicKey' | 'list' | 'subscribe' | 'unsubscribe'>;
  readonly erasing: Pick<Erasing, 'order' | 'get' | 'list'>;
  readonly deviceLogs: Pick<OpenDeviceLogs, 'files' | 'orders'>;
  readonly secondOpinions: Pick<SecondOpinions, 'state'>;
  readonly thresholds: Omit<ThresholdTuning, 'stop'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Sends a device its desired document. */
  readonly publishDesired: (device: string) => void;
  /** Ends a device's MQTT connection. */
  readonly disconnect: (device: string) => void;
  /** Absent: plain HTTP. */
  readonly tls?: HttpSecurity;
  /** Takes over a connection that carries MQTT. */
  readonly acceptMqtt: (connection: Duplex, socket: Socket) => void;
  /** Absent: plain text, no certificates. */
  readonly fleet?: FleetIdentity;
  readonly version: string;
  /** Make the document of the API at once, not when it is asked for. */
  readonly describeFirst: boolean;
  readonly site: Site;
  /** For HTTP connections. */
  readonly places: Places;
  /** Folder of the built dashboard; it may be missing. */
  readonly dashboard: string;
  /** Each throws with the reason why its part is not ready; for /readyz. */
  readonly checks: Readonly<Record<string, () => void | Promise<void>>>;
}
