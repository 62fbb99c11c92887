/**
 * People: an admin invites them with a role and perhaps a scope, they choose a password by a link that works once, and sign in
 * with name and password. What they may do is decided as for tokens (identity.ts).
 *
 * Guessing a password is slowed twice: by the client's network, and by the name. So that nobody can lock a person out by guessing
 * at his name, the name counts apart for each network from which he signed in before (as long as the hub runs).
 */
import type { Clock } from '../../shared/kit/clock.ts';
import type { SignInWay } from '../contract/identity.ts';
import type { HubStore, Parts } from '../store/store.ts';
import type { TokenRow } from '../store/tokens.ts';
import type { FailedAttempts } from './attempts.ts';
import { actOf, type Caller, type Ended, type NewSession, type Rights } from './identity.ts';
import { networkOf } from './network.ts';
import type { Passwords } from './passwords.ts';
import type { SecondFactors } from './second-factor.ts';
import { digestSecret, newSecret } from './secrets.ts';

export const INVITATION_MS = 7 * 24 * 3600_000;

/** Pairs of user and network that are remembered; with more, the one that signed in longest ago is forgotten. */
const MAX_KNOWN = 10_000;

export interface UsersOptions {
  readonly store: Pick<HubStore, 'tokens' | 'users' | 'sessions' | 'subjects' | 'audit' | 'transact'>;
  readonly clock: Pick<Clock, 'wall'>;
  readonly passwords: Passwords;
  /** Failures by name. */
  readonly byName: FailedAttempts;
  /** Failures by network. */
  readonly byAddress: FailedAttempts;
  /** Begins a session; part of a transaction. */
  readonly begin: (tx: Parts, from: Caller, way: SignInWay) => Promise<NewSession | undefined>;
  readonly factors: SecondFactors;
  readonly ended: (what: Ended) => void;
}

/** A sign-in that did not work; `waitMs` above 0: not even tried, or the last that is tried for so long. */
export interface SignInFailure {
  readonly waitMs: number;
  /** The password (or the invitation) is right: a code of the second factor is missing, or wrong. */
  readonly secondFactor?: 'missing' | 'wrong';
}

export type Users = ReturnType<typeof createUsers>;

