/**
 * Which user a person of the identity provider is: by issuer and subject alone, never by name or e-mail. Somebody new comes by an
 * invitation, by connecting his own account while he is signed in, or where the settings let him in.
 */
import type { Clock } from '../../../shared/kit/clock.ts';
import type { SignInWay } from '../../contract/identity.ts';
import type { HubStore } from '../../store/store.ts';
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
  readonly begin: (from: Caller, way: SignInWay, detail: Record<string, unknown>) => NewSession | undefined;
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
  const userOf = (id: number | undefined): TokenRow | undefined => {
    const row = id === undefined ? undefined : store.tokens.byId(id);
    return row?.kind === 'user' ? row : undefined;
  };
  const connect = (user: TokenRow, subject: Subject, address: string) => {
    const owner = store.subjects.owner(subject);
    if (owner !== undefined && owner !== user.id) throw new Refusal('taken');
    store.subjects.link(user.id, subject, clock.wall());
    store.audit.add(actOf({ name: user.name, address }, clock.wall()), 'user.link', user.name, { ...subject });
  };
  const invited = (secret: string, subject: Subject, claims: Claims, address: string): TokenRow => {
    const digest = digestSecret(secret);
    const user = userOf(store.users.invited(digest, clock.wall()));
    if (!user) throw new Refusal('no-invitation');
    judged(claims, user);
    connect(user, subject, address);
    store.users.takeInvitation(digest, clock.wall());
    store.sessions.removeOf(user.id);
    return user;
  };
  const added = (subject: Subject, claims: Claims, address: string): TokenRow => {
    const { role = 'viewer', seen, isAdmitted } = judged(claims);
    if (!isAdmitted) throw new Refusal('not-invited');
    const about = { role, scope: seen?.scope, kind: 'user' as const, createdAt: clock.wall() };
    const wanted = nameOf(claims);
    for (let n = 1; n <= NAMES; n++) {
      // Never the name of another: nobody becomes somebody by what he calls himself.
      const name = n === 1 ? wanted : `${wanted.slice(0, MAX_NAME - 4)}-${n}`;
      if (name === 'hub' || name === 'nobody') continue;
      const row = store.tokens.add({ ...about, name, hash: digestSecret(newSecret()) });
      if (!row) continue;
      const rights = { role, ...(seen?.scope ? { scope: seen.scope } : {}) };
      store.audit.add(actOf({ name: 'hub', address }, clock.wall()), 'user.add', name, { ...rights, by: 'provider' });
      connect(row, subject, address);
      return row;
    }
    throw new Refusal('taken');
  };
  /** What the provider decides counts from now on. @returns the user, and whether his other sessions ended */
  const updated = (user: TokenRow, claims: Claims, address: string): { user: TokenRow; hasChanged: boolean } => {
    const found = judged(claims, user);
    const role = found.role ?? user.role;
    const scope = role === 'admin' ? undefined : found.seen ? found.seen.scope : user.scope;
    const rights = { role, ...(scope ? { scope } : {}) };
    if (role === user.role && sameScope(scope, user.scope)) return { user, hasChanged: false };
    store.tokens.setRights(user.id, role, scope);
    store.sessions.removeOf(user.id);
    store.audit.add(actOf({ name: 'hub', address }, clock.wall()), 'user.set', user.name, {
      ...rights,
      by: 'provider',
    });
    return { user: { ...user, role, scope }, hasChanged: true };
  };

  const linkOwn = (link: NonNullable<Meant['link']>, subject: Subject, address: string): Met => {
    const user = userOf(link.user);
    if (!user || !store.sessions.isOpen(link.session, user.id, clock.wall())) throw new Refusal('signed-out');
    connect(user, subject, address);
    return { linked: true };
  };

  return {
    /** Whoever comes from the provider, whose claims were checked: a session, or why he gets none. */
    meet(claims: Claims, { invitation, link }: Meant, address: string): Met {
      const subject = { issuer: claims.iss, subject: claims.sub };
      let over: number | undefined;
      try {
        const met = store.transact((): Met => {
          if (link) return linkOwn(link, subject, address);
          const known =
            invitation === undefined
              ? userOf(store.subjects.owner(subject))
              : invited(invitation, subject, claims, address);
          const { user, hasChanged } = updated(known ?? added(subject, claims, address), claims, address);
          if (hasChanged || invitation !== undefined) over = user.id;
          const { id, name, role, scope } = user;
          const caller = { name, role, token: id, address, user: true, ...(scope ? { scope } : {}) };
          const session = begin(caller, 'provider', { ...subject });
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
