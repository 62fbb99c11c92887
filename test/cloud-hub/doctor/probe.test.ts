/** A probe against a server that is no honest broker: it comes to an end, and memory is bounded. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openProbe } from '../../../cloud-hub/doctor/conformance/probe.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { startProgram } from '../../support/program.ts';

const CONNACK = Buffer.from([0x20, 2, 0, 0]);
/** QoS 0 to the topic `x`, with 16,381 bytes. */
const PUBLISH = Buffer.concat([Buffer.from([0x30, 0x80, 0x80, 0x01, 0, 1, 0x78]), Buffer.alloc(16_381)]);

function flood(socket: Socket): void {
  while (!socket.destroyed && socket.write(PUBLISH));
  socket.once('drain', () => flood(socket));
}

/** Signs everybody in, and then does what `more` says. */
async function brokerThat(more: (socket: Socket) => void) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(CONNACK);
      more(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
}

async function probeAt(more: (socket: Socket) => void) {
  const { url, sockets } = await brokerThat(more);
  const probe = await openProbe({ login: { url }, clientId: 'p', version: 4, clock: systemClock });
  const gone = new Promise<boolean>((resolve) => sockets[0]?.on('close', () => resolve(true)));
  return { probe, gone };
}

test('a broker that answers nothing does not keep a probe that has said farewell', async () => {
  const { probe, gone } = await probeAt((socket) => void socket.resume());
  await expect(probe.publish('a', 'b')).rejects.toThrow('was not answered');
  await probe.end();
  expect(await Promise.race([gone, systemClock.sleep(2_000)])).toBe(true);
}, 20_000);

test('a broker that sends without end is cut off, and the command still says what it found', async () => {
  const { probe } = await probeAt(flood);
  expect(await probe.ended(20_000)).toBe(true);
  await probe.end();
  const { url } = await brokerThat(flood);
  const { code, stdout } = await startProgram('cloud-hub/main.js', ['doctor', '--broker', url]).ended;
  expect(code).toBe(1);
  expect(stdout).toContain('shared subscriptions');
}, 90_000);
