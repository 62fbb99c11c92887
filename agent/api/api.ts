/** The local API as a part of the agent. Whatever hinders it, the agent runs: it is a window, not a wall. */
import type { FastifyInstance } from 'fastify';
import { whyNotListening } from '../../shared/http/listening.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import type { Part } from '../../shared/kit/lifecycle.ts';
import { readApiToken } from './access.ts';
import type { ApiOptions } from './options.ts';
import { createServer } from './server.ts';

export interface ApiPlace {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Without it, only for loopback. */
  readonly tokenFile?: string | undefined;
}

/** @param onInvalid called when the API is not opened for a fault of the configuration */
export function createApi(place: ApiPlace, options: ApiOptions, onInvalid: (message: string) => void): Part {
  let app: FastifyInstance | undefined;
  return {
    async start() {
      const { host, port, tokenFile } = place;
      try {
        app = await createServer(options, tokenFile === undefined ? undefined : readApiToken(tokenFile));
        const url = await app.listen({ host, port });
        options.log.info({ url }, 'the local API listens');
      } catch (error) {
        if (error instanceof CodedError) onInvalid(`${error.message}; the agent runs without its local API`);
        else options.log.error({ host, port }, `${whyNot(error, host, port)}; the agent runs without its local API`);
        await app?.close();
        app = undefined;
      }
    },
    async stop() {
      await app?.close();
    },
  };
}

const CHOOSE = 'choose another with `api: { port: N }` (0: one that is free), or turn it off with `api: false`';

function whyNot(error: unknown, host: string, port: number): string {
  return whyNotListening(error, { what: 'port', host, port }, CHOOSE, '`api.host`');
}
