/**
 * A sign-in by the identity provider: where the browser is sent, and what comes of its return.
 *
 * What ties the two together goes into a cookie, sealed with a key that ends with the process: nothing is stored, so nobody can
 * fill the memory by beginning. Each cookie counts once, for ten minutes; the newest MAX_USED that were used are remembered.
 * A restart in between: the person is asked to begin again.
 */
import { z } from 'zod';
import type { Clock } from '../../../shared/kit/clock.ts';
import type { Logger } from '../../../shared/kit/log.ts';
import type { NewSession } from '../identity.ts';
import type { Sealing } from '../sealing.ts';
import type { createPeople, Meant, PersonFault } from './people.ts';
import { newChecks, type Provider, ProviderError, type ProviderFault } from './provider.ts';

export const LOGIN_MS = 10 * 60_000;
const MAX_USED = 10_000;
const OWNER = 'sign-in by the provider';
/** A cookie is no longer than this; in characters. */
const MAX_COOKIE = 4096;

export type SignInFault = ProviderFault | PersonFault | 'expired';

export type Returned =
  | { readonly session: NewSession; readonly back: string }
  | { readonly linked: true; readonly back: string }
  | { readonly fault: SignInFault };

const login = z.strictObject({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  back: z.string(),
  endsAt: z.number(),
  invitation: z.string().optional(),
  link: z.strictObject({ user: z.number(), session: z.number() }).optional(),
});

export interface ProviderSignInOptions {
  readonly provider: Provider;
  readonly people: ReturnType<typeof createPeople>;
  readonly sealing: Sealing;
  readonly title: string;
  /** Address of the hub, with a slash at its end. */
  readonly home: string;
  readonly redirectUri: string;
  readonly clock: Pick<Clock, 'wall'>;
  readonly log: Pick<Logger, 'warn'>;
}

export type ProviderSignIn = ReturnType<typeof createProviderSignIn>;

export function createProviderSignIn(options: ProviderSignInOptions) {
  const { provider, people, sealing, title, home, redirectUri, clock, log } = options;
  const used = new Set<string>();
  const isFirstUse = (state: string): boolean => {
    if (used.has(state)) return false;
    used.add(state);
    const [oldest] = used;
    if (used.size > MAX_USED && oldest !== undefined) used.delete(oldest);
    return true;
  };
  const opened = (cookie: string | undefined): z.infer<typeof login> | undefined => {
    const text = cookie === undefined || cookie.length > MAX_COOKIE ? undefined : sealing.open(OWNER, cookie);
    return text === undefined ? undefined : login.parse(JSON.parse(text));
  };
  const failed = (error: unknown): ProviderFault => {
    if (!(error instanceof ProviderError)) throw error;
    // Its cause may hold what the provider sent: tokens.
    log.warn({ fault: error.fault, reason: error.message.slice(0, 500) }, 'a sign-in by the identity provider failed');
    return error.fault;
  };

  return {
    title,
    home,

    /** @param back page of the hub to which he returns. @throws ProviderError */
    async begin(back: string | undefined, meant: Meant = {}): Promise<{ location: string; cookie: string }> {
      const checks = newChecks();
      try {
        const location = (await provider.authorization(checks)).href;
        const content = { ...checks, ...meant, back: pageOf(back, home), endsAt: clock.wall() + LOGIN_MS };
        return { location, cookie: sealing.seal(OWNER, JSON.stringify(content)) };
      } catch (error) {
        failed(error);
        throw error;
      }
    },

    /** @param query of the address to which the browser came back */
    async finish(query: string, cookie: string | undefined, address: string): Promise<Returned> {
      const begun = opened(cookie);
      // The wall clock may have been set in between: what is far ahead is over too.
      const leftMs = (begun?.endsAt ?? 0) - clock.wall();
      if (!begun || leftMs <= 0 || leftMs > LOGIN_MS || !isFirstUse(begun.state)) return { fault: 'expired' };
      try {
        const claims = await provider.claims(new URL(`${redirectUri}?${query}`), begun);
        const met = await people.meet(claims, begun, address);
        if (!('fault' in met)) return { ...met, back: begun.back };
        log.warn(
          { fault: met.fault, issuer: claims.iss, subject: claims.sub },
          'a person of the provider did not come in',
        );
        return met;
      } catch (error) {
        return { fault: failed(error) };
      }
    },

    /** Where a browser ends its session at the provider: its own page, or the hub's where it has none, or is gone. */
    async endSession(): Promise<string> {
      try {
        return (await provider.endSession())?.href ?? home;
      } catch (error) {
        failed(error);
        return home;
      }
    },
  };
}

/** A page of this hub; anything else is its first page, so that no link to the hub leads elsewhere. */
export function pageOf(back: string | undefined, home: string): string {
  if (back === undefined || !/^[\w.~/?&=%:,+-]*$/.test(back) || !URL.canParse(back, home)) return home;
  const { href } = new URL(back, home);
  return href.startsWith(home) ? href : home;
}
