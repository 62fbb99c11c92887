/**
 * Which user a person of the identity provider is: by issuer and subject alone, never by name or e-mail. Somebody new comes by an
 * invitation, by connecting his own account while he is signed in, or where the settings let him in.
 */
import type { Clock } from '../../../shared/kit/clock.ts';
import type { SignInWay } from '../../contract/identity.ts';
import type { HubStore, Parts } from '../../store/store.ts';
import type { Subject } from '../../store/subjects.ts';
import type { TokenRow } from '../../store/tokens.ts';
import { actOf, type Caller, type Ended, type NewSession } from '../identity.ts';
import { digestSecret, newSecret } from '../secrets.ts';
import { type Claims, type Judged, judge, type NotHere, nameOf } from './claims.ts';
import type { OidcSettings } from './settings.ts';

/** Whom the sign-in is for, when that was known before. */
export interface Meant {
  /** The secret of an invitation. */
  readonly invitation?: string | undefined;
  /** Who was signed in when he asked to connect his account, and by which session. */
  readonly link?: { readonly user: number; readonly session: number } | undefined;
}

export type PersonFault = NotHere | 'not-invited' | 'no-invitation' | 'taken' | 'signed-out';
export type Met = { readonly session: NewSession } | { readonly linked: true } | { readonly fault: PersonFault };

export interface PeopleOptions {
  readonly store: Pick<HubStore, 'tokens' | 'users' | 'sessions' | 'subjects' | 'audit' | 'transact'>;
  readonly clock: Pick<Clock, 'wall'>;
  readonly settings: Pick<OidcSettings, 'role' | 'scope' | 'newPeople'>;
  readonly begin: (
    tx: Parts,
    from: Caller,
    way: SignInWay,
    detail: Record<string, unknown>,
  ) => Promise<NewSession | undefined>;
  readonly ended: (what: Ended) => void;
}

/** Tries at a name that nobody has. */
const NAMES = 100;
const MAX_NAME = 64;

/** Thrown inside of a transaction, which it undoes. */
class Refusal extends Error {
  readonly fault: PersonFault;
  constructor(fault: PersonFault) {
    super(fault);
    this.fault = fault;
  }
}

export function createPeople({ store, clock, settings, begin, ended }: PeopleOptions) {
  const judged = (claims: Claims, known?: TokenRow): Judged => {
    const found = judge(claims, settings, known?.role);
    if (typeof found === 'string') throw new Refusal(found);
    return found;
  };
  const userOf = async (tx: Parts, id: number | undefined): Promise<TokenRow | undefined> => {
    const row = id === undefined ? undefined : await tx.tokens.byId(id);
    return row?.kind === 'user' ? row : undefined;
  };
  const connect = async (tx: Parts, user: TokenRow, subject: Subject, address: string) => {
    const owner = await tx.subjects.owner(subject);
    if (owner !== undefined && owner !== user.id) throw new Refusal('taken');
    await tx.subjects.link(user.id, subject, clock.wall());
    await tx.audit.add(actOf({ name: user.name, address }, clock.wall()), 'user.link', user.name, { ...subject });
  };
  const invited = async (
    tx: Parts,
    secret: string,
    subject: Subject,
    claims: Claims,
    address: string,
  ): Promise<TokenRow> => {
    const digest = digestSecret(secret);
    const user = await userOf(tx, await tx.users.invited(digest, clock.wall()));
    if (!user) throw new Refusal('no-invitation');
    judged(claims, user);
    await connect(tx, user, subject, address);
    await tx.users.takeInvitation(digest, clock.wall());
    await tx.sessions.removeOf(user.id);
    return user;
  };
  const added = async (tx: Parts, subject: Subject, claims: Claims, address: string): Promise<TokenRow> => {
    const { role = 'viewer', seen, isAdmitted } = judged(claims);
    if (!isAdmitted) throw new Refusal('not-invited');
    const about = { role, scope: seen?.scope, kind: 'user' as const, createdAt: clock.wall() };
    const wanted = nameOf(claims);
    for (let n = 1; n <= NAMES; n++) {
      // Never the name of another: nobody becomes somebody by what he calls himself.
      const name = n === 1 ? wanted : `${wanted.slice(0, MAX_NAME - 4)}-${n}`;
      if (name === 'hub' || name === 'nobody') continue;
      const row = await tx.tokens.add({ ...about, name, hash: digestSecret(newSecret()) });
      if (!row) continue;
      const rights = { role, ...(seen?.scope ? { scope: seen.scope } : {}) };
      await tx.audit.add(actOf({ name: 'hub', address }, clock.wall()), 'user.add', name, {
        ...rights,
        by: 'provider',
      });
      await connect(tx, row, subject, address);
      return row;
    }
    throw new Refusal('taken');
  };
  /** What the provider decides counts from now on. @returns the user, and whether his other sessions ended */
  const updated = async (
    tx: Parts,
    user: TokenRow,
    claims: Claims,
    address: string,
  ): Promise<{ user: TokenRow; hasChanged: boolean }> => {
    const found = judged(claims, user);
    const role = found.role ?? user.role;
    const scope = role === 'admin' ? undefined : found.seen ? found.seen.scope : user.scope;
    const rights = { role, ...(scope ? { scope } : {}) };
    if (role === user.role && sameScope(scope, user.scope)) return { user, hasChanged: false };
    await tx.tokens.setRights(user.id, role, scope);
    await tx.sessions.removeOf(user.id);
    await tx.audit.add(actOf({ name: 'hub', address }, clock.wall()), 'user.set', user.name, {
      ...rights,
      by: 'provider',
    });
    return { user: { ...user, role, scope }, hasChanged: true };
  };

  const linkOwn = async (
    tx: Parts,
    link: NonNullable<Meant['link']>,
    subject: Subject,
    address: string,
  ): Promise<Met> => {
    const user = await userOf(tx, link.user);
    if (!user || !(await tx.sessions.isOpen(link.session, user.id, clock.wall()))) throw new Refusal('signed-out');
    await connect(tx, user, subject, address);
    return { linked: true };
  };

  return {
    /** Whoever comes from the provider, whose claims were checked: a session, or why he gets none. */
    async meet(claims: Claims, { invitation, link }: Meant, address: string): Promise<Met> {
      const subject = { issuer: claims.iss, subject: claims.sub };
      let over: number | undefined;
      try {
        const met = await store.transact(async (tx): Promise<Met> => {
          if (link) return linkOwn(tx, link, subject, address);
          const known =
            invitation === undefined
              ? await userOf(tx, await tx.subjects.owner(subject))
              : await invited(tx, invitation, subject, claims, address);
          const { user, hasChanged } = await updated(
            tx,
            known ?? (await added(tx, subject, claims, address)),
            claims,
            address,
          );
          if (hasChanged || invitation !== undefined) over = user.id;
          const { id, name, role, scope } = user;
          const caller = { name, role, token: id, address, user: true, ...(scope ? { scope } : {}) };
          const session = await begin(tx, caller, 'provider', { ...subject });
          if (!session) throw new Refusal('signed-out');
          return { session };
        });
        if (over !== undefined) ended({ token: over });
        return met;
      } catch (error) {
        if (error instanceof Refusal) return { fault: error.fault };
        throw error;
      }
    },
  };
}

function sameScope(a: TokenRow['scope'], b: TokenRow['scope']): boolean {
  const text = (scope: TokenRow['scope']) => JSON.stringify(Object.entries(scope ?? {}).toSorted());
  return text(a) === text(b);
}
