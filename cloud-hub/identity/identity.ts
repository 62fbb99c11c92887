/** Who sent a request: API tokens, sessions, one-time codes, and the tokens of devices. Only digests are stored. */
import type { Clock } from '../../shared/kit/clock.ts';
import type { Identity, Role, Scope, SignInWay } from '../contract/identity.ts';
import type { Act, Guard } from '../store/audit.ts';
import type { SessionRow } from '../store/sessions.ts';
import type { HubStore, Parts } from '../store/store.ts';
import type { TokenRow } from '../store/tokens.ts';
import { hasRole } from './roles.ts';
import { digestSecret, matchesDigest, newSecret } from './secrets.ts';

export const SESSION_MS = 12 * 3600_000;
export const CODE_MS = 10 * 60_000;

/** A longer credential is refused without hashing it; in characters. */
const MAX_SECRET = 256;

/** Who calls, and by what: it ends when its token or its session does. */
export interface Caller extends Identity {
  /** Id of the API token or user that he is, or that his session came from. */
  readonly token: number;
  /** Id of his session, when he has one. */
  readonly session?: number;
  /** Where he calls from, as far as trusted proxies say. */
  readonly address?: string;
  /** What must hold for what he changes by this request. */
  readonly guard?: Guard;
}

/** Where a request comes from. */
type From = Pick<Caller, 'address'>;

export interface NewSession {
  readonly identity: Caller;
  /** The value of the cookie. */
  readonly secret: string;
}

/** For the audit: what a caller does now. */
export function actOf({ name, address, guard }: Pick<Caller, 'name' | 'address' | 'guard'>, at: number): Act {
  return { at, actor: name, ...(address === undefined ? {} : { address }), ...(guard ? { guard } : {}) };
}

/** What has ended: a token with all its sessions, or one session. */
export type Ended = { readonly token: number } | { readonly session: number };

export interface IdentityOptions {
  readonly store: HubStore;
  readonly clock: Pick<Clock, 'wall'>;
  /** Called after the end of a token or session, for what stands on it. */
  readonly ended?: (what: Ended) => void;
  /** Must users of this role have a second factor when they sign in by a password? Default: no. */
  readonly needsFactor?: (role: Role) => boolean;
}

/** What a token or user may do, and with which devices. */
export interface Rights {
  readonly role: Role;
  readonly scope?: Scope | undefined;
  /** Milliseconds since 1970; absent: it does not end by itself. */
  readonly expiresAt?: number | undefined;
}

export type IdentityService = ReturnType<typeof createIdentityService>;

