/** Addresses of the dashboard: pure, both ways. An unknown address is `missing`, never an error. */
import { type Opinion as Outcome, opinions } from '../../../shared/contract/messages/verdict.ts';
import { type CorrectionVerdict, corrections } from '../../contract/correction.ts';
import { type SignInFault, signInFault } from '../../contract/sign-in.ts';
import { queryText } from '../hub/api.ts';

export interface EventFilter {
  readonly device?: string;
  readonly stream?: string;
  readonly rule?: string;
  readonly label?: string;
  /** What a second opinion says. */
  readonly opinion?: Outcome;
  /** What an operator says. */
  readonly correction?: CorrectionVerdict;
  /** Only what is held. */
  readonly held?: 'true';
}

/** What the list of the audit is narrowed to. */
export interface AuditFilter {
  readonly actor?: string;
  readonly action?: string;
  readonly subject?: string;
}

export type Route =
  | { readonly page: 'fleet' }
  | { readonly page: 'device'; readonly device: string; readonly stream?: string }
  | { readonly page: 'events'; readonly filter: EventFilter }
  | { readonly page: 'problems'; readonly view: 'problems' | 'quarantine'; readonly device?: string }
  | { readonly page: 'alerts' }
  | { readonly page: 'audit'; readonly filter: AuditFilter }
  | { readonly page: 'users' }
  | { readonly page: 'tokens' }
  | { readonly page: 'sessions' }
  | { readonly page: 'erasures' }
  | { readonly page: 'models' }
  | { readonly page: 'hybrid' }
  /** `create`: the form of a new one, with this package (NAME@VERSION) filled in, or none when empty. */
  | { readonly page: 'rollouts'; readonly create?: string }
  | { readonly page: 'rollout'; readonly id: string }
  /** `unknown`: parameters of the address that its page does not have. */
  | { readonly page: 'missing'; readonly unknown?: readonly string[] };

const filterKeys = ['device', 'stream', 'rule', 'label', 'opinion', 'correction', 'held'] as const;
const auditKeys = ['actor', 'action', 'subject'] as const;

/** The parameters that the address of a page may have. */
const parameters: Readonly<Record<Exclude<Route['page'], 'missing'>, readonly string[]>> = {
  fleet: [],
  device: ['stream'],
  events: filterKeys,
  problems: ['device'],
  alerts: [],
  audit: auditKeys,
  users: [],
  tokens: [],
  sessions: [],
  erasures: [],
  models: [],
  hybrid: [],
  rollouts: ['create'],
  rollout: [],
};

/** @param base path of the dashboard, with a slash at its end */
export function parseRoute(url: URL, base = '/'): Route {
  const route = pageOf(url, base);
  if (route.page === 'missing') return route;
  const known = parameters[route.page];
  const unknown = [...new Set(url.searchParams.keys())].filter((key) => !known.includes(key));
  // A typing error in a filter must not silently show everything.
  return unknown.length > 0 ? { page: 'missing', unknown } : route;
}

function pageOf(url: URL, base: string): Route {
  if (!`${url.pathname}/`.startsWith(base)) return { page: 'missing' };
  const [first = '', second, ...more] = url.pathname.slice(base.length).split('/').filter(Boolean).map(decode);
  const query = (key: string) => url.searchParams.get(key) || undefined;
  if (more.length > 0) return { page: 'missing' };
  if (first === '' && second === undefined) return { page: 'fleet' };
  if (first === 'devices' && second !== undefined) {
    const stream = query('stream');
    return { page: 'device', device: second, ...(stream ? { stream } : {}) };
  }
  if (first === 'events' && second === undefined) {
    const opinion = query('opinion');
    if (opinion !== undefined && !isOutcome(opinion)) return { page: 'missing', unknown: ['opinion'] };
    const correction = query('correction');
    if (correction !== undefined && !corrections.some((one) => one === correction))
      return { page: 'missing', unknown: ['correction'] };
    if (query('held') !== undefined && query('held') !== 'true') return { page: 'missing', unknown: ['held'] };
    return { page: 'events', filter: filterOf(filterKeys, query) };
  }
  if ((first === 'problems' || first === 'quarantine') && second === undefined) {
    const device = query('device');
    return { page: 'problems', view: first, ...(device ? { device } : {}) };
  }
  if (first === 'alerts' && second === undefined) return { page: 'alerts' };
  if (first === 'audit' && second === undefined) return { page: 'audit', filter: filterOf(auditKeys, query) };
  if ((first === 'users' || first === 'tokens' || first === 'sessions') && second === undefined) return { page: first };
  if (first === 'erasures' && second === undefined) return { page: 'erasures' };
  if (first === 'models' && second === undefined) return { page: 'models' };
  if (first === 'hybrid' && second === undefined) return { page: 'hybrid' };
  if (first === 'rollouts' && second !== undefined) return { page: 'rollout', id: second };
  if (first === 'rollouts') {
    const create = url.searchParams.get('create');
    return { page: 'rollouts', ...(create === null ? {} : { create }) };
  }
  return { page: 'missing' };
}

/** The keys that the address has. */
function filterOf(keys: readonly string[], query: (key: string) => string | undefined): Record<string, string> {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = query(key);
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

/** Relative to the base of the page. */
export function hrefOf(route: Exclude<Route, { page: 'missing' }>): string {
  switch (route.page) {
    case 'fleet':
      return './';
    case 'device':
      return `devices/${encodeURIComponent(route.device)}${queryText({ stream: route.stream })}`;
    case 'events':
      return `events${queryText({ ...route.filter })}`;
    case 'problems':
      return `${route.view}${queryText({ device: route.device })}`;
    case 'alerts':
      return 'alerts';
    case 'audit':
      return `audit${queryText({ ...route.filter })}`;
    case 'users':
    case 'tokens':
    case 'sessions':
    case 'erasures':
    case 'models':
    case 'hybrid':
      return route.page;
    case 'rollouts':
      return route.create === undefined ? 'rollouts' : `rollouts?create=${encodeURIComponent(route.create)}`;
    case 'rollout':
      return `rollouts/${encodeURIComponent(route.id)}`;
  }
}

/** The secret of an invitation's link, `#invite=…`. */
export function invitationOf(hash: string): string | undefined {
  return new URLSearchParams(hash.replace(/^#/, '')).get('invite') || undefined;
}

/** The token of the link of a notification, `#acknowledge=…`. */
export function acknowledgementOf(hash: string): string | undefined {
  return new URLSearchParams(hash.replace(/^#/, '')).get('acknowledge') || undefined;
}

/** Why a sign-in by the identity provider did not work, `#sign-in=FAULT`; only what the page has words for. */
export function faultOf(hash: string): SignInFault | undefined {
  return signInFault.safeParse(new URLSearchParams(hash.replace(/^#/, '')).get('sign-in')).data;
}

/** The one-time code of a sign-in link, `#code=…`. */
export function codeOf(hash: string): string | undefined {
  return new URLSearchParams(hash.replace(/^#/, '')).get('code') || undefined;
}

function isOutcome(text: string): text is Outcome {
  return opinions.some((one) => one === text);
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
