/** The ws transport of the live feed; what is sent, and to whom, is live/. */
import type { WebSocket } from '@fastify/websocket';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ProblemError } from '../../../shared/http/problems.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { complaintsOf, describeComplaints } from '../../../shared/kit/schema.ts';
import type { IdentityService } from '../../identity/identity.ts';
import type { LiveClient } from '../../live/client.ts';
import type { LiveFeed } from '../../live/feed.ts';
import type { Watches } from '../../live/watches.ts';
import { identify } from '../auth.ts';
import { answers, security } from '../responses.ts';
import { type LiveRequest, liveRequest } from '../schemas/live.ts';

export interface LiveRouteOptions {
  readonly feed: LiveFeed;
  readonly watches: Watches;
  readonly identity: IdentityService;
  readonly clock: Clock;
}

/** Seconds between pings; one that is not answered until the next ends the connection. */
const PING_MS = 30_000;
/** RFC 6455, 7.4.1: policy violation. */
const POLICY = 1008;

export function liveRoutes({ feed, watches, identity, clock }: LiveRouteOptions): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/live',
      config: { access: 'viewer' },
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
        if (!feed.join(client)) return;

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
          // A session that ended, or a token that was taken away, ends the feed as well.
          identify(request, identity).then(
            (found) => found ?? client.close(POLICY, 'signed out'),
            () => client.close(POLICY, 'signed out'),
          );
        });
        socket.on('close', () => {
          stopPings();
          watches.unwatch(client);
          feed.leave(client);
        });
        socket.on('message', (data: Buffer, isBinary: boolean) => {
          const wish = isBinary ? 'must be text' : parse(data.toString('utf8'));
          if (typeof wish === 'string') client.close(POLICY, wish);
          else if (wish.type === 'watch') watches.watch(client, wish.device, wish.stream);
          else watches.unwatch(client);
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
