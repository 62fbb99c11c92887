import fc from 'fast-check';
import { generate } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { PacketMeter } from '../../../cloud-hub/broker/bounded-connection.ts';

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
