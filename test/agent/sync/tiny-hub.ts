import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { Aedes, type AedesOptions } from 'aedes';
import {
  type ChannelName,
  channels,
  mayPublish,
  maySubscribe,
  parseTopic,
  topicOf,
} from '../../../shared/contract/channels.ts';
import { decode, encode } from '../../../shared/contract/codec.ts';
import { type Ack, type Batch, batch, MAX_ACK_RANGES, type Refusal } from '../../../shared/contract/messages/batch.ts';
import { rangesOf } from '../../../shared/kit/ranges.ts';

/** A real broker on a port of its own, that can be cut off and brought back on the same port. */
export async function startBroker(options: AedesOptions = {}, port = 0) {
  const aedes = await Aedes.createBroker(options);
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    aedes.handle(socket);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: actual } = server.address() as AddressInfo;
  return {
    aedes,
    port: actual,
    url: `mqtt://127.0.0.1:${actual}`,
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await new Promise<void>((resolve) => aedes.close(resolve));
    },
  };
}
export type Broker = Awaited<ReturnType<typeof startBroker>>;

export interface Message {
  readonly channel: ChannelName;
  readonly payload: Buffer;
  readonly retain: boolean;
}

/**
 * As much of a hub as the uplink can tell apart: stores records by (epoch, number), settles batch ranges, acknowledges.
 * Its faults are switches.
 */
export class TinyHub {
  readonly device: string;
  readonly messages: Message[] = [];
  readonly batches: Batch[] = [];
  readonly acks: Ack[] = [];
  /** epoch → number → record */
  readonly stored = new Map<string, Map<number, Record<string, unknown>>>();
  duplicates = 0;
  silent = false;
  /** Batches to lose, counted from now. */
  lose = 0;
  ackTimes = 1;
  /** Does it know of two lanes? */
  ranged = true;
  refuses: (record: Record<string, unknown>) => string | undefined = () => undefined;
  readonly #settled = new Map<string, Set<number>>();
  readonly #upTo = new Map<string, number>();
  #broker: Broker | undefined;
  #listeners = new Set<() => void>();

  constructor(device: string) {
    this.device = device;
  }

  attach(broker: Broker): void {
    this.#broker = broker;
    broker.aedes.on('publish', (packet, client) => {
      const parsed = parseTopic(packet.topic);
      if (!client || parsed?.device !== this.device) return;
      const payload = Buffer.from(packet.payload);
      this.messages.push({ channel: parsed.channel, payload, retain: packet.retain });
      if (parsed.channel === 'records') this.#take(batch.parse(decode(payload, channels.records.maxBytes)));
      for (const listener of this.#listeners) listener();
    });
  }

  send(channel: ChannelName, payload: Buffer): void {
    this.#broker?.aedes.publish(
      { cmd: 'publish', topic: topicOf(this.device, channel), payload, qos: 1, retain: false, dup: false },
      () => undefined,
    );
  }

  /** Resolves when `true`; looked at after each message. */
  async sees(condition: () => boolean): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve) => {
      const look = () => {
        if (!condition()) return;
        this.#listeners.delete(look);
        resolve();
      };
      this.#listeners.add(look);
    });
  }

  marks(epoch: string): unknown[] {
    const records = [...(this.stored.get(epoch) ?? [])].sort(([a], [b]) => a - b);
    return records.flatMap(([, record]) => ('mark' in record ? [record.mark] : []));
  }

  #take(arrived: Batch): void {
    if (this.silent) return;
    if (this.lose > 0) {
      this.lose--;
      return;
    }
    const ack = this.take(arrived);
    for (let i = 0; i < this.ackTimes; i++) {
      this.acks.push(ack);
      this.send('ack', encode(ack));
    }
  }

  /** Stores what is new of a batch, and settles its numbers; returns the acknowledgement. */
  take(arrived: Batch): Ack {
    this.batches.push(arrived);
    const { epoch, from, to, records } = arrived;
    const settled = this.#settled.get(epoch) ?? new Set();
    const stored = this.stored.get(epoch) ?? new Map();
    this.#settled.set(epoch, settled);
    this.stored.set(epoch, stored);
    const refused: Refusal[] = [];
    for (const record of records) {
      const reason = this.refuses(record);
      if (reason) refused.push({ from: record.seq, to: record.seq, reason });
      else if (settled.has(record.seq)) this.duplicates++;
      else stored.set(record.seq, record);
    }
    for (let seq = from; seq <= to; seq++) settled.add(seq);
    let upTo = Math.max(this.#upTo.get(epoch) ?? 0, (arrived.base ?? from) - 1);
    while (settled.has(upTo + 1)) upTo++;
    this.#upTo.set(epoch, upTo);
    const above = rangesOf([...settled].filter((seq) => seq > upTo).sort((a, b) => a - b));
    return {
      epoch,
      upTo,
      ...(this.ranged ? { ranges: above.slice(-MAX_ACK_RANGES) } : {}),
      ...(refused.length > 0 ? { refused } : {}),
    };
  }
}

/** Rights as the real hub gives them: a token a device, its own topics only. */
export function rights(tokens: Record<string, string>): AedesOptions {
  return {
    authenticate(_client, username, password, done) {
      if (username !== undefined && tokens[username] === password?.toString()) return done(null, true);
      done(Object.assign(new Error('bad token'), { returnCode: 4 as const }), null);
    },
    authorizePublish: (client, packet, done) =>
      done(client && mayPublish(client.id, packet.topic) ? null : new Error('not yours')),
    authorizeSubscribe: (client, subscription, done) =>
      done(null, maySubscribe(client.id, subscription.topic) ? subscription : null),
  };
}
