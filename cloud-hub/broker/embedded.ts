/**
 * The embedded broker: aedes (MQTT 3.1.1) on a TCP listener. The only home of aedes.
 *
 * Bounds: packets (bounded-connection.ts), connections, messages under way to one device (a device that does not read
 * loses messages, it does not hold up the others), and no sessions: what a device missed is said again by the contract.
 * A device that publishes faster than the hub stores is read more slowly.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { Aedes, type AuthenticateError, type Client, type PublishPacket } from 'aedes';
import { channels, type DownChannel, topicOf } from '../../shared/contract/channels.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { HubMetrics } from '../api/metrics.ts';
import { type ConnectRequest, isRetained, refuseConnect, refusePublish, refuseSubscribe } from './access.ts';
import { BoundedConnection } from './bounded-connection.ts';
import type { BrokerEvents, HubBroker } from './broker.ts';
import { RetainedMessages } from './retained.ts';

export interface EmbeddedBrokerOptions {
  readonly host: string;
  /** 0: the system gives one. */
  readonly port: number;
  readonly tokenHash: (device: string) => string | undefined;
  readonly events: BrokerEvents;
  readonly metrics: HubMetrics;
  readonly clock: Clock;
  readonly log: Logger;
}

const MAX_CONNECTIONS = 20_000;
/** Connections that may wait to be taken in: a fleet that returns. The system may allow less (net.core.somaxconn). */
const BACKLOG = 4096;
const CONNECT_TIMEOUT_MS = 10_000;
const DRAIN_TIMEOUT_MS = 30_000;
const KEEPALIVE_MS = 60_000;
const LOG_EVERY_MS = 1_000;
/** Messages on their way to one device; more means that it does not read. */
const MAX_UNDER_WAY = 64;
/** A CONNECT carries the will and the credentials; a PUBLISH its topic beside the payload. */
const PACKET_BOUNDS = {
  first: channels.status.maxBytes + 4096,
  later: Math.max(...Object.values(channels).map((c) => c.maxBytes)) + 4096,
};
/** CONNACK return codes (MQTT 3.1.1, 3.2.2.3). */
const BAD_CREDENTIALS = 4;
const NOT_AUTHORIZED = 5;

export interface EmbeddedBroker extends HubBroker {
  /** The port that it listens on. */
  readonly port: number;
}

