import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Clock, systemClock } from '../../../shared/kit/clock.ts';
import { createLink, type LinkMessage, type LinkOptions } from '../../../shared/kit/link.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { rights, startBroker } from '../../agent/sync/tiny-hub.ts';
import { until } from '../../support/until.ts';

const log = createLogger('test', 'silent');

function link(url: string, options: Partial<LinkOptions> = {}) {
  const made = createLink({
    url,
    clientId: 'box-1',
    retryMs: { first: 5, max: 20 },
    refusedRetryMs: { first: 5, max: 20 },
    clock: systemClock,
    log,
    ...options,
  });
  onTestFinished(() => made.stop());
  return made;
}

async function brokerForTest(options = {}) {
  const broker = await startBroker(options);
  onTestFinished(() => broker.stop());
  return broker;
}

/** A server that speaks as much MQTT as it is told to. */
async function rawServer(onData: (socket: Socket, data: Buffer) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data) => onData(socket, data));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const CONNACK = Buffer.from([0x20, 2, 0, 0]);
const isConnect = (data: Buffer) => data[0] === 0x10;
const message = (qos: 0 | 1 = 1): LinkMessage => ({ topic: 'a/b', payload: 'x', qos, retain: false });

describe('link', () => {
  test('delivers, and is up only with every subscription granted', async () => {
    const broker = await brokerForTest();
    const a = link(broker.url);
    const received: string[] = [];
    let ups = 0;
    a.onMessage((topic, payload) => received.push(`${topic} ${payload}`));
    a.onUp(() => ups++);
    a.subscribe('a/#', 1);
    a.start();
    a.start();
    await until(() => a.up, 'up');
    await a.publish(message(1));
    await a.publish(message(0));
    await until(() => received.length === 2, 'both messages');
    expect(received).toEqual(['a/b x', 'a/b x']);
    expect(ups).toBe(1);
  });

  test('offline nothing is queued: a publish is rejected', async () => {
    const a = link('mqtt://127.0.0.1:1');
    a.start();
    await expect(a.publish(message())).rejects.toThrow('not connected');
    expect(a.up).toBe(false);
  });

  test('comes back after a cut with its subscriptions, and rejects what the cut took', async () => {
    const broker = await brokerForTest();
    const a = link(broker.url);
    const received: string[] = [];
    const changes: string[] = [];
    a.onMessage((topic) => received.push(topic));
    a.onUp(() => changes.push('up'));
    a.onDown(() => changes.push('down'));
    a.subscribe('a/b', 1);
    a.start();
    for (let cut = 1; cut <= 5; cut++) {
      await until(() => a.up, 'up');
      const lost = a.publish({ ...message(), payload: Buffer.alloc(1_000_000), topic: 'c' });
      broker.cut();
      await expect(lost).rejects.toThrow('MQTT');
      await until(() => changes.filter((c) => c === 'up').length > cut, 'up again');
    }
    await a.publish(message());
    await until(() => received.includes('a/b'), 'the message');
    expect(changes.slice(0, 4)).toEqual(['up', 'down', 'up', 'down']);
  });

  test('after a connection that had lasted, the return is drawn by lot over some seconds', async () => {
    const broker = await brokerForTest();
    let ahead = 0;
    const waits: number[] = [];
    const clock: Clock = {
      ...systemClock,
      mono: () => systemClock.mono() + ahead,
      after(ms, run) {
        if (!cut) return systemClock.after(ms, run);
        cut = false;
        waits.push(ms);
        return systemClock.after(0, run);
      },
    };
    let cut = false;
    const a = link(broker.url, { clock, returnSpreadMs: 4000 });
    // What is planned next is the return.
    a.onDown(() => {
      cut = true;
    });
    a.start();
    for (let round = 1; round <= 8; round++) {
      await until(() => a.up, 'it is up');
      ahead += 20_000;
      broker.cut();
      await until(() => waits.length === round, 'it is cut');
    }
    expect(waits).toHaveLength(8);
    for (const ms of waits) expect(ms).toBeLessThan(4000);
    expect(new Set(waits.map((ms) => Math.floor(ms / 500))).size).toBeGreaterThan(2);
  });

  test('a broker that never confirms a publish: rejected in time, and the connection is given up', async () => {
    const url = await rawServer((socket, data) => {
      if (isConnect(data)) socket.write(CONNACK);
    });
    const a = link(url, { publishTimeoutMs: 50 });
    let downs = 0;
    a.onDown(() => downs++);
    a.start();
    await until(() => a.up, 'up');
    await expect(a.publish(message())).rejects.toThrow('did not confirm');
    expect(downs).toBe(1);
  });

  test('a broker that answers with garbage, or not at all, never ends the process', async () => {
    let connections = 0;
    const url = await rawServer((socket) => {
      connections++;
      if (connections % 2 === 0) socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 1, 2]));
      else socket.destroy();
    });
    const a = link(url, { connectTimeoutMs: 50 });
    a.start();
    await until(() => connections >= 6, 'six tries');
    expect(a.up).toBe(false);
  });

  test('a broker that announces a giant packet is left before the packet is read, and is asked again', async () => {
    let connections = 0;
    let taken = 0;
    const MIB = 1024 * 1024;
    const url = await rawServer((socket, data) => {
      if (!isConnect(data)) return;
      connections++;
      socket.write(CONNACK);
      // A PUBLISH of 200 MiB: type, length in four bytes of seven bits, and then its body for ever.
      const length = 200 * MIB;
      socket.write(
        Buffer.from([0x30, ...[0, 7, 14, 21].map((shift) => ((length >> shift) & 0x7f) | (shift < 21 ? 0x80 : 0))]),
      );
      const more = () => {
        while (!socket.destroyed && socket.write(Buffer.alloc(MIB))) taken += MIB;
      };
      socket.on('drain', more);
      more();
    });
    const complaints: string[] = [];
    link(url, { onComplaint: (text) => complaints.push(text) }).start();
    await until(() => connections > 1, 'a second try');
    expect(complaints[0]).toMatch(/packet of at least 209715200 bytes exceeds 16777216/);
    expect(taken).toBeLessThan(100 * MIB);
  });

  test('stops within a second although the broker says nothing any more', async () => {
    const url = await rawServer((socket, data) => {
      if (isConnect(data)) socket.write(CONNACK);
    });
    const waits: number[] = [];
    let late: () => void = () => undefined;
    const clock: Clock = {
      ...systemClock,
      after(ms, run) {
        waits.push(ms);
        if (ms < 1_000) late = run;
        return () => undefined;
      },
    };
    const a = link(url, { clock });
    a.start();
    await until(() => a.up, 'up');
    waits.length = 0;
    const stopped = a.stop(message());
    // Beside the bound of the message itself.
    expect(waits.filter((ms) => ms < 1_000)).toHaveLength(1);
    late();
    await stopped;
    expect(a.up).toBe(false);
  });

  test('stops while connecting, and does not come back', async () => {
    let connections = 0;
    const url = await rawServer(() => connections++);
    const a = link(url);
    a.start();
    await until(() => connections === 1, 'a connection');
    await a.stop();
    await new Promise((resolve) => systemClock.after(60, () => resolve(undefined)));
    expect(connections).toBe(1);
  });

  test('a farewell is heard, and the will is not', async () => {
    const broker = await brokerForTest();
    const received: string[] = [];
    broker.aedes.on('publish', (packet) => received.push(`${packet.topic} ${packet.payload}`));
    const a = link(broker.url, { will: { topic: 'will', payload: 'dead', qos: 1, retain: false } });
    a.start();
    await until(() => a.up, 'up');
    const gone = once(broker.aedes, 'clientDisconnect');
    await a.stop({ topic: 'farewell', payload: 'bye', qos: 1, retain: false });
    await gone;
    expect(received.filter((line) => !line.startsWith('$SYS'))).toEqual(['farewell bye']);
  });

  test('refused credentials are told once and tried again slowly', async () => {
    const broker = await brokerForTest(rights({ 'box-1': 'right' }));
    const lines: string[] = [];
    const sending = Object.assign(createLogger('test', 'silent'), {
      warn: (_fields: unknown, text: string) => lines.push(text),
    });
    let tries = 0;
    broker.aedes.on('clientError', () => tries++);
    const a = link(broker.url, { username: 'box-1', password: 'wrong', log: sending });
    a.start();
    await until(() => tries >= 3, 'three tries');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/refused this client.*check its name, token and rights/);
    expect(lines[0]).not.toContain('wrong');
  });

  test('a refused subscription is not up', async () => {
    const broker = await brokerForTest(rights({ 'box-1': 'right' }));
    const a = link(broker.url, { username: 'box-1', password: 'right' });
    a.subscribe('#', 1);
    a.start();
    await once(broker.aedes, 'clientDisconnect');
    expect(a.up).toBe(false);
  });

  test('a listener that throws hurts nobody', async () => {
    const broker = await brokerForTest();
    const a = link(broker.url);
    let received = 0;
    a.onMessage(() => {
      throw new Error('listener');
    });
    a.onMessage(() => received++);
    a.onUp(() => {
      throw new Error('listener');
    });
    a.subscribe('a/b', 0);
    a.start();
    await until(() => a.up, 'up');
    await a.publish(message());
    await until(() => received === 1, 'the message');
    expect(a.up).toBe(true);
  });

  test('an address that is none, or that carries credentials, is refused', () => {
    expect(() => link('localhost')).toThrow('mqtt://HOST:PORT');
    expect(() => link('http://localhost')).toThrow('is not an MQTT address');
    expect(() => link('mqtt://user:secret@localhost')).toThrow('give them as username and password');
    expect(() => link('mqtt://user:secret@localhost')).not.toThrow('secret');
  });
});
