/** The ws transport of the live feed; what is sent, and to whom, is live/. */
import type { WebSocket } from '@fastify/websocket';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { complaintsOf, describeComplaints } from '../../../shared/kit/schema.ts';
import { type LiveRequest, liveRequest } from '../../contract/live.ts';
import type { IdentityService } from '../../identity/identity.ts';
import type { LiveClient } from '../../live/client.ts';
import type { LiveFeed } from '../../live/feed.ts';
import type { Watches } from '../../live/watches.ts';
import type { HubStore } from '../../store/store.ts';
import { callerOf, identify } from '../auth.ts';
import { security } from '../responses.ts';
import { seesDevice } from '../scope.ts';
import type { Site } from '../site.ts';

export interface LiveRouteOptions {
  readonly feed: LiveFeed;
  readonly watches: Watches;
  readonly identity: IdentityService;
  readonly store: Pick<HubStore, 'devices'>;
  readonly site: Site;
  readonly clock: Clock;
}

/** Milliseconds between pings. A ping that is not answered before the next one ends the connection. */
const PING_MS = 30_000;
/** RFC 6455, 7.4.1: policy violation, message too big. */
const POLICY = 1008;
const TOO_BIG = 1009;
const MESSAGE_BYTES = 4096;

export function liveRoutes({ feed, watches, identity, store, site, clock }: LiveRouteOptions): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/live',
      config: { access: 'viewer', scope: 'lists', upgrade: true },
      schema: {
        summary: 'The live feed (WebSocket)',
        description: 'Text frames are JSON messages, binary frames pictures of the watched stream.',
        tags: ['live'],
        security,
        response: answers(z.object({})),
      },
      handler() {
        throw new ProblemError(426, 'this is a WebSocket: connect with ws:// or wss://', { upgrade: 'websocket' });
      },
      wsHandler(socket, request) {
        const client = clientOf(socket);
        socket.on('error', () => socket.terminate());
        const caller = callerOf(request);
        const sees = (device: string) => seesDevice(caller, device, store);
        const { token, session } = caller;
        const credential = { token, ...(session === undefined ? {} : { session }), ...(caller.scope ? { sees } : {}) };
        if (!feed.join(client, credential)) return;
        let watched: string | undefined;
        let asked: Promise<void> = Promise.resolve();
        const turnTo = async (wanted: LiveRequest) => {
          if (wanted.type === 'watch' && (await sees(wanted.device))) {
            if (socket.readyState !== socket.OPEN) return;
            watched = wanted.device;
            watches.watch(client, wanted.device, wanted.stream, () => sees(wanted.device));
          } else watches.unwatch(client);
        };
        const look = async () => {
          const found = await identify(request, identity, site).catch(() => undefined);
          if (!found) return client.close(POLICY, 'signed out');
          // Its labels may have changed meanwhile.
          const asked = watched;
          if (asked !== undefined && !(await sees(asked)) && watched === asked) watches.unwatch(client);
        };
        const recheck = () => {
          look().catch(() => client.close(POLICY, 'could not be looked up'));
        };
        // Its end between the check of the request and now was told to nobody.
        recheck();

        let answered = true;
        socket.on('pong', () => {
          answered = true;
        });
        const stopPings = clock.every(PING_MS, () => {
          if (!answered) {
            socket.terminate();
            return;
          }
          answered = false;
          socket.ping();
          // A session ends by its age too.
          recheck();
        });
        socket.on('close', () => {
          stopPings();
          watches.unwatch(client);
          feed.leave(client);
        });
        socket.on('message', (data: Buffer, isBinary: boolean) => {
          if (data.length > MESSAGE_BYTES) return client.close(TOO_BIG, `a message has at most ${MESSAGE_BYTES} bytes`);
          const parsed = isBinary ? 'must be text' : parse(data.toString('utf8'));
          if (typeof parsed === 'string') return client.close(POLICY, parsed);
          // One after the other: the last one that was asked for counts.
          asked = asked.then(() => turnTo(parsed)).catch(() => client.close(POLICY, 'could not be looked up'));
        });
      },
    });
  };
}

/** A request, or what is wrong with it. */
function parse(text: string): LiveRequest | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return 'must be JSON';
  }
  const result = liveRequest.safeParse(json);
  return result.success ? result.data : describeComplaints(complaintsOf(result.error, json));
}

function clientOf(socket: WebSocket): LiveClient {
  const isOpen = () => socket.readyState === socket.OPEN;
  return {
    send: (text) => isOpen() && socket.send(text),
    sendPicture: (picture) => isOpen() && socket.send(picture),
    get buffered() {
      return socket.bufferedAmount;
    },
    // A close frame holds at most 123 bytes of reason.
    close: (code, reason) =>
      socket.close(
        code,
        Buffer.from(reason)
          .subarray(0, 120)
          .toString('utf8')
          .replace(/\uFFFD$/, ''),
      ),
  };
}
