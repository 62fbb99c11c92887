/** The port of the embedded broker: TCP, or TLS with the protocol name `mqtt` (ALPN). Bounded in connections and in time for the handshake. */
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions, type Server as TlsServer } from 'node:tls';

/** Keys and certificates, which change while the hub runs. */
export interface ListenerSecurity {
  readonly options: () => TlsOptions;
  /** Gives the server each later set. */
  readonly follow: (server: TlsServer) => void;
}

export interface ListenerOptions {
  readonly host: string;
  /** 0: the system gives one. */
  readonly port: number;
  readonly tls?: ListenerSecurity;
  /** Gives a connection a place before its handshake; false: it was closed. */
  readonly enter: (connection: Socket) => boolean;
  readonly accept: (connection: Socket) => void;
  readonly complain: (fields: object, text: string) => void;
}

/** Connections that may wait to be accepted when a fleet returns. The system may allow less (net.core.somaxconn). */
const BACKLOG = 4096;
const HANDSHAKE_TIMEOUT_MS = 15_000;
const KEEPALIVE_MS = 60_000;

export function createListener({ host, port, tls, enter, accept, complain }: ListenerOptions) {
  const raw = new Set<Socket>();
  const take = (socket: Socket) => {
    if (socket.destroyed) return;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEPALIVE_MS);
    accept(socket);
  };
  const server: Server = tls ? secureServer(tls, take, complain) : createTcpServer(take);
  // Before the handshake, which may take its time, and before anybody else sees it.
  server.prependListener('connection', (socket: Socket) => {
    if (!enter(socket)) return;
    raw.add(socket);
    socket.once('close', () => raw.delete(socket));
  });

  return {
    /** @throws the listener's error, for example EADDRINUSE */
    listen: () =>
      new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ port, host, backlog: BACKLOG }, () => {
          server.off('error', reject);
          resolve();
        });
      }),
    port(): number {
      const address = server.address();
      return typeof address === 'object' && address ? address.port : 0;
    },
    isOpen: () => server.listening,
    /** Takes no more connections; resolves when the last has ended. */
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
    /** Ends all connections. */
    cut(): void {
      for (const socket of raw) socket.destroy();
    },
  };
}

function secureServer(
  tls: ListenerSecurity,
  take: (socket: Socket) => void,
  complain: ListenerOptions['complain'],
): Server {
  const server = createTlsServer(
    { ...tls.options(), ALPNProtocols: ['mqtt'], handshakeTimeout: HANDSHAKE_TIMEOUT_MS },
    take,
  );
  tls.follow(server);
  server.on('tlsClientError', (error, socket) => {
    complain({ reason: error.message, address: socket.remoteAddress }, 'TLS handshake of an MQTT client failed');
    socket.destroy();
  });
  return server;
}