export function createUsers({ store, clock, passwords, byName, byAddress, begin, ended, factors }: UsersOptions) {
  const known = new Set<string>();
  const remember = (pair: string) => {
    known.delete(pair);
    known.add(pair);
    const [oldest] = known;
    if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest);
  };
  const userNamed = async (name: string, from: Pick<Parts, 'tokens'> = store): Promise<TokenRow | undefined> => {
    const row = await from.tokens.byName(name);
    return row?.kind === 'user' ? row : undefined;
  };
  const callerOf = ({ id, name, role, scope }: TokenRow, address: string): Caller => ({
    ...{ name, role, token: id, address, user: true },
    ...(scope === undefined ? {} : { scope }),
  });
  /** Part of a transaction. */
  const invite = async (tx: Parts, owner: number): Promise<{ invitation: string; expiresAt: number }> => {
    const invitation = newSecret();
    const expiresAt = clock.wall() + INVITATION_MS;
    await tx.users.invite(owner, digestSecret(invitation), expiresAt);
    return { invitation, expiresAt };
  };

  /** How a user comes in who has shown what comes first. */
  const shown = async (
    user: TokenRow,
    first: 'password' | 'invitation',
    code: string | undefined,
    address: string,
    counted: string,
  ): Promise<{ readonly way: SignInWay } | SignInFailure> => {
    if (!(await factors.isOn(user.id))) return { way: first };
    if (code === undefined) return { waitMs: 0, secondFactor: 'missing' };
    const found = await factors.show({ id: user.id, name: user.name, address, counted }, code);
    return 'way' in found ? found : { ...found, secondFactor: 'wrong' };
  };
  /** Is this his own password? A failure counts as one of signing in. @returns its hash. @throws PasswordsBusy */
  const confirmPassword = async (caller: Caller, password: string): Promise<{ hash: string } | SignInFailure> => {
    const waitMs = byName.waitMs(caller.name);
    if (waitMs > 0) return { waitMs };
    const hash = await store.users.password(caller.token);
    byName.failed(caller.name);
    if (!(await passwords.verify(password, hash)) || hash === undefined) return { waitMs: 0 };
    byName.succeeded(caller.name);
    return { hash };
  };

  return {
    confirmPassword,

    /** @param code of the second factor, or a recovery code. @throws PasswordsBusy */
    async signIn(
      { name, password, code }: { name: string; password: string; code?: string | undefined },
      address: string,
    ): Promise<NewSession | SignInFailure> {
      const pair = `${name} ${networkOf(address)}`;
      // From his own network his name counts apart: whoever signs in there as himself begins the network's count anew.
      const counted = known.has(pair) ? pair : name;
      const waitMs = Math.max(byAddress.waitMs(address), byName.waitMs(counted));
      if (waitMs > 0) return { waitMs };
      // Counted before anything is waited for: whoever asks many at once gets no more tries than others.
      byAddress.failed(address);
      byName.failed(counted);
      const user = await userNamed(name);
      const hash = user && (await store.users.password(user.id));
      if (!(await passwords.verify(password, hash)) || !user) return { waitMs: 0 };
      const found = await shown(user, 'password', code, address, counted);
      if (!('way' in found)) return found;
      const session = await store.transact(async (tx) =>
        // It may have been changed, or he removed, while it was looked at.
        (await tx.users.password(user.id)) === hash ? begin(tx, callerOf(user, address), found.way) : undefined,
      );
      if (!session) return { waitMs: 0 };
      byAddress.succeeded(address);
      byName.succeeded(name);
      byName.succeeded(pair);
      remember(pair);
      return session;
    },

    list: async (from: Pick<Parts, 'tokens' | 'users'> = store) => {
      const [rows, states] = await Promise.all([from.tokens.list('user'), from.users.states()]);
      return rows.map((row) => ({ row, state: states.get(row.id) }));
    },

    /** A new user with an invitation; undefined when the name is taken, by a token too. */
    add(name: string, { role, scope }: Rights, maker: Caller) {
      return store.transact(async (tx) => {
        const about = { name, role, scope, kind: 'user' as const, createdAt: clock.wall() };
        const row = await tx.tokens.add({ ...about, hash: digestSecret(newSecret()) });
        if (!row) return undefined;
        await tx.audit.add(actOf(maker, clock.wall()), 'user.add', name, { role, ...(scope ? { scope } : {}) });
        return { row, ...(await invite(tx, row.id)) };
      });
    },

    /** A new link by which a user chooses a password, his first or another; undefined when there is no such user. */
    async invite(name: string, maker: Caller) {
      const row = await userNamed(name);
      if (!row) return undefined;
      return store.transact(async (tx) => {
        await tx.audit.add(actOf(maker, clock.wall()), 'user.invite', name);
        return { row, ...(await invite(tx, row.id)) };
      });
    },

    /** Changes what a user may do; his sessions end. False when there is no such user. */
    async setRights(name: string, { role, scope }: Rights, maker: Caller): Promise<TokenRow | undefined> {
      const row = await store.transact(async (tx) => {
        const user = await userNamed(name, tx);
        if (!user) return undefined;
        await tx.tokens.setRights(user.id, role, scope);
        await tx.sessions.removeOf(user.id);
        await tx.audit.add(actOf(maker, clock.wall()), 'user.set', name, { role, ...(scope ? { scope } : {}) });
        return user;
      }, maker.guard);
      if (!row) return undefined;
      ended({ token: row.id });
      return { ...row, role, scope };
    },

    /** Takes the second factor of a user away, for one who lost it; his sessions end. False when he has none, or is not there. */
    async resetFactor(name: string, maker: Caller): Promise<boolean> {
      const row = await userNamed(name);
      if (!row) return false;
      const isReset = await store.transact(async (tx) => {
        if (!(await factors.remove(tx, row, maker))) return false;
        await tx.sessions.removeOf(row.id);
        return true;
      });
      if (isReset) ended({ token: row.id });
      return isReset;
    },

    /** Parts a user from his account at the identity provider; his sessions end. False when he has none, or is not there. */
    async unlink(name: string, maker: Caller): Promise<boolean> {
      const row = await userNamed(name);
      if (!row) return false;
      const isParted = await store.transact(async (tx) => {
        if (!(await tx.subjects.unlink(row.id))) return false;
        await tx.sessions.removeOf(row.id);
        await tx.audit.add(actOf(maker, clock.wall()), 'user.unlink', name);
        return true;
      });
      if (isParted) ended({ token: row.id });
      return isParted;
    },

    /** Ends a user with his sessions; false when there is no such user. */
    async remove(name: string, maker: Caller): Promise<boolean> {
      const row = await userNamed(name);
      if (!row) return false;
      const isGone = await store.transact(async (tx) => {
        if ((await tx.tokens.remove(row.id, 'user')) === undefined) return false;
        await tx.audit.add(actOf(maker, clock.wall()), 'user.remove', name);
        return true;
      }, maker.guard);
      if (isGone) ended({ token: row.id });
      return isGone;
    },

    /**
     * Chooses a password by an invitation, which is used up, and begins a session; undefined when it does not work.
     * @param code of the second factor, for whoever has one
     * @throws PasswordsBusy
     */
    async join(
      { invitation, password, code }: { invitation: string; password: string; code?: string | undefined },
      address: string,
    ): Promise<NewSession | SignInFailure | undefined> {
      const digest = digestSecret(invitation);
      const owner = await store.users.invited(digest, clock.wall());
      const user = owner === undefined ? undefined : await store.tokens.byId(owner);
      if (!user) return undefined;
      const hash = await passwords.hash(password);
      // A link alone must not go round the second factor: it may have been sent to another.
      const found = await shown(user, 'invitation', code, address, user.name);
      if (!('way' in found)) return found;
      const session = await store.transact(async (tx) => {
        if ((await tx.users.takeInvitation(digest, clock.wall())) !== user.id) return undefined;
        await tx.users.setPassword(user.id, hash, clock.wall());
        await tx.sessions.removeOf(user.id);
        const caller = callerOf(user, address);
        await tx.audit.add(actOf(caller, clock.wall()), 'user.join', user.name);
        return begin(tx, caller, found.way);
      });
      if (!session) return undefined;
      ended({ token: user.id });
      remember(`${user.name} ${networkOf(address)}`);
      return session;
    },

    /**
     * Replaces one's own password; the other sessions end. A failure counts as one of signing in.
     * @throws PasswordsBusy
     */
    async changePassword(caller: Caller, before: string, after: string): Promise<true | SignInFailure> {
      const confirmed = await confirmPassword(caller, before);
      if (!('hash' in confirmed)) return confirmed;
      const { hash } = confirmed;
      const next = await passwords.hash(after);
      const others = await store.transact(async (tx) => {
        if ((await tx.users.password(caller.token)) !== hash) return undefined;
        await tx.users.setPassword(caller.token, next, clock.wall());
        await tx.audit.add(actOf(caller, clock.wall()), 'user.password', caller.name);
        return tx.sessions.removeOf(caller.token, caller.session);
      });
      if (!others) return { waitMs: 0 };
      for (const session of others) ended({ session });
      return true;
    },
  };
}
