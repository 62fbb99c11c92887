/** What a device says about itself, handed to everybody who looks. */

import { connect } from 'node:net';
import mqttPacket from 'mqtt-packet';
import { topicOf } from '../../../shared/contract/channels.ts';
import { encode } from '../../../shared/contract/codec.ts';
import type { Attack } from '../attack.ts';
import { settles } from '../stage.ts';

const LIMIT_MB = 0.1;
/** Nearly the most that the hub unpacks. */
const LARGEST = 1000 * 1024;

export const wideReport: Attack = {
  name: 'wide-report',
  summary: 'a device reports itself with a megabyte of unknown keys, then somebody lists the devices',
  async run(stage) {
    const attacker = await stage.attacker();
    const report = {
      version: '1.0.0',
      boot: 'b',
      config: 'c',
      host: { platform: 'linux', arch: 'x64', cpus: 1, memoryMb: 1, name: 'h', more: 'x'.repeat(LARGEST) },
      process: { rssMb: 1, uptimeS: 1 },
      outbox: { epoch: 'e', waiting: 0, bytes: 0, lastSeq: 0 },
      streams: [],
    };
    const sent = await publishOnce(stage.hub.mqttPort(), attacker, topicOf(attacker.id, 'report'), encode(report));
    const response = await fetch(`http://127.0.0.1:${stage.httpPort()}/api/v1/devices`, {
      headers: { authorization: `Bearer ${stage.adminToken()}` },
    });
    const mb = (await response.arrayBuffer()).byteLength / 1024 / 1024;
    return [...sent, ...(mb > LIMIT_MB ? [`GET /devices answers ${mb.toFixed(2)} MB`] : [])];
  },
};

/** Over a connection of its own; the hub's PUBACK says that it came. */
async function publishOnce(
  port: number,
  { id, token }: { readonly id: string; readonly token: string },
  topic: string,
  payload: Buffer,
): Promise<readonly string[]> {
  const socket = connect(port, '127.0.0.1');
  const parser = mqttPacket.parser({ protocolVersion: 4 });
  let over = false;
  socket.on('data', (chunk) => parser.parse(chunk));
  socket.on('error', () => undefined);
  socket.on('close', () => {
    over = true;
  });
  parser.on('packet', (packet) => {
    if (packet.cmd === 'connack')
      socket.write(
        mqttPacket.generate({ cmd: 'publish', topic, payload, qos: 1, retain: false, dup: false, messageId: 1 }),
      );
    if (packet.cmd === 'puback') over = true;
  });
  socket.write(
    mqttPacket.generate({
      cmd: 'connect',
      clientId: id,
      clean: true,
      keepalive: 0,
      username: id,
      password: Buffer.from(token),
      protocolVersion: 4,
      protocolId: 'MQTT',
    }),
  );
  const answered = await settles(() => over, 30);
  socket.destroy();
  return answered ? [] : ['the broker neither took the report nor closed the connection within 30 s'];
}
