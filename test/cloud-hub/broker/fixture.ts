/** The embedded broker on a free port with its events caught, and connections that speak MQTT packet by packet. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { generate, type IConnectPacket, type Packet, parser } from 'mqtt-packet';
import { onTestFinished } from 'vitest';
import { type EmbeddedBrokerOptions, startEmbeddedBroker } from '../../../cloud-hub/broker/embedded.ts';
import { digestSecret } from '../../../cloud-hub/identity/secrets.ts';
import { createMetrics } from '../../../cloud-hub/metrics.ts';
import { ownDownFilter, topicOf } from '../../../shared/contract/channels.ts';
import { Places } from '../../../shared/http/places.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { createLogger, type Logger } from '../../../shared/kit/log.ts';

export const tokenOf = (device: string) => `token of ${device}`;

/** @param options every device has a token but `unknown` */
export async function startBroker({
  most = 1000,
  ...options
}: Partial<EmbeddedBrokerOptions> & { most?: number } = {}) {
  /** What the broker told, in order: `message TOPIC`, `connected DEVICE` … */
  const reported: string[] = [];
  const payloads: Buffer[] = [];
  const gate = { wait: undefined as Promise<void> | undefined };
  const metrics = createMetrics();
  const broker = await startEmbeddedBroker({
    host: '127.0.0.1',
    port: 0,
    places: new Places(most, () => metrics.refusedConnections.inc({ reason: 'too many' })),
    tokenHash: async (device) => (device === 'unknown' ? undefined : digestSecret(tokenOf(device))),
    events: {
      message(device, channel, payload) {
        reported.push(`message ${topicOf(device, channel)}`);
        payloads.push(payload);
        return gate.wait;
      },
      room: async () => undefined,
      arriving: () => reported.push('arriving'),
      connected: (device) => reported.push(`connected ${device}`),
      disconnected: (device) => reported.push(`disconnected ${device}`),
      subscribed: (device) => reported.push(`subscribed ${device}`),
    },
    metrics,
    clock: systemClock,
    log: createLogger('test', 'silent'),
    ...options,
  });
  onTestFinished(() => broker.stop());
  const count = async (metric: 'deniedMessages' | 'refusedConnections', reason: string) =>
    (await metrics[metric].get()).values.find((v) => v.labels.reason === reason)?.value ?? 0;
  return { broker, reported, payloads, metrics, gate, count };
}

/** A logger that keeps its warnings instead of writing them. */
export function warnings(): { log: Logger; lines: object[] } {
  const log = createLogger('test', 'warn');
  const lines: object[] = [];
  log.warn = (fields: object, text?: string) => {
    lines.push({ ...fields, text });
  };
  return { log, lines };
}

export function connectPacket(device: string | undefined, more: Partial<IConnectPacket> = {}): Buffer {
  return generate({
    cmd: 'connect',
    clientId: device ?? 'nobody',
    ...(device === undefined ? {} : { username: device, password: Buffer.from(tokenOf(device)) }),
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    keepalive: 60,
    ...more,
  });
}

export const subscribePacket = (filters: readonly string[], qos: 0 | 1 | 2 = 1) =>
  generate({ cmd: 'subscribe', messageId: 1, subscriptions: filters.map((topic) => ({ topic, qos })) });

export const publishPacket = (topic: string, payload: Buffer, messageId = 2, qos: 0 | 1 | 2 = 1, retain = false) =>
  generate({ cmd: 'publish', topic, payload, qos, messageId, retain, dup: false });

export interface Peer {
  readonly socket: Socket;
  /** All that came, in order. */
  readonly packets: Packet[];
  readonly isClosed: () => boolean;
  write(...packets: Buffer[]): void;
  /** The first packet of a kind that has come; waits for it, and fails when the connection ends before. */
  got(cmd: Packet['cmd']): Promise<Packet>;
  /** Resolves when so many messages have come. */
  received(messages: number): Promise<void>;
  closed(): Promise<void>;
  /** Topics of the messages that came, with the number of bytes. */
  messages(): string[];
}

/** Opens a connection and writes these packets at once. */
export async function peer(port: number, ...packets: Buffer[]): Promise<Peer> {
  const socket = createConnection(port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  socket.on('error', () => undefined);
  const seen: Packet[] = [];
  const reading = parser();
  reading.on('packet', (packet: Packet) => seen.push(packet));
  socket.on('data', (chunk: Buffer) => reading.parse(chunk));
  let closed = false;
  socket.once('close', () => {
    closed = true;
  });
  const ending = once(socket, 'close');
  await once(socket, 'connect');
  const write = (...bytes: Buffer[]) => {
    if (bytes.length > 0) socket.write(Buffer.concat(bytes));
  };
  write(...packets);
  const messages = () => seen.flatMap((p) => (p.cmd === 'publish' ? [`${p.topic} ${p.payload.length}`] : []));
  const more = async (what: string) => {
    if (closed) throw new Error(`the connection ended without ${what}; there were ${seen.map((p) => p.cmd)}`);
    await Promise.race([once(socket, 'data'), ending]);
  };
  return {
    socket,
    packets: seen,
    isClosed: () => closed,
    write,
    async got(cmd) {
      for (;;) {
        const found = seen.find((packet) => packet.cmd === cmd);
        if (found) return found;
        await more(cmd);
      }
    },
    async received(count) {
      while (messages().length < count) await more(`${count} messages`);
    },
    async closed() {
      await ending;
    },
    messages,
  };
}

/** A device that is connected and listens. */
export async function device(port: number, id: string, more: Partial<IConnectPacket> = {}): Promise<Peer> {
  const connection = await peer(port, connectPacket(id, more), subscribePacket([ownDownFilter(id)]));
  await connection.got('suback');
  return connection;
}
