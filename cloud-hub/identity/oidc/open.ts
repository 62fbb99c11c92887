/** Puts the parts of signing in by an identity provider together. */
import type { Clock } from '../../../shared/kit/clock.ts';
import type { Logger } from '../../../shared/kit/log.ts';
import { sealingWith } from '../sealing.ts';
import { createPeople, type PeopleOptions } from './people.ts';
import { createProvider } from './provider.ts';
import { readOidcFile } from './settings.ts';
import { createProviderSignIn, type ProviderSignIn } from './sign-in.ts';

/** Below the base of the hub. */
export const CALLBACK = 'api/v1/sign-in/provider/callback';

export interface OpenOidcOptions extends Omit<PeopleOptions, 'settings' | 'clock'> {
  /** See settings.ts. */
  readonly file: string;
  /** Address of the hub, with a slash at its end. */
  readonly home: string;
  readonly clock: Pick<Clock, 'wall' | 'mono'>;
  readonly log: Logger;
}

/** @throws Error that names the file and what is wrong in it */
export function openOidc({ file, home, ...parts }: OpenOidcOptions): ProviderSignIn {
  const settings = readOidcFile(file);
  const redirectUri = `${home}${CALLBACK}`;
  return createProviderSignIn({
    ...parts,
    provider: createProvider({ settings, redirectUri, home, clock: parts.clock }),
    people: createPeople({ ...parts, settings }),
    sealing: sealingWith(),
    title: settings.title,
    home,
    redirectUri,
  });
}
