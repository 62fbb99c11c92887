/** The identities of the fleet in one part: who is let in, whose certificate counts, and the list of those that do not. */
import type { Enrolled } from '../../shared/contract/enrolment.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { DAY_MS, HOUR_MS } from '../../shared/kit/durations.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { HubStore } from '../store/store.ts';
import { type HubAuthority, LOOK_MS } from './authority.ts';
import { type IdentifyClient, identifyClients } from './clients.ts';
import { Enrolment } from './enrolment.ts';

export interface FleetIdentity {
  readonly authority: HubAuthority;
  readonly enrolment: Enrolment;
  readonly identify: IdentifyClient;
  /** Certificates of this device were revoked: its connection ends, and brokers learn of it. */
  readonly revoked: (device: string) => void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface FleetIdentityOptions {
  readonly store: HubStore;
  readonly authority: HubAuthority;
  readonly surroundings: () => Pick<Enrolled, 'broker' | 'trustRoot' | 'hasOwnCertificate'>;
  readonly graceDays: number;
  /** The list of revoked certificates was written: brokers that the hub keeps files for get theirs. */
  readonly published?: (now: number) => Promise<void>;
  /** Looks at the connection of a device again, or at all of them. */
  readonly recheck: (device?: string) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createFleetIdentity(options: FleetIdentityOptions): FleetIdentity {
  const { store, authority, surroundings, graceDays, published, recheck, clock, log } = options;
  let cancels: Cancel[] = [];
  let told = '';
  let publishing: Promise<void> = Promise.resolve();

  /** One after another, so that the newest state is written last. */
  const publish = (): void => {
    const write = async () => {
      const now = clock.wall();
      told = authority.state();
      await authority.publishRevoked(await store.certificates.revoked(now - graceDays * DAY_MS), now);
      await published?.(now);
    };
    publishing = publishing.then(write).catch((error: unknown) => {
      log.error(
        { err: error },
        'the list of revoked certificates, or what a broker reads, cannot be written; brokers do not learn of the newest',
      );
    });
  };
  const revoked = (device: string) => {
    recheck(device);
    publish();
  };
  const enrolment = new Enrolment({ store, authority, surroundings, graceDays, revoked, clock });
  const identify = identifyClients({
    roots: () => authority.roots(),
    issuers: () => authority.issuers(clock.wall()),
    noted: (serial) => store.certificates.bySerial(serial),
    isKnown: async (device) => (await store.devices.tokenHash(device)) !== undefined,
    now: () => clock.wall(),
  });
  return {
    authority,
    enrolment,
    identify,
    revoked,
    async start() {
      publish();
      await publishing;
      cancels = [
        clock.every(HOUR_MS, () => {
          store.certificates.sweep(clock.wall() - (graceDays + 1) * DAY_MS).catch((error: unknown) => {
            log.error({ err: error }, 'old certificates could not be removed');
          });
          recheck();
          publish();
        }),
        // A broker takes no certificate of an issuer whose list it does not have.
        clock.every(LOOK_MS, () => {
          if (authority.state() !== told) publish();
        }),
      ];
    },
    async stop() {
      for (const cancel of cancels) cancel();
      await publishing;
    },
  };
}
