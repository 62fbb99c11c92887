/** What a device says of itself, and how much of it the hub keeps and tells. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { knownOf } from '../../../cloud-hub/ingest/known.ts';
import { unpacked } from '../../../cloud-hub/ingest/steps/decode.ts';
import { encode } from '../../../shared/contract/codec.ts';
import { MAX_UNKNOWN_BYTES } from '../../../shared/contract/messages/report.ts';
import { all, bench } from './bench.ts';

const KIB = 1024;
const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const digest = `sha256:${'0'.repeat(64)}`;

const host = { platform: 'linux', arch: 'x64', cpus: 2, memoryMb: 1000, name: 'box' };
const plain = {
  ...{ version: '2', boot: 'b', config: 'c', host, process: { rssMb: 100, uptimeS: 5 }, streams: [] },
  outbox: { epoch: 'e1', waiting: 3, bytes: 1000, lastSeq: 9 },
};

test('what 600 streams report fits, and is kept as it came', async () => {
  const b = await bench();
  const model = { name: 'yolox-nano', version: '1.0.0', digest, variant: 'int8' };
  const streams = Array.from({ length: 600 }, (_, i) => ({
    ...{ id: `loading-dock-${i}`, kind: 'picture', state: 'running', fps: 4.97, width: 1920, height: 1080, model },
    source: `rtsp://camera-${i}.factory.example:554/Streaming/Channels/101`,
    rules: ['enter', 'dwell'].map((name) => ({
      ...{ name, kind: 'zone' },
      points: Array.from({ length: 6 }, (_, k) => [(i + k) / 1100, 1 / (k + 3)]),
    })),
  }));
  const sent = { ...plain, streams };
  expect(bytesOf(sent)).toBeGreaterThan(300 * KIB);
  expect(bytesOf(sent)).toBeLessThan(unpacked.report.maxBytes);
  await b.send(encode(sent), 'report');
  expect(b.reports).toEqual([{ device: 'cam', report: sent }]);
  expect(await b.store.devices.report('cam')).toEqual(sent);
});

test('unknown keys are kept while they are small, wherever they stand; what is too much is left out', async () => {
  const b = await bench();
  const large = 'x'.repeat(40 * KIB);
  const slot = { name: 'm', version: '1', digest, serviceS: 1, frames: 1, errors: 0 };
  const sent = (more: object) => ({
    ...{ ...plain, ...more, host: { ...host, ...more }, outbox: { ...plain.outbox, ...more } },
    streams: [
      { id: 's', state: 'running', source: 'x', fps: 1, rules: [{ name: 'r', kind: 'zone', ...more }], ...more },
    ],
    models: { m: { active: { ...slot, latencyMs: { p50: 1, p95: 2, ...more }, ...more }, failures: [], ...more } },
    desired: { revision: digest, ...more },
  });
  await b.send(encode(sent({ novel: { deep: [1, 'ä'] } })), 'report');
  expect(await b.store.devices.report('cam')).toEqual(sent({ novel: { deep: [1, 'ä'] } }));
  await b.send(encode(sent({ huge: large })), 'report');
  expect(await b.store.quarantine.list(all)).toEqual([]);
  expect(await b.store.devices.report('cam')).toEqual(sent({}));
  expect(b.reports.at(-1)).toEqual({ device: 'cam', report: sent({}) });
  // Who follows is told the same.
  const reported = b.live.at(-1);
  expect(reported).toMatchObject({ type: 'device', device: { host, outbox: plain.outbox } });
  expect(bytesOf(reported)).toBeLessThan(2 * KIB);
});

test('however unknown keys are spread, they take no more than their bound, and what is known is whole', () => {
  const schema = z.looseObject({
    known: z.number(),
    list: z.array(z.looseObject({ known: z.number() })).optional(),
    map: z.record(z.string(), z.looseObject({ known: z.number() })).optional(),
  });
  const extra = fc.dictionary(
    fc.string({ maxLength: 4 }).map((key) => `+${key}`),
    fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.string({ maxLength: 90 })),
    { maxKeys: 5 },
  );
  const part = extra.map((more) => ({ ...more, known: 1 }));
  const input = fc.record({
    more: extra,
    list: fc.array(part, { maxLength: 4 }),
    map: fc.dictionary(fc.constantFrom('a', '__proto__', 'b'), part),
  });
  fc.assert(
    fc.property(input, fc.integer({ min: 0, max: 400 }), ({ more, list, map }, maxBytes) => {
      // As it comes from JSON: every key is its own.
      const value: unknown = JSON.parse(JSON.stringify({ ...more, known: 1, list, map }));
      const kept = knownOf(schema, value, maxBytes);
      expect(schema.safeParse(kept).success).toBe(true);
      const bare = knownOf(schema, value, 0);
      expect(bare).toEqual(
        JSON.parse(JSON.stringify(value, (key, inner) => (key.startsWith('+') ? undefined : inner))),
      );
      expect(bytesOf(kept)).toBeLessThanOrEqual(bytesOf(bare) + maxBytes);
      expect(knownOf(schema, kept, 0)).toEqual(bare);
      expect(knownOf(schema, value, 1e9)).toEqual(value);
    }),
  );
  expect(MAX_UNKNOWN_BYTES).toBeLessThan(64 * KIB);
});

test('a report over the bound of unpacked ones is refused as a whole', async () => {
  const b = await bench();
  await b.send(encode({ ...plain, more: 'x'.repeat(unpacked.report.maxBytes) }), 'report');
  expect(await b.store.devices.report('cam')).toBeUndefined();
  expect(await b.store.quarantine.list(all)).toHaveLength(1);
  await b.send(encode({ ...plain, streams: [{ id: 7 }], more: 1 }), 'report');
  expect((await b.store.quarantine.list(all))[0]?.reason).toMatch(/^up\/report: streams\[0\]\.id: /);
});
