/** Every family of messages. To add one: a function here, or a file beside it, and a line in the list. */
import { gzipSync } from 'node:zlib';
import { encode } from '../../../shared/contract/codec.ts';
import { benchRecord, benchSummary } from '../../bench/records.ts';
import { type Family, type Knobs, type Sender, scaled, times } from './family.ts';

/** Few enough that a large record does not make more than the 2 MiB of a batch. */
const fitting = (wanted: number, bytesEach: number) => Math.max(1, Math.min(wanted, Math.floor(1.9e6 / bytesEach)));

const summary = (more: object) => ({ ...benchSummary(1), ...more });

const events: Family = {
  name: 'events',
  make(device, [count, points, picture, text]) {
    const path = times(Math.floor(points * 256), (i) => [i / 257, 1 / (i + 3)]);
    const bytes = picture < 0.3 ? 0 : scaled(picture, 1000, 380_000);
    const jpeg = Buffer.alloc(bytes, 7);
    if (bytes > 0) jpeg.set([0xff, 0xd8]);
    const more = {
      ...(path.length > 0 && { path }),
      ...(bytes > 0 && { snapshot: { mime: 'image/jpeg', width: 9, height: 9, data: jpeg.toString('base64') } }),
      ...(text > 0.3 && { pad: 'x'.repeat(scaled(text, 1, 130_000)) }),
    };
    const each = 500 + path.length * 25 + bytes * 1.4 + scaled(text, 1, 130_000);
    return [
      device.batch(
        'events',
        times(fitting(scaled(count, 1, 1000), each), (i) => ({ ...benchRecord(i), ...more })),
      ),
    ];
  },
};

const wide: Family = {
  name: 'wide',
  make(device, [count, size, shape, place]) {
    const n = scaled(size, 1, 200_000);
    const depth = n;
    const shapes = [
      () => Object.fromEntries(times(n, (i) => [`k${i}`, i])),
      () => times(n, () => 0),
      () => times(n, () => ({})),
      () => JSON.parse(`${'['.repeat(Math.min(depth, 1500))}${']'.repeat(Math.min(depth, 1500))}`),
      () => 'ä"\\'.repeat(n),
    ];
    const value: unknown = shapes[Math.min(4, Math.floor(shape * 5))]?.();
    const record = place < 0.3 ? summary({ labels: value }) : { ...benchRecord(1), extra: value };
    return [
      device.batch(
        'wide',
        times(fitting(scaled(count, 1, 1000), 600 + n * 10), () => record),
      ),
    ];
  },
};

const maps: Family = {
  name: 'maps',
  make(device, [count, keys, length]) {
    const n = scaled(keys, 1, 1200);
    const labels = Object.fromEntries(times(n, (i) => [`${i}${'l'.repeat(Math.floor(length * 100))}`, i]));
    const records = fitting(scaled(count, 1, 1000), 700 + 2 * n * (10 + length * 100));
    return [
      device.batch(
        'maps',
        times(records, () => summary({ labels, tracks: labels })),
      ),
    ];
  },
};

const origins: Family = {
  name: 'origins',
  make(device, [count, names, epochs, spread]) {
    const many = scaled(epochs, 1, 200);
    const far = scaled(spread, 10, 1e12);
    const origin = () =>
      times(1 + Math.floor(names * 7.99), () => ({
        epoch: `old-${Math.floor(device.random() * many)}`,
        seq: 1 + Math.floor(device.random() * far),
      }));
    return [
      device.batch(
        'origins',
        times(scaled(count, 1, 1000), (i) => ({ ...benchRecord(i), origin: origin() })),
      ),
    ];
  },
};

const gaps: Family = {
  name: 'gaps',
  make(device, [count, stride, reach, kind]) {
    const epoch = 'gaps';
    const step = 1 + Math.floor(stride * 5);
    const records = scaled(count, 1, 1000);
    const from = device.claim(epoch, records * step);
    const to = from + records * step - 1;
    const made = times(records, (i) => ({ ...benchRecord(i), seq: from + i * step }));
    const holes = { epoch, from, to, base: Math.max(1, Math.floor(from * reach)), records: made };
    const settles = { epoch, to };
    const sent = [{ channel: 'records' as const, payload: encode(holes), settles }];
    // And then once more over all gaps so far, with one record, with none, or refused.
    const again = {
      epoch,
      from: 1,
      to,
      base: 1,
      records: kind < 0.3 ? [] : kind < 0.6 ? [{ ...benchRecord(1), seq: to }] : 'none',
    };
    return [...sent, { channel: 'records', payload: encode(again), settles }];
  },
};

const holes: Family = {
  name: 'holes',
  make(device, [count, distance, epochs]) {
    const epoch = `holes-${Math.floor(device.random() * scaled(epochs, 1, 30))}`;
    return times(scaled(count, 1, 100), (i) => {
      const seq = device.claim(epoch, 2 + scaled(distance, 1, 1e6)) + 1;
      const message = { epoch, from: seq, to: seq, base: 1, records: [{ ...benchRecord(i), seq }] };
      // With too many holes there is no answer until some are filled.
      return { channel: 'records' as const, payload: encode(message) };
    });
  },
};

