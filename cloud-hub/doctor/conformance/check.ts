/** What a check of a broker is. To add one: a file in checks/ and a line in conformance.ts. */
import type { Finding } from '../../../shared/doctor/finding.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { type Login, openProbe, type Probe, type ProbeOptions } from './probe.ts';

/** Who signs in: the hub, and a device that nothing else uses. */
export interface Roles {
  readonly hub: Login;
  readonly device: Login;
  /** The id of the device, and of its topics. */
  readonly id: string;
  /** The device has a password of its own: the broker is meant to tell clients apart. */
  readonly isStrict: boolean;
}

export type Role = 'hub' | 'device';
type OpenOptions = Partial<Omit<ProbeOptions, 'login' | 'clock'>> & { readonly beside?: boolean };

export interface Surroundings {
  readonly roles: Roles;
  readonly version: 4 | 5;
  readonly clock: Clock;
  /**
   * Opens a connection. The one that this role had before ends first: a broker may take all connections of a user for one client.
   * `beside`: it stays.
   */
  open(role: Role, more?: OpenOptions): Promise<Probe>;
}

export interface Check {
  /** What a person reads. */
  readonly subject: string;
  /** Why we need it, when it is missing. */
  readonly why: string;
  /** @throws Error that says what the broker did */
  run(around: Surroundings): Promise<Finding | string>;
}

/** @param unique text for client ids */
export function surroundings(
  base: Pick<Surroundings, 'roles' | 'version' | 'clock'>,
  unique: () => string,
): Surroundings & { close(): Promise<void> } {
  const last = new Map<Role, Probe>();
  const all: Probe[] = [];
  return {
    ...base,
    async open(role, { beside = false, ...more } = {}) {
      const { roles, version, clock } = base;
      if (!beside) await last.get(role)?.end();
      const login = role === 'hub' ? roles.hub : roles.device;
      const probe = await openProbe({ login, clientId: `${role}-${unique()}`, version, ...more, clock });
      last.set(role, probe);
      all.push(probe);
      return probe;
    },
    async close() {
      await Promise.all(all.map((probe) => probe.end()));
    },
  };
}
