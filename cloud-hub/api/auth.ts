/**
 * Who may call a route. Each route names its access in `config.access`; one that names none is for admins. Credentials: a
 * bearer token, or the session cookie. A cookie is sent by browsers unasked, so with it a change, and the upgrade to the
 * live feed, must come from the hub's own origin.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProblemError } from '../../shared/http/problems.ts';
import type { Role } from '../contract/identity.ts';
import type { Caller, IdentityService } from '../identity/identity.ts';
import { hasRole } from '../identity/roles.ts';
import type { IdentifyClient } from '../pki/clients.ts';
import { checkScope, type ScopeStore } from './scope.ts';
import type { Site } from './site.ts';

export const SESSION_COOKIE = 'vedette_session';

/** `device`: a device with its client certificate or its own token (HTTP Basic), or a viewer. */
export type Access = Role | 'public' | 'device';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    /** Also for whoever has to set up a second factor first. */
    enrolling?: boolean;
    /** This route is a WebSocket; any other refuses an upgrade. */
    upgrade?: boolean;
  }
  interface FastifyRequest {
    /** Who asks; null on public routes, and when a device asks. */
    identity: Caller | null;
    /** The device that asks, on routes that are open to devices. */
    device: string | null;
  }
}

/** Adds the check to all routes of this scope. */
export function guard(
  app: FastifyInstance,
  identity: IdentityService,
  site: Site,
  store: ScopeStore,
  clientOf?: IdentifyClient,
): void {
  app.decorateRequest('identity', null);
  app.decorateRequest('device', null);
  app.addHook('onRequest', async (request) => {
    const access = request.routeOptions.config.access ?? 'admin';
    if (access === 'public') return;
    if (access === 'device') {
      const certificate = await clientOf?.(request.raw.socket);
      request.device =
        (certificate?.kind === 'device' ? certificate.device : await deviceOf(request, identity)) ?? null;
      if (request.device !== null) return;
    }
    const found = await identify(request, identity, site);
    if (!found) {
      throw new ProblemError(401, 'sign in, or send a valid token as "Authorization: Bearer …"', {
        'www-authenticate': 'Bearer realm="vedette"',
      });
    }
    // Before he is refused: the audit says who tried.
    request.identity = { ...found, address: addressOf(request) };
    const needed = access === 'device' ? 'viewer' : access;
    if (!hasRole(found.role, needed)) {
      throw new ProblemError(403, `this needs the role ${needed}; "${found.name}" has the role ${found.role}`);
    }
    if (found.mustEnrol && request.routeOptions.config.enrolling !== true)
      throw new ProblemError(403, 'set up a second factor first (the page Access): your role needs one on this hub');
    await checkScope(request, found, store);
  });
}

/** Adds the check to all routes: the WebSocket plugin would upgrade a connection on any of them, the public ones too. */
export function refuseOtherUpgrades(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    if (request.ws && request.routeOptions.config.upgrade !== true)
      throw new ProblemError(404, 'there is no WebSocket');
  });
}

/** Longer than any address: a proxy that is trusted may pass on unchecked what its client says. */
const MAX_ADDRESS = 64;

/** Where a request comes from, as far as trusted proxies say. */
export function addressOf({ ip }: Pick<FastifyRequest, 'ip'>): string {
  return ip.slice(0, MAX_ADDRESS);
}

/** Who calls a route that is not public. @throws ProblemError 401 */
export function callerOf(request: FastifyRequest): Caller {
  if (!request.identity) throw new ProblemError(401, 'sign in');
  return request.identity;
}

/** Reads the credentials of a request; undefined when they are missing or not valid. @throws ProblemError on a foreign origin */
export async function identify(
  request: FastifyRequest,
  identity: IdentityService,
  site: Site,
): Promise<Caller | undefined> {
  const token = bearerOf(request);
  if (token !== undefined) return identity.fromToken(token);
  const cookie = request.cookies[SESSION_COOKIE];
  if (cookie === undefined) return undefined;
  const isUpgrade = request.headers.upgrade !== undefined;
  if (isUpgrade || (request.method !== 'GET' && request.method !== 'HEAD')) requireOwnOrigin(request, site);
  return identity.fromSession(cookie);
}

/** @throws ProblemError 403 when the request does not come from a page of this hub */
export function requireOwnOrigin({ headers: { origin, host } }: FastifyRequest, site: Site): void {
  // A proxy may have changed the host, so with a public address only that counts.
  const isOwn = site.origin === undefined ? hostOf(origin) === host?.toLowerCase() : origin === site.origin;
  if (isOwn && origin !== undefined && host !== undefined) return;
  const own = site.origin ?? `${host}; behind a proxy set --public-url`;
  throw new ProblemError(
    403,
    `a request with a session must come from the hub's own pages (${own}); its origin is ${origin ?? 'missing'}`,
  );
}

/** The device of HTTP Basic credentials (RFC 7617), when they are right. */
async function deviceOf(request: FastifyRequest, identity: IdentityService): Promise<string | undefined> {
  const match = /^Basic +([A-Za-z0-9+/=]{1,1024}) *$/i.exec(request.headers.authorization ?? '');
  if (!match) return undefined;
  const [id = '', ...rest] = Buffer.from(match[1] ?? '', 'base64')
    .toString('utf8')
    .split(':');
  return (await identity.isDevice(id, rest.join(':'))) ? id : undefined;
}

function hostOf(origin: string | undefined): string | undefined {
  if (origin === undefined) return undefined;
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}

function bearerOf(request: FastifyRequest): string | undefined {
  const match = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '');
  return match?.[1] ?? (request.headers.authorization === undefined ? undefined : '');
}