/** Starts the broker. @throws the listener's error, for example EADDRINUSE */
export async function startEmbeddedBroker(options: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
  const { events, metrics, log } = options;
  const requests = new WeakMap<Client, ConnectRequest>();
  const underWay = new Map<string, number>();
  const complain = quietly(options.clock, log);

  const aedes = await Aedes.createBroker({
    // 0: no limit in the emitter. Each device has its own (`underWay`), so that a slow one does not hold up the others.
    concurrency: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    drainTimeout: DRAIN_TIMEOUT_MS,

    preConnect(client, packet, done) {
      const { username, password, will } = packet;
      requests.set(client, { username, password: toBytes(password), will });
      if (username !== undefined) packet.clientId = username;
      packet.clean = true;
      done(null, true);
    },

    authenticate(client, _username, _password, done) {
      const request = requests.get(client);
      requests.delete(client);
      const reason = request ? refuseConnect(request, options.tokenHash) : 'anonymous';
      if (reason === undefined) return done(null, true);
      metrics.refusedConnections.inc({ reason });
      complain({ reason, username: request?.username?.slice(0, 64) }, 'MQTT connection refused');
      const returnCode = reason === 'bad username or password' ? BAD_CREDENTIALS : NOT_AUTHORIZED;
      done(Object.assign(new Error(reason), { returnCode }) as AuthenticateError, null);
    },

    authorizePublish(client, packet, done) {
      const reason = client ? refusePublish(client.id, packet) : 'foreign topic';
      if (reason === undefined) {
        if (packet.retain && !isRetained(packet.topic)) packet.retain = false;
        return done(null);
      }
      metrics.deniedMessages.inc({ reason });
      complain({ reason, device: client?.id, topic: packet.topic.slice(0, 128) }, 'publish denied');
      // aedes closes the client of a failed publish; MQTT 3.1.1 has no other answer.
      done(new Error(reason));
    },

    authorizeSubscribe(client, subscription, done) {
      const reason = refuseSubscribe(client.id, subscription.topic);
      if (reason === undefined) return done(null, { ...subscription, qos: subscription.qos === 0 ? 0 : 1 });
      metrics.deniedMessages.inc({ reason });
      complain({ reason, device: client.id, filter: subscription.topic.slice(0, 128) }, 'subscription denied');
      done(null, null);
    },

    published(packet, client, done) {
      // A will of a connection that a newer one of the same device has ended says nothing about the device.
      const isPast = client !== null && packet.topic === topicOf(client.id, 'status') && !isCurrent(client);
      if (!client || isPast) return done(null);
      const wait = events.message(packet.topic, toBytes(packet.payload) ?? Buffer.alloc(0));
      // Withholding `done` would not do: aedes goes on reading at the next chunk.
      if (wait && client.conn instanceof BoundedConnection) client.conn.hold(wait);
      done(null);
    },
  });

  // Not in its types either.
  Object.assign((aedes as unknown as { persistence: object }).persistence, new RetainedMessages().asPersistence());

  const current = new Map<string, Client>();
  const isCurrent = (client: Client) => current.get(client.id) === client;
  aedes.on('client', (client) => {
    current.set(client.id, client);
    metrics.connected.set(current.size);
    events.connected(client.id);
  });
  aedes.on('clientDisconnect', (client) => {
    if (!isCurrent(client)) return;
    current.delete(client.id);
    metrics.connected.set(current.size);
    events.disconnected(client.id);
  });
  aedes.on('subscribe', (_subscriptions, client) => {
    if (isCurrent(client)) events.subscribed(client.id);
  });
  const failed = (client: Client | null, error: Error) =>
    complain({ device: client?.id, reason: error.message }, 'MQTT connection failed');
  aedes.on('clientError', failed);
  aedes.on('connectionError', failed);
  // Not in its types: failures that belong to no client.
  (aedes as NodeJS.EventEmitter).on('error', (error: unknown) =>
    complain({ reason: messageOf(error) }, 'broker failed'),
  );

  const sockets = new Set<Socket>();
  const server = createServer((socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEPALIVE_MS);
    aedes.handle(new BoundedConnection(socket, PACKET_BOUNDS));
    events.arriving();
  });
  server.maxConnections = MAX_CONNECTIONS;
  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    await new Promise<void>((resolve) => aedes.close(resolve));
    // Those who have not signed in yet are not clients of aedes.
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  try {
    await listen(server, options.port, options.host);
  } catch (error) {
    await close();
    throw error;
  }

  return {
    port: portOf(server),
    isOpen: () => server.listening && !aedes.closed,
    stop: close,
    disconnect: (device) => current.get(device)?.close(),
    publish(device: string, channel: DownChannel, payload: Buffer) {
      if (!current.has(device) && !channels[channel].retain) return;
      const before = underWay.get(device) ?? 0;
      if (before >= MAX_UNDER_WAY) {
        metrics.undelivered.inc();
        return;
      }
      underWay.set(device, before + 1);
      const { qos, retain } = channels[channel];
      const packet: PublishPacket = {
        cmd: 'publish',
        topic: topicOf(device, channel),
        payload,
        qos,
        retain,
        dup: false,
      };
      aedes.publish(packet, (error) => {
        const left = (underWay.get(device) ?? 1) - 1;
        if (left > 0) underWay.set(device, left);
        else underWay.delete(device);
        if (error) complain({ device, channel, reason: error.message }, 'publish failed');
      });
    },
  };
}

function toBytes(value: string | Buffer | undefined): Buffer | undefined {
  return typeof value === 'string' ? Buffer.from(value) : value;
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/** A warning that one client can cause as often as it likes: at most one a second, with the number of those left out. */
function quietly(clock: Clock, log: Logger): (fields: object, text: string) => void {
  let last = Number.NEGATIVE_INFINITY;
  let suppressed = 0;
  return (fields, text) => {
    if (clock.mono() - last < LOG_EVERY_MS) {
      suppressed++;
      return;
    }
    log.warn({ ...fields, ...(suppressed > 0 ? { suppressed } : {}) }, text);
    last = clock.mono();
    suppressed = 0;
  };
}
