/**
 * The embedded broker: aedes (MQTT 3.1.1) on a TCP or TLS listener, and on connections that other listeners hand over. The only home of aedes.
 *
 * Limits: the size of packets (bounded-connection.ts), the number of connections, and the messages in flight to one device: a
 * device that does not read loses messages, and the others do not wait for it. There are no sessions: by the contract the
 * hub sends again what a device missed. The broker reads more slowly from a device that publishes faster than the hub commits.
 */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Aedes, type AuthenticateError, type Client, type PublishPacket } from 'aedes';
import { channels, type DownChannel, ownUpChannel, topicOf } from '../../shared/contract/channels.ts';
import type { Places } from '../../shared/http/places.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { HubMetrics } from '../metrics.ts';
import type { ClientVerdict, IdentifyClient } from '../pki/clients.ts';
import { type ConnectRequest, refuseConnect, refusePublish, refuseSubscribe } from './access.ts';
import { BoundedConnection } from './bounded-connection.ts';
import type { BrokerEvents, HubBroker } from './broker.ts';
import { createListener, type ListenerSecurity } from './listener.ts';
import { RetainedMessages } from './retained.ts';

export interface EmbeddedBrokerOptions {
  readonly host: string;
  /** 0: the system gives one. */
  readonly port: number;
  /** Absent: plain text. */
  readonly tls?: ListenerSecurity;
  /** Who has not signed in makes room. */
  readonly places: Places;
  readonly tokenHash: (device: string) => Promise<string | undefined>;
  /** What the client certificate of a connection says, now; absent: there are none. */
  readonly identify?: IdentifyClient;
  readonly events: BrokerEvents;
  readonly metrics: HubMetrics;
  readonly clock: Clock;
  readonly log: Logger;
}

const CONNECT_TIMEOUT_MS = 10_000;
const DRAIN_TIMEOUT_MS = 30_000;
const LOG_EVERY_MS = 1_000;
/** Messages in flight to one device; more means that it does not read. */
const MAX_IN_FLIGHT = 64;
/** Room beside the payload: in CONNECT for the credentials, in PUBLISH for the topic. */
const PACKET_BOUNDS = {
  first: channels.status.maxBytes + 4096,
  later: Math.max(...Object.values(channels).map((c) => c.maxBytes)) + 4096,
};
/** CONNACK return codes (MQTT 3.1.1, 3.2.2.3). */
const BAD_CREDENTIALS = 4;
const NOT_AUTHORIZED = 5;
const UNAVAILABLE = 3;
/** In the place of a granted QoS (MQTT 3.1.1, 3.9.3). */
const SUBSCRIPTION_REFUSED = 128;

export interface EmbeddedBroker extends HubBroker {
  /** The port that it listens on. */
  readonly port: number;
  /** Takes over a connection that came another way. @param socket under it, which has the client certificate */
  accept(connection: Duplex, socket: Socket): void;
  /** Ends the connection of a device, or all connections, whose certificate does not count any more. */
  recheck(device?: string): void;
}

