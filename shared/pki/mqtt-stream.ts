/**
 * The stream that carries MQTT to a broker over TLS: straight (`mqtts://`), or in a WebSocket (`wss://`) for networks that let nothing
 * but HTTPS out.
 */
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import WebSocket, { createWebSocketStream } from 'ws';
import { type DialOptions, dialTls } from './dial.ts';

/** A broker bounds what it buffers of a message before it has seen who sends: packets go in frames of so many bytes at most. */
export const WS_FRAME_BYTES = 64 * 1024;
const PORTS: Readonly<Record<string, number>> = { 'mqtts:': 8883, 'wss:': 443 };

export type MqttTrust = Omit<DialOptions, 'host' | 'port' | 'protocols'>;

/** Is this an address that TLS protects? */
export function isSecure(url: string): boolean {
  return /^(mqtts|wss):/.test(url);
}

/** @param url `mqtts://` or `wss://`. @throws what dialTls throws; an error of the WebSocket's handshake */
export async function openMqttStream(url: string, options: MqttTrust): Promise<Duplex> {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  const dial = {
    ...options,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (PORTS[protocol] ?? 0) : Number(port),
  };
  if (protocol !== 'wss:') return dialTls({ ...dial, protocols: ['mqtt'] });
  const socket = await dialTls({ ...dial, protocols: ['http/1.1'] });
  const webSocket = new WebSocket(`wss://${new URL(url).host}${pathname}${search}`, ['mqtt'], {
    createConnection: () => socket,
    handshakeTimeout: options.timeoutMs,
    perMessageDeflate: false,
    maxPayload: 2 ** 28,
  });
  await once(webSocket, 'open');
  const stream = createWebSocketStream(webSocket);
  webSocket.on('close', () => stream.destroy());
  return inFrames(stream);
}

/** Cuts what is written into pieces of a frame each. */
function inFrames(stream: Duplex): Duplex {
  const whole = stream._write.bind(stream);
  stream._write = (chunk: Buffer, encoding, done) => {
    const next = (from: number) => (error?: Error | null) => {
      if (error || from >= chunk.length) return done(error);
      whole(chunk.subarray(from, from + WS_FRAME_BYTES), encoding, next(from + WS_FRAME_BYTES));
    };
    next(0)();
  };
  return stream;
}
