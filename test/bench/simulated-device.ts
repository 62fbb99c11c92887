/** A cheap client that speaks the real protocol: MQTT over a socket, `up/records` and `down/ack`, and nothing else. */
import { connect, type Socket } from 'node:net';
import mqttPacket from 'mqtt-packet';
import { channels, ownDownFilter, topicOf, type UpChannel } from '../../shared/contract/channels.ts';
import { decode, encode } from '../../shared/contract/codec.ts';
import { ack, unread } from '../../shared/contract/messages/batch.ts';

export interface SimulatedDeviceOptions {
  readonly id: string;
  readonly token: string;
  readonly port: number;
  /** Every number up to it is settled. */
  readonly onAck: (upTo: number) => void;
  /** A batch could not be read. */
  readonly onUnread?: () => void;
  /** Connected and subscribed. */
  readonly onUp: () => void;
  readonly onDown: () => void;
}

export interface SimulatedDevice {
  readonly up: boolean;
  connect(): void;
  /** @param channel default: `records` */
  publish(payload: Buffer, channel?: UpChannel): void;
  /** Bytes that the hub has not taken yet. */
  readonly unread: number;
  end(): void;
}

export function createSimulatedDevice(options: SimulatedDeviceOptions): SimulatedDevice {
  const { id, token, port } = options;
  const statusTopic = topicOf(id, 'status');
  const ackTopic = topicOf(id, 'ack');
  let socket: Socket | undefined;
  let up = false;
  let messageId = 1;

  const send = (packet: mqttPacket.Packet) => socket?.write(mqttPacket.generate(packet));

  const receive = (packet: mqttPacket.Packet) => {
    if (packet.cmd === 'connack') {
      if (packet.returnCode !== 0) throw new Error(`${id}: the broker answers ${packet.returnCode}`);
      send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: ownDownFilter(id), qos: 1 }] });
    } else if (packet.cmd === 'suback') {
      up = true;
      publish(statusTopic, encode({ online: true }), true);
      options.onUp();
    } else if (packet.cmd === 'publish') {
      if (packet.messageId !== undefined) send({ cmd: 'puback', messageId: packet.messageId });
      if (packet.topic !== ackTopic) return;
      const said = decode(Buffer.from(packet.payload), channels.ack.maxBytes);
      if (unread.safeParse(said).success) options.onUnread?.();
      else options.onAck(ack.parse(said).upTo);
    }
  };

  function publish(topic: string, payload: Buffer, retain: boolean): void {
    messageId = (messageId % 65_535) + 1;
    send({ cmd: 'publish', topic, payload, qos: 1, retain, dup: false, messageId });
  }

  return {
    get up() {
      return up;
    },
    connect() {
      const parser = mqttPacket.parser({ protocolVersion: 4 });
      parser.on('packet', receive);
      const own = connect(port, '127.0.0.1');
      socket = own;
      own.setNoDelay(true);
      own.on('connect', () => {
        const will = { topic: statusTopic, payload: encode({ online: false }), qos: 1 as const, retain: true };
        send({
          cmd: 'connect',
          clientId: id,
          clean: true,
          keepalive: 0,
          username: id,
          password: Buffer.from(token),
          will,
          protocolVersion: 4,
        });
      });
      own.on('data', (chunk) => parser.parse(chunk));
      own.on('error', () => undefined);
      own.on('close', () => {
        if (own !== socket) return;
        socket = undefined;
        up = false;
        options.onDown();
      });
    },
    publish: (payload, channel = 'records') => publish(topicOf(id, channel), payload, channels[channel].retain),
    get unread() {
      return socket?.writableLength ?? 0;
    },
    end() {
      const own = socket;
      socket = undefined;
      own?.destroy();
    },
  };
}
