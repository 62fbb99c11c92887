/** The cookie of a session. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SESSION_COOKIE } from './auth.ts';
import type { Site } from './site.ts';

/** Over plain HTTP a browser would not send a cookie back that is `Secure`; a proxy may have taken TLS off. */
export function setCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  site: Site,
  value: string,
  maxAge: number,
): void {
  const secure = request.protocol === 'https' || (site.origin?.startsWith('https:') ?? false);
  reply.setCookie(SESSION_COOKIE, value, { path: site.base, httpOnly: true, sameSite: 'strict', secure, maxAge });
}
