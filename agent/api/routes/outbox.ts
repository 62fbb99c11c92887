/** What waits for the hub. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { answers } from '../../../shared/http/answers.ts';
import type { ApiOptions } from '../options.ts';
import { outbox as outboxSchema } from '../schemas.ts';

export function outboxRoutes({ outbox, quotaBytes, hubConnected }: ApiOptions): FastifyPluginAsyncZod {
  return async (app) => {
    app.get('/api/v1/outbox', { schema: { response: answers(outboxSchema) } }, async () => {
      const { epoch, waiting, bytes, bytesOnDisk, lastSeq, inMemory, blocked, refused, givenUp } = outbox.state();
      const connected = hubConnected();
      return {
        epoch,
        waiting,
        bytes,
        bytesOnDisk,
        quotaBytes,
        lastSeq,
        inMemory,
        ...(blocked === undefined ? {} : { blocked }),
        refused,
        givenUp,
        hub: { configured: connected !== undefined, connected: connected ?? false },
      };
    });
  };
}
