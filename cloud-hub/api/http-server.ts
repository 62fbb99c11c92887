/**
 * The server that listens: HTTP, or HTTPS where the name that the client offers (ALPN, RFC 7301) may also be `mqtt`. Then the
 * connection goes to the broker.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket, TlsOptions, Server as TlsServer } from 'node:tls';
import type { FastifyServerFactoryHandler } from 'fastify';
import { MQTT_PATH } from '../../shared/contract/enrolment.ts';
import type { Places } from '../../shared/http/places.ts';
import { giveSeats } from '../../shared/http/seats.ts';
import { type Site, withoutBase } from './site.ts';

/** Keys and certificates, which change while the hub runs. */
export interface HttpSecurity {
  readonly options: () => TlsOptions;
  /** Gives the server each later set. */
  readonly follow: (server: TlsServer) => void;
}

export interface HttpServerOptions {
  readonly tls?: HttpSecurity;
  readonly acceptMqtt: (connection: Duplex, socket: Socket) => void;
  /** For its connections. What carries MQTT has a place at the broker. */
  readonly places: Places;
  readonly site: Site;
}

/** Largest frame of a WebSocket. MQTT packets may be larger: they go in several frames. */
export const WS_BYTES = 64 * 1024;
const HANDSHAKE_TIMEOUT_MS = 15_000;
const TIMES = {
  /** Longer than a proxy keeps its connections, so that it never sends into one that is being closed. */
  keepAliveTimeout: 72_000,
  /** From the beginning of a connection or request until its headers are there. */
  headersTimeout: 15_000,
  /** How often that is looked at. */
  connectionsCheckingInterval: 5_000,
  /** body-time.ts bounds the rest. */
  requestTimeout: 0,
};
/** A connection on which nothing comes or goes for so long is closed; not a WebSocket. */
const SILENCE_MS = 120_000;
/** MQTT in a WebSocket. */

export function createHttpServer(handler: FastifyServerFactoryHandler, options: HttpServerOptions): Server {
  const server = options.tls ? secureServer(handler, options.tls, options) : createServer(TIMES, handler);
  server.timeout = SILENCE_MS;
  giveSeats(server, options.places, (url) => url.split('?', 1)[0] === MQTT_PATH);
  const { base } = options.site;
  for (const event of ['request', 'upgrade'])
    server.prependListener(event, (request: IncomingMessage) => {
      request.url = withoutBase(request.url ?? '/', base);
    });
  return server;
}

function secureServer(
  handler: FastifyServerFactoryHandler,
  tls: HttpSecurity,
  { acceptMqtt, places }: HttpServerOptions,
): Server {
  const server = createSecureServer(
    { ...TIMES, ...tls.options(), ALPNProtocols: ['http/1.1', 'mqtt'], handshakeTimeout: HANDSHAKE_TIMEOUT_MS },
    handler,
  );
  tls.follow(server);
  const forHttp = server.listeners('secureConnection');
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'mqtt') {
      places.leave(socket);
      acceptMqtt(socket, socket);
    } else for (const listener of forHttp) listener.call(server, socket);
  });
  // What uses the server from here on is the same in both.
  return server as unknown as Server;
}