const losses: Family = {
  name: 'losses',
  make(device, [count, reach, reasons]) {
    const loss = (i: number) => ({
      ...{ ...benchRecord(i), kind: 'loss', epoch: 'gaps', from: 1 + i, to: scaled(reach, 2, 1e9) + i, lost: 3 },
      reason: 'r'.repeat(1 + Math.floor(reasons * 255)),
    });
    return [device.batch('gaps', times(scaled(count, 1, 1000), loss))];
  },
};

const bad: Family = {
  name: 'bad',
  make(device, [count, places, size]) {
    const wrong = Object.fromEntries(
      times(Math.floor(places * 20), (i) => [`${['score', 'box', 'stream', 'mono'][i % 4]}`, { i }]),
    );
    const pad = 'x'.repeat(scaled(size, 1, 100_000));
    const labels = Object.fromEntries(times(Math.floor(places * 1000), (i) => [`l${i}`, 'x']));
    const record = () =>
      device.random() < 0.5
        ? { ...benchRecord(1), ...wrong, score: device.random() + 2, pad }
        : summary({ labels, pad });
    const records = fitting(scaled(count, 1, 1000), 900 + pad.length + places * 10_000);
    return [device.batch('bad', times(records, record))];
  },
};

const frames: Family = {
  name: 'frames',
  make(device, [count, kind, size]) {
    const epoch = 'frames';
    const records = times(scaled(count, 1, 1500), (i) => ({ ...benchRecord(i), seq: i + 1 }));
    const changes: readonly object[] = [
      { records: [...records, { seq: 1 }] },
      { records: { ...records } },
      { records: records.map(() => 0) },
      { records, extra: 'x'.repeat(scaled(size, 1, 1_000_000)) },
      { records, ...Object.fromEntries(times(scaled(size, 1, 50_000), (i) => [`k${i}`, i])) },
      { records: [], to: Number.MAX_SAFE_INTEGER - Math.floor(device.random() * 1000), base: 2 ** 50 },
    ];
    const change = changes[Math.min(5, Math.floor(kind * 6))] ?? {};
    const message = { epoch, from: 1, to: 1000, base: 1, ...change };
    const text = encode(message);
    return [{ channel: 'records', payload: text, settles: { epoch, to: message.to } }];
  },
};

const damaged: Family = {
  name: 'damaged',
  make(device, [size, kind, place]) {
    const length = scaled(size, 100, 15 * 1024 * 1024);
    const frame = (records: string) => `{"epoch":"bomb","from":1,"to":1,"base":1,"records":${records}}`;
    const texts = [
      () => frame(`[${'{},'.repeat(length / 3)}{}]`),
      () => frame(`[${'0,'.repeat(length / 2)}0]`),
      () => frame('['.repeat(length / 2) + ']'.repeat(length / 2)),
      () => frame(`"${'x'.repeat(length)}"`),
      () => `${'['.repeat(length)}`,
      () => `"${'\\'.repeat(length)}`,
      () => frame(`[{"seq":1,"a":"${'\\"'.repeat(length / 2)}"}]`),
    ];
    const text = texts[Math.min(6, Math.floor(kind * 7))]?.() ?? '';
    const payload = gzipSync(text, { level: 1 });
    if (place > 0.5) payload[Math.floor(place * (payload.length - 1))] = Math.floor(device.random() * 256);
    return [{ channel: 'records', payload }];
  },
};

const reports: Family = {
  name: 'reports',
  make(_device, [streams, rules, unknown, models]) {
    const n = scaled(streams, 1, 1024);
    const shapes = times(Math.min(256, Math.floor(rules * 20_000) / n), (i) => ({
      name: `r${i}`,
      kind: 'zone',
      points: times(12, (k) => [k / 13, 0.5]),
    }));
    const of = (i: number) => ({ id: `s-${i}`, state: 'running', source: 'rtsp://x', fps: 1, rules: shapes });
    const slots = Object.fromEntries(times(scaled(models, 1, 5000), (i) => [`m-${i}`, { failures: [] }]));
    const report = {
      ...{
        version: '1',
        boot: 'b',
        config: 'c',
        process: { rssMb: 1, uptimeS: 1 },
        streams: times(n, of),
        models: slots,
      },
      host: { platform: 'linux', arch: 'x64', cpus: 1, memoryMb: 1, name: 'h' },
      outbox: { epoch: 'e', waiting: 0, bytes: 0, lastSeq: 0 },
      ...Object.fromEntries(times(scaled(unknown, 1, 80_000), (i) => [`u${i}`, i])),
    };
    return [{ channel: 'report', payload: encode(report) }];
  },
};

const floods: Family = {
  name: 'floods',
  make(device, [count, kind]) {
    const one = (): readonly object[] => [benchRecord(1)];
    return times(scaled(count, 10, 200), () =>
      kind < 0.5
        ? device.batch('flood', one())
        : { channel: 'status' as const, payload: encode({ online: device.random() < 0.5 }) },
    );
  },
};

export const families: readonly Family[] = [
  events,
  wide,
  maps,
  origins,
  gaps,
  holes,
  losses,
  bad,
  frames,
  damaged,
  reports,
  floods,
];

/** Any messages that one device may send. */
export function anything(device: Sender): { family: Family; knobs: Knobs } {
  const { random } = device;
  const family = device.pick(families, events);
  return { family, knobs: [random(), random(), random(), random()] };
}
