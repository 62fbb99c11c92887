/** Who is asking? Tokens, sessions, one-time codes, and the tokens of devices. Only digests are stored. */
import type { Clock } from '../../shared/kit/clock.ts';
import type { Identity, Role } from '../api/schemas/api.ts';
import type { Store } from '../store/store.ts';
import type { TokenRow } from '../store/tokens.ts';
import { digestSecret, matchesDigest, newSecret } from './secrets.ts';

export const SESSION_MS = 12 * 3600_000;
export const CODE_MS = 10 * 60_000;

/** Longest credential worth looking at. */
const MAX_SECRET = 256;

export interface NewSession {
  readonly identity: Identity;
  /** The value of the cookie. */
  readonly secret: string;
}

export type IdentityService = ReturnType<typeof createIdentityService>;

export function createIdentityService({ store, clock }: { store: Store; clock: Clock }) {
  const fromToken = async (token: string): Promise<Identity | undefined> => {
    if (token.length > MAX_SECRET) return undefined;
    const row = await store.tokens.byHash(digestSecret(token));
    return row && matchesDigest(token, row.hash) ? { role: row.role, name: row.name } : undefined;
  };

  const begin = async (identity: Identity): Promise<NewSession> => {
    const now = clock.wall();
    await store.sessions.sweep(now);
    const secret = newSecret();
    await store.sessions.add(digestSecret(secret), { ...identity, expiresAt: now + SESSION_MS });
    return { identity, secret };
  };

  return {
    fromToken,

    async fromSession(secret: string): Promise<Identity | undefined> {
      if (secret.length > MAX_SECRET) return undefined;
      const session = await store.sessions.byHash(digestSecret(secret));
      if (!session || session.expiresAt <= clock.wall()) return undefined;
      return { role: session.role, name: session.name };
    },

    /** Begins a session for an API token or a one-time code (which it uses up); undefined when it is not valid. */
    async signIn(credential: { code: string } | { token: string }): Promise<NewSession | undefined> {
      if ('token' in credential) {
        const identity = await fromToken(credential.token);
        return identity && begin(identity);
      }
      const code = await store.sessions.takeCode(digestSecret(credential.code));
      if (!code || code.expiresAt <= clock.wall()) return undefined;
      return begin({ role: code.role, name: 'sign-in code' });
    },

    signOut: (secret: string): Promise<void> => store.sessions.remove(digestSecret(secret)),

    /** A code that signs in once, within ten minutes. */
    async newCode(role: Role): Promise<{ code: string; expiresAt: number }> {
      const now = clock.wall();
      await store.sessions.sweep(now);
      const code = newSecret();
      await store.sessions.addCode(digestSecret(code), role, now + CODE_MS);
      return { code, expiresAt: now + CODE_MS };
    },

    /** A new API token; undefined when the name is taken. */
    async newToken(name: string, role: Role): Promise<{ token: string; row: TokenRow } | undefined> {
      const token = newSecret();
      const row = await store.tokens.add(name, role, digestSecret(token), clock.wall());
      return row && { token, row };
    },

    /** Ends an API token and the sessions begun with it; false when there is none. */
    async removeToken(id: number): Promise<boolean> {
      const row = (await store.tokens.list()).find((token) => token.id === id);
      if (!row || !(await store.tokens.remove(id))) return false;
      await store.sessions.removeNamed(row.name);
      return true;
    },

    /** Adds a device; its token, or undefined when the id is taken. */
    async addDevice(id: string): Promise<string | undefined> {
      const token = newSecret();
      return (await store.devices.add(id, digestSecret(token), clock.wall())) ? token : undefined;
    },

    /** Is this the token of the device? An unknown device costs the same time as a wrong token. */
    isDevice(id: string, token: string): boolean {
      return token.length <= MAX_SECRET && matchesDigest(token, store.devices.tokenHash(id) ?? '');
    },

    /** Replaces a device's token; undefined when there is no such device. */
    async renewDeviceToken(id: string): Promise<string | undefined> {
      const token = newSecret();
      return (await store.devices.setTokenHash(id, digestSecret(token))) ? token : undefined;
    },
  };
}
