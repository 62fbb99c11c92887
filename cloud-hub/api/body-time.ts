/**
 * How long a body may take to come. Ordinary ones are small: they have `BODY_MS`. A route with `slowBody` takes large ones over
 * slow lines: it waits as long as something comes. (Node's own bound holds for every request of a server alike.)
 */
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../shared/kit/clock.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    slowBody?: boolean;
  }
}

const BODY_MS = 30_000;

export function boundBodyTime(app: FastifyInstance, clock: Pick<Clock, 'every'>): void {
  app.addHook('onRequest', async (request) => {
    const { raw, routeOptions } = request;
    if (raw.headers['content-length'] === undefined && raw.headers['transfer-encoding'] === undefined) return;
    const isSlow = routeOptions.config.slowBody === true;
    // Its answer may take long too: what came is looked into.
    if (isSlow) raw.socket.setTimeout(0);
    let seen = raw.socket.bytesRead;
    const cancel = clock.every(BODY_MS, () => {
      if (raw.complete) return cancel();
      if (!isSlow || raw.socket.bytesRead === seen) raw.destroy(new Error('the body did not come in time'));
      seen = raw.socket.bytesRead;
    });
    raw.once('close', cancel);
  });
}
