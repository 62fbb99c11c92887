/** Bytes that are no MQTT: real packets with some of their bytes changed, before and after signing in. */
import { connect } from 'node:net';
import mqttPacket from 'mqtt-packet';
import { topicOf } from '../../../shared/contract/channels.ts';
import { benchBatch } from '../../bench/records.ts';
import type { Attack } from '../attack.ts';

const CONNECTIONS = 300;

export const mutatedPackets: Attack = {
  name: 'mutated-packets',
  summary: 'somebody on the network sends damaged MQTT packets, with and without a token',
  async run(stage, random) {
    const { id, token } = await stage.attacker();
    const hello = mqttPacket.generate({
      cmd: 'connect',
      clientId: id,
      clean: true,
      keepalive: 0,
      username: id,
      password: Buffer.from(token),
      protocolVersion: 4,
      protocolId: 'MQTT',
    });
    const packets = [
      hello,
      mqttPacket.generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: topicOf(id, 'ack'), qos: 1 }] }),
      mqttPacket.generate({
        cmd: 'publish',
        topic: topicOf(id, 'records'),
        payload: benchBatch('wire', 1, 3),
        qos: 1,
        retain: false,
        dup: false,
        messageId: 2,
      }),
      mqttPacket.generate({ cmd: 'pingreq' }),
      mqttPacket.generate({ cmd: 'disconnect' }),
    ];
    for (let n = 0; n < CONNECTIONS; n++) {
      const signedIn = random() < 0.5;
      const bytes = damaged(packets[Math.floor(random() * packets.length)] ?? hello, random);
      await sendAndClose(stage.hub.mqttPort(), signedIn ? Buffer.concat([hello, bytes]) : bytes);
    }
    return [];
  },
};

function damaged(packet: Buffer, random: () => number): Buffer {
  const copy = Buffer.from(packet);
  const times = 1 + Math.floor(random() * 4);
  for (let i = 0; i < times; i++) copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
  return random() < 0.3 ? copy.subarray(0, Math.floor(random() * copy.length)) : copy;
}

function sendAndClose(port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, () => setTimeout(() => socket.destroy(), 5)));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });
}