export function createIdentityService({ store, clock, ended, needsFactor }: IdentityOptions) {
  const fromToken = async (token: string): Promise<Caller | undefined> => {
    if (token.length > MAX_SECRET) return undefined;
    const row = await store.tokens.byHash(digestSecret(token));
    if (row?.kind !== 'token' || !matchesDigest(token, row.hash)) return undefined;
    if (row.expiresAt !== undefined && row.expiresAt <= clock.wall()) return undefined;
    return { ...seenOf(row.scope), role: row.role, name: row.name, token: row.id };
  };

  /** Ways that ask for nothing but a password of a user. */
  const isByPassword = (way: SignInWay) => way === 'password' || way === 'invitation';
  const mustEnrol = (role: Role, way: SignInWay, hasFactor: boolean) =>
    isByPassword(way) && !hasFactor && (needsFactor?.(role) ?? false);
  /** Part of a transaction. @param detail more for the audit of how he came in */
  const begin = async (
    tx: Parts,
    from: Caller,
    way: SignInWay,
    detail: Record<string, unknown> = {},
  ): Promise<NewSession | undefined> => {
    const now = clock.wall();
    const secret = newSecret();
    const { role, name, token } = from;
    const about = { role, name, token, way, createdAt: now, expiresAt: now + SESSION_MS };
    const session = await tx.sessions.add(digestSecret(secret), about);
    if (session === undefined) return undefined;
    await tx.audit.add(actOf(from, now), 'session.begin', String(session), { role, by: way, ...detail });
    const user = from.user === undefined ? {} : { user: from.user };
    const enrol = from.user && mustEnrol(role, way, (await tx.secondFactors.get(token))?.isConfirmed ?? false);
    const more = { ...(way === 'provider' ? { provider: true } : {}), ...(enrol ? { mustEnrol: true } : {}) };
    const rest = { ...user, ...more, role, name, token, session };
    return { identity: { ...seenOf(from.scope), ...rest }, secret };
  };

  /** In one transaction: a code is used up exactly when it begins a session. */
  const beginByCode = (secret: string, from: From): Promise<NewSession | undefined> =>
    store.transact(async (tx) => {
      const code = await tx.sessions.takeCode(digestSecret(secret));
      if (!code || code.expiresAt <= clock.wall()) return undefined;
      return begin(tx, { ...from, role: code.role, name: `sign-in code of ${code.maker}`, token: code.token }, 'code');
    });

  return {
    fromToken,
    begin,

    async fromSession(secret: string): Promise<Caller | undefined> {
      if (secret.length > MAX_SECRET) return undefined;
      const session = await store.sessions.byHash(digestSecret(secret));
      const now = clock.wall();
      if (!session || session.expiresAt <= now || (session.tokenEndsAt ?? Infinity) <= now) return undefined;
      const { name, token, id, kind, scope, tokenRole, way, hasFactor } = session;
      // A code, or a sign-in that was under way, may be of a time when its owner might do more.
      const role = hasRole(tokenRole, session.role) ? session.role : tokenRole;
      const enrol = kind === 'user' && mustEnrol(role, way, hasFactor) ? { mustEnrol: true } : {};
      const user = kind === 'user' ? { user: true, ...(way === 'provider' ? { provider: true } : {}), ...enrol } : {};
      return { ...seenOf(scope), ...user, role, name, token, session: id };
    },

    /** Begins a session for an API token or a one-time code (which it uses up); undefined when it is not valid. */
    async signIn(credential: { code: string } | { token: string }, from: From = {}): Promise<NewSession | undefined> {
      if ('code' in credential) {
        const begun = await beginByCode(credential.code, from);
        if (begun) await store.sessions.sweep(clock.wall());
        return begun;
      }
      const found = await fromToken(credential.token);
      if (!found) return undefined;
      await store.sessions.sweep(clock.wall());
      return store.transact(async (tx) => begin(tx, { ...found, ...from }, 'token'));
    },

    async signOut(secret: string, caller: Pick<Caller, 'name' | 'address'>): Promise<void> {
      const session = await store.transact(async (tx) => {
        const gone = await tx.sessions.removeByHash(digestSecret(secret));
        if (gone !== undefined) await tx.audit.add(actOf(caller, clock.wall()), 'session.end', String(gone));
        return gone;
      });
      if (session !== undefined) ended?.({ session });
    },

    /** The sessions that `caller` may see: an admin all, others those of their own token. Newest first. */
    sessions: (caller: Caller, page: { before: number | undefined; limit: number }): Promise<SessionRow[]> =>
      store.sessions.list({ ...page, now: clock.wall(), token: caller.role === 'admin' ? undefined : caller.token }),

    /** Ends a session that `caller` may see; false when there is none. */
    async endSession(caller: Caller, session: number): Promise<boolean> {
      const own = caller.role === 'admin' ? undefined : caller.token;
      const isEnded = await store.transact(async (tx) => {
        if (!(await tx.sessions.remove(session, own))) return false;
        await tx.audit.add(actOf(caller, clock.wall()), 'session.end', String(session));
        return true;
      });
      if (isEnded) ended?.({ session });
      return isEnded;
    },

    /** A code that signs in once, within ten minutes, while its maker's token is there; undefined when that is gone. */
    async newCode(role: Role, maker: Caller): Promise<{ code: string; expiresAt: number } | undefined> {
      const now = clock.wall();
      await store.sessions.sweep(now);
      const code = newSecret();
      const expiresAt = now + CODE_MS;
      const isMade = await store.transact(async (tx) => {
        if (!(await tx.sessions.addCode(digestSecret(code), { role, token: maker.token, expiresAt }))) return false;
        await tx.audit.add(actOf(maker, now), 'code.add', role);
        return true;
      });
      return isMade ? { code, expiresAt } : undefined;
    },

    /** A new API token; undefined when the name is taken. */
    async newToken(
      name: string,
      rights: Rights,
      maker: Pick<Caller, 'name' | 'address'>,
    ): Promise<{ token: string; row: TokenRow } | undefined> {
      const token = newSecret();
      return store.transact(async (tx) => {
        const row = await tx.tokens.add({ ...rights, name, hash: digestSecret(token), createdAt: clock.wall() });
        if (!row) return undefined;
        await tx.audit.add(actOf(maker, row.createdAt), 'token.add', name, { ...rights });
        return { token, row };
      });
    },

    /** Ends an API token with its sessions and unused codes; false when there is none. */
    async removeToken(caller: Pick<Caller, 'name' | 'address'>, id: number): Promise<boolean> {
      const isRemoved = await store.transact(async (tx) => {
        const name = await tx.tokens.remove(id);
        if (name === undefined) return false;
        await tx.audit.add(actOf(caller, clock.wall()), 'token.remove', name);
        return true;
      });
      if (isRemoved) ended?.({ token: id });
      return isRemoved;
    },

    /** Adds a device; its token, or undefined when the id is taken. */
    addDevice: (id: string, act: Act): Promise<string | undefined> =>
      store.transact(async (tx) => {
        const token = newSecret();
        if (!(await tx.devices.add(id, digestSecret(token), act.at))) return undefined;
        await tx.audit.add(act, 'device.add', id);
        return token;
      }),

    /** Removes a device with its token and certificates; false when there is none. What it sent stays. */
    removeDevice: (id: string, act: Act): Promise<boolean> =>
      store.transact(async (tx) => {
        if (!(await tx.devices.remove(id))) return false;
        await tx.claims.forget(id);
        await tx.certificates.revoke(id, act.at, 'the device was deleted', 0);
        await tx.audit.add(act, 'device.remove', id);
        return true;
      }),

    /** Is this the token of the device? Refusing an unknown device takes as long as refusing a wrong token. */
    async isDevice(id: string, token: string): Promise<boolean> {
      return token.length <= MAX_SECRET && matchesDigest(token, (await store.devices.tokenHash(id)) ?? '');
    },

    /** Replaces a device's token; undefined when there is no such device. */
    renewDeviceToken: (id: string, act: Act): Promise<string | undefined> =>
      store.transact(async (tx) => {
        const token = newSecret();
        if (!(await tx.devices.setTokenHash(id, digestSecret(token)))) return undefined;
        await tx.audit.add(act, 'device.token', id);
        return token;
      }),
  };
}

function seenOf(scope: Scope | undefined): { readonly scope?: Scope } {
  return scope === undefined ? {} : { scope };
}