/** Starts the broker. @throws the listener's error, for example EADDRINUSE */
export async function startEmbeddedBroker(options: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
  const { events, metrics, log } = options;
  const requests = new WeakMap<Client, ConnectRequest>();
  const inFlight = new Map<string, number>();
  /** The socket under each connection of a client. */
  const sockets = new WeakMap<object, Socket>();
  const certificateOf = async ({ conn }: Client): Promise<ClientVerdict> => {
    const socket = sockets.get(conn);
    return (socket && (await options.identify?.(socket))) ?? { kind: 'none' };
  };
  /** Ends a connection whose certificate counts no more; what cannot be looked up is looked up at the next recheck. */
  const closeIfOver = (client: Client): void => {
    certificateOf(client).then(
      ({ kind }) => {
        if (kind === 'expired' || kind === 'refused') client.close();
      },
      (error: unknown) => complain({ device: client.id, reason: messageOf(error) }, 'a certificate was not looked up'),
    );
  };
  const complain = quietly(options.clock, log);

  const aedes = await Aedes.createBroker({
    // 0: no limit in the emitter. Each device has a limit of its own (`inFlight`), so that no device waits for a slow one.
    concurrency: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    drainTimeout: DRAIN_TIMEOUT_MS,

    preConnect(client, packet, done) {
      const { username, password, will } = packet;
      certificateOf(client).then(
        (certificate) => {
          requests.set(client, { username, password: toBytes(password), certificate, will });
          const device = certificate.kind === 'device' ? certificate.device : username;
          if (device !== undefined) packet.clientId = device;
          packet.clean = true;
          done(null, true);
        },
        (error: unknown) => done(error instanceof Error ? error : new Error(messageOf(error)), false),
      );
    },

    authenticate(client, _username, _password, done) {
      const request = requests.get(client);
      requests.delete(client);
      const refuse = (reason: string, returnCode: number) => {
        complain({ reason, username: request?.username?.slice(0, 64) }, 'MQTT connection refused');
        done(Object.assign(new Error(reason), { returnCode }) as AuthenticateError, null);
      };
      const judged = request ? refuseConnect(request, options.tokenHash) : Promise.resolve('anonymous' as const);
      judged.then(
        (reason) => {
          if (reason === undefined) return done(null, true);
          metrics.refusedConnections.inc({ reason });
          refuse(reason, reason === 'bad username or password' ? BAD_CREDENTIALS : NOT_AUTHORIZED);
        },
        (error: unknown) => refuse(messageOf(error), UNAVAILABLE),
      );
    },

    authorizePublish(client, packet, done) {
      const reason = client ? refusePublish(client.id, packet) : 'foreign topic';
      if (reason === undefined) return done(null);
      metrics.deniedMessages.inc({ reason });
      complain({ reason, device: client?.id, topic: packet.topic.slice(0, 128) }, 'publish denied');
      // aedes closes the client of a failed publish; MQTT 3.1.1 has no other answer.
      done(new Error(reason));
    },

    authorizeSubscribe(client, subscription, done) {
      const reason = refuseSubscribe(client.id, subscription.topic);
      if (reason === undefined) return done(null, subscription);
      metrics.deniedMessages.inc({ reason });
      complain({ reason, device: client.id, filter: subscription.topic.slice(0, 128) }, 'subscription denied');
      done(null, null);
    },

    published(packet, client, done) {
      const channel = client ? ownUpChannel(client.id, packet.topic) : undefined;
      // aedes publishes a will after its connection has ended. The hub knows better by then whether the device is online.
      const isPast = channel === 'status' && client !== null && !isCurrent(client);
      if (!client || channel === undefined || isPast) return done(null);
      const wait = events.message(client.id, channel, toBytes(packet.payload) ?? Buffer.alloc(0));
      // Not calling `done` would not help: aedes goes on reading with the next chunk.
      if (wait && client.conn instanceof BoundedConnection) client.conn.hold(wait);
      done(null);
    },
  });

  // The types of aedes do not have `persistence`.
  Object.assign((aedes as unknown as { persistence: object }).persistence, new RetainedMessages().asPersistence());

  const { places } = options;
  const signedIn = new WeakMap<object, () => void>();
  const current = new Map<string, Client>();
  const isCurrent = (client: Client) => current.get(client.id) === client;
  aedes.on('client', (client) => {
    signedIn.get(client.conn)?.();
    current.set(client.id, client);
    metrics.connected.set(current.size);
    events.connected(client.id);
    // Its certificate may have been revoked since it was looked at.
    closeIfOver(client);
  });
  aedes.on('clientDisconnect', (client) => {
    if (!isCurrent(client)) return;
    current.delete(client.id);
    metrics.connected.set(current.size);
    events.disconnected(client.id);
  });
  aedes.on('subscribe', (subscriptions, client) => {
    const listens = subscriptions.some(({ qos }) => Number(qos) !== SUBSCRIPTION_REFUSED);
    if (listens && isCurrent(client)) events.subscribed(client.id);
  });
  const failed = (client: Client | null, error: Error) =>
    complain({ device: client?.id, reason: error.message }, 'MQTT connection failed');
  aedes.on('clientError', failed);
  aedes.on('connectionError', failed);
  // Failures that belong to no client; the types of aedes do not have this event.
  (aedes as NodeJS.EventEmitter).on('error', (error: unknown) =>
    complain({ reason: messageOf(error) }, 'broker failed'),
  );

  const connections = new Set<Duplex>();
  const accept = (connection: Duplex, socket: Socket) => {
    if (!places.enter(connection)) return;
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
    const bounded = new BoundedConnection(connection, PACKET_BOUNDS);
    signedIn.set(bounded, () => places.use(connection));
    sockets.set(bounded, socket);
    aedes.handle(bounded);
    events.arriving();
  };
  const enter = (socket: Duplex) => places.enter(socket);
  const listener = createListener({ ...options, enter, accept: (socket) => accept(socket, socket), complain });
  const close = async () => {
    const closed = listener.close();
    await new Promise<void>((resolve) => aedes.close(resolve));
    // Connections that have not signed in yet are no clients of aedes.
    for (const connection of connections) connection.destroy();
    listener.cut();
    await closed;
  };
  try {
    await listener.listen();
  } catch (error) {
    await close();
    throw error;
  }

  return {
    port: listener.port(),
    accept,
    isOpen: () => listener.isOpen() && !aedes.closed,
    stop: close,
    disconnect: (device) => current.get(device)?.close(),
    recheck(device) {
      for (const client of device === undefined ? current.values() : [current.get(device)])
        if (client) closeIfOver(client);
    },
    publish(device: string, channel: DownChannel, payload: Buffer) {
      if (!current.has(device) && !channels[channel].retain) return;
      const before = inFlight.get(device) ?? 0;
      if (before >= MAX_IN_FLIGHT) {
        metrics.undelivered.inc();
        return;
      }
      inFlight.set(device, before + 1);
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
        const left = (inFlight.get(device) ?? 1) - 1;
        if (left > 0) inFlight.set(device, left);
        else inFlight.delete(device);
        if (error) complain({ device, channel, reason: error.message }, 'publish failed');
      });
    },
  };
}

function toBytes(value: string | Buffer | undefined): Buffer | undefined {
  return typeof value === 'string' ? Buffer.from(value) : value;
}

/** For warnings that a client can cause as often as it likes: logs at most one per second, with the number of suppressed ones. */
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
