import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { generate } from 'mqtt-packet';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BoundedConnection } from '../../../cloud-hub/broker/bounded-connection.ts';
import { PacketMeter } from '../../../shared/kit/packet-meter.ts';
import { until } from '../../support/until.ts';

const bounds = { first: 200, later: 1000 };

/** Cuts bytes at the given places, and feeds the pieces. */
function feed(bytes: Buffer, cuts: readonly number[]): string | undefined {
  const meter = new PacketMeter(bounds);
  const places = [0, ...cuts.map((c) => c % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  for (let i = 1; i < places.length; i++) {
    const problem = meter.accept(bytes.subarray(places[i - 1], places[i]));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const connect = generate({
  cmd: 'connect',
  clientId: 'c',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clean: true,
  keepalive: 1,
});
const publish = (bytes: number) =>
  generate({ cmd: 'publish', topic: 't', payload: Buffer.alloc(bytes), qos: 0, retain: false, dup: false });
const cuts = fc.array(fc.nat(5000), { maxLength: 12 });

test('packets within the bounds pass, however they are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(990), { maxLength: 5 }), cuts, (sizes, at) => {
      expect(feed(Buffer.concat([connect, ...sizes.map(publish)]), at)).toBeUndefined();
    }),
  );
});

test('one packet over its bound is found, wherever it stands and however it is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(990), { maxLength: 4 }),
      fc.integer({ min: 1000, max: 5000 }),
      cuts,
      (sizes, big, at) => {
        expect(feed(Buffer.concat([connect, ...sizes.map(publish), publish(big)]), at)).toMatch(/exceeds 1000/);
      },
    ),
  );
});

test('the first packet has the tighter bound', () => {
  expect(feed(publish(500), [])).toMatch(/exceeds 200/);
});

test('a length of more than four bytes is malformed', () => {
  expect(feed(Buffer.from([0x10, 0x80, 0x80, 0x80, 0x80, 0x00]), [2, 4])).toMatch(/malformed/);
});

test('a packet of exactly the bound passes, one byte more does not; the first bound is for the first packet only', () => {
  /** A packet with so many bytes after the fixed header. */
  const packet = (bytes: number) => {
    const length: number[] = [];
    for (let rest = bytes; length.length === 0 || rest > 0; rest = Math.floor(rest / 128))
      length.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    return Buffer.concat([Buffer.from([0x30, ...length]), Buffer.alloc(bytes)]);
  };
  const problem = (...sizes: number[]) => feed(Buffer.concat(sizes.map(packet)), []);
  expect(problem(200, 1000, 1000, 0, 1000)).toBeUndefined();
  expect(problem(201)).toBe('packet of at least 201 bytes exceeds 200');
  expect(problem(200, 1001)).toBe('packet of at least 1001 bytes exceeds 1000');
  expect(problem(0, 1000)).toBeUndefined();
  expect(problem(0, 0, 1001)).toBe('packet of at least 1001 bytes exceeds 1000');
});

test('a length of four bytes is followed to the largest that MQTT knows; a fifth is malformed', () => {
  const meter = () => new PacketMeter({ first: 268_435_455, later: 268_435_455 });
  expect(meter().accept(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]))).toBeUndefined();
  expect(meter().accept(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x7f]))).toBe('malformed packet length');
  expect(meter().accept(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80]))).toBe('malformed packet length');
  const tight = new PacketMeter({ first: 128 * 128 * 128 - 1, later: 0 });
  expect(tight.accept(Buffer.from([0x30, 0x80, 0x80, 0x80]))).toBeUndefined();
  expect(tight.accept(Buffer.from([0x01]))).toBe('packet of at least 2097152 bytes exceeds 2097151');
});

function deferred() {
  const settle = { resolve: () => {}, reject: (_error: Error) => {} };
  const promise = new Promise<void>((resolve, reject) => Object.assign(settle, { resolve, reject }));
  return { promise, resolve: () => settle.resolve(), reject: (error: Error) => settle.reject(error) };
}

describe('a bounded connection', () => {
  /** Both ends of a real TCP connection, one of them bounded. */
  async function pair() {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
    });
    const address = server.address();
    const far = createConnection(typeof address === 'object' && address ? address.port : 0, '127.0.0.1');
    onTestFinished(() => {
      far.destroy();
    });
    const [socket] = (await once(server, 'connection')) as [Socket];
    const near = new BoundedConnection(socket, { first: 200, later: 2 ** 20 });
    far.on('error', () => undefined);
    let seen = 0;
    near.on('data', (chunk: Buffer) => {
      seen += chunk.length;
    });
    return { far, near, socket, seen: () => seen };
  }

  test('is not read while any hold lasts, and goes on after the last', async () => {
    const { far, near, seen } = await pair();
    far.write(connect);
    await until(() => seen() === connect.length, 'the first packet');
    const [first, second] = [deferred(), deferred()];
    // From within the handler of a chunk, as the broker does it.
    near.once('data', () => {
      near.hold(first.promise);
      near.hold(second.promise);
    });
    const all = connect.length + 200 * publish(60_000).length;
    for (let n = 0; n < 200; n++) far.write(publish(60_000));
    // What the system keeps for the two has an end; TCP then lets the sender wait.
    const held = async () => {
      let before = -1;
      await until(() => {
        const waits = before === seen() && far.writableLength > 0;
        before = seen();
        return waits;
      }, 'the sender waits');
      return before;
    };
    const before = await held();
    expect(before).toBeLessThan(all / 10);
    first.resolve();
    expect(await held()).toBe(before);
    second.reject(new Error('failed'));
    await until(() => seen() === all, 'all of it');
  });

  test('hands a packet that is too large to nobody, and ends both ends', async () => {
    const { far, near, socket, seen } = await pair();
    const failed = once(near, 'error');
    far.write(publish(500));
    expect(String((await failed)[0])).toMatch(/exceeds 200/);
    await once(far, 'close');
    expect([near.destroyed, socket.destroyed, seen()]).toEqual([true, true, 0]);
  });

  test('writes go out in order, one or many, and the end of either side ends it', async () => {
    const { far, near } = await pair();
    const got: Buffer[] = [];
    far.on('data', (chunk: Buffer) => got.push(chunk));
    near.write('one ');
    near.cork();
    near.write('two ');
    near.write('three');
    near.uncork();
    near.end();
    await once(far, 'end');
    expect(Buffer.concat(got).toString()).toBe('one two three');

    const second = await pair();
    second.far.end();
    await once(second.near, 'end');
    await until(() => second.near.destroyed, 'it is gone');

    const third = await pair();
    third.near.destroy();
    await once(third.far, 'close');

    const fourth = await pair();
    const failed = once(fourth.near, 'error');
    fourth.socket.destroy(new Error('reset'));
    expect(String((await failed)[0])).toMatch(/reset/);
  });
});
