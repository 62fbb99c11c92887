/** Puts the parts that say who somebody is together, for the composition root. */
import path from 'node:path';
import type { Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { HubConfig } from '../config.ts';
import type { Role } from '../contract/identity.ts';
import type { HubStore } from '../store/store.ts';
import { FailedAttempts } from './attempts.ts';
import { createIdentityService, type Ended } from './identity.ts';
import { openOidc } from './oidc/open.ts';
import { createPasswords } from './passwords.ts';
import { createRefusedAttempts } from './refused-attempts.ts';
import { keyInFile, sealingWith } from './sealing.ts';
import { createSecondFactors, MAX_WRONG, WRONG_WINDOW_MS } from './second-factor.ts';
import { createUsers } from './users.ts';

/** In the data folder. */
export const FACTOR_KEY_FILE = 'second-factor.key';

export interface OpenIdentityOptions {
  readonly config: Pick<HubConfig, 'secondFactor' | 'oidcFile' | 'publicUrl'>;
  readonly dataDir: string;
  readonly store: HubStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called after the end of a token or session, for what stands on it. */
  readonly ended: (what: Ended) => void;
}

/** @throws Error that says what to do when a file is damaged or wrong */
export function openIdentity({ config, dataDir, store, clock, log, ended }: OpenIdentityOptions) {
  const needed = { optional: [], admins: ['admin'], everybody: ['admin', 'operator', 'viewer'] } as const;
  const needsFactor = (role: Role) => needed[config.secondFactor].some((one) => one === role);
  const identity = createIdentityService({ store, clock, ended, needsFactor });
  const attempts = new FailedAttempts(clock);
  const factors = createSecondFactors({
    ...{ store, clock, log, wrong: new FailedAttempts(clock, MAX_WRONG, WRONG_WINDOW_MS) },
    sealing: sealingWith(keyInFile(path.join(dataDir, FACTOR_KEY_FILE), 'reset the second factors of users')),
  });
  const users = createUsers({
    ...{ store, clock, ended, factors, passwords: createPasswords(), begin: identity.begin },
    ...{ byAddress: attempts, byName: new FailedAttempts(clock) },
  });
  const refused = createRefusedAttempts({ store, clock, log });
  const { oidcFile: file, publicUrl: home } = config;
  const provider =
    file === undefined || home === undefined
      ? undefined
      : openOidc({ file, home, store, clock, log, ended, begin: identity.begin });
  return { identity, attempts, factors, users, refused, ...(provider ? { provider } : {}) };
}
