/** What starts programs again, or brings new versions, asks here. No token: it learns names of streams at most. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import type { ApiOptions } from '../options.ts';
import { ok } from '../schemas.ts';

export function probeRoutes(options: Pick<ApiOptions, 'streams' | 'outbox' | 'heldBack'>): FastifyPluginAsyncZod {
  const settings = { exposeHeadRoute: true, config: { open: true }, schema: { response: answers(ok) } };
  return async (app) => {
    app.get('/healthz', settings, async () => ({ status: 'ok' as const }));

    // The same question as that of systemd's watchdog.
    app.get('/livez', settings, async () => {
      const held = options.heldBack();
      if (held.length > 0) throw new ProblemError(503, `gave frames, and give none any more: ${held.join(', ')}`);
      return { status: 'ok' as const };
    });

    // A camera that is away is no fault of the agent: a stream that waits for it is as ready as it can be.
    app.get('/readyz', settings, async () => {
      if (options.outbox.state().blocked !== undefined)
        throw new ProblemError(503, 'records cannot be written to the disk');
      const streams = options.streams();
      const starting = streams.filter(({ state }) => state === 'starting').length;
      if (starting > 0) throw new ProblemError(503, `${starting} streams are starting`, { 'retry-after': '1' });
      const stalled = streams.filter(({ state }) => state === 'stalled').map(({ id }) => id);
      if (stalled.length > 0) throw new ProblemError(503, `open, and give nothing: ${stalled.join(', ')}`);
      return { status: 'ok' as const };
    });
  };
}
