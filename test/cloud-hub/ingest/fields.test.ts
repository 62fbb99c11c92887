/** Every kind of record, each of its fields at its bounds, through ingest. A new kind or field without a line here fails. */
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { atOf, isChunked, recordsOf } from '../../../cloud-hub/store/chunks/chunk-rows.ts';
import { MAX_KEYPOINTS, MAX_RING_POINTS, MAX_RINGS } from '../../../shared/contract/messages/detail.ts';
import { MAX_ORIGINS, type RecordKind, recordBody, recordKinds } from '../../../shared/contract/messages/record.ts';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { eventRecord, jpeg, lossRecord, readingRecord, snapshotOf, summaryRecord } from '../support.ts';
import { bench } from './bench.ts';
import {
  ABSENT,
  type Bounds,
  count,
  LARGEST,
  name,
  number,
  optional,
  origins,
  perChannel,
  perLabel,
  pictureOf,
  positive,
  required,
  ring,
  scores,
  text,
  unit,
  words,
} from './field-bounds.ts';

const model = {
  model: { good: [ABSENT], bad: [null, 'yolox', []] },
  'model.name': required(name),
  'model.version': required(text(64)),
  'model.digest': required(text(128)),
  'model.variant': required(text(32)),
};

const envelope = {
  ...model,
  origin: { good: [ABSENT, [], origins(MAX_ORIGINS)], bad: [origins(MAX_ORIGINS + 1), null, {}, ['e1']] },
  // Names of their own: a record whose name is known is dropped.
  'origin[0].epoch': required({ good: ['', 'x'.repeat(64)], bad: ['x'.repeat(65), 7, null] }),
  'origin[0].seq': required({ good: [1001, LARGEST], bad: [0, -1, 1.5, '1', null] }),
  stream: optional(name),
  config: required(text(128)),
  boot: required(text(64)),
  mono: required({ good: [0, 1e300, 0.5], bad: [-0.001, '1', null] }),
  wall: required(number),
  clock: required(words('synced', 'unsynced', 'wrong')),
} satisfies Record<string, Bounds>;

/** Of an anomaly. */
const anomaly = {
  level: optional(text(32)),
  contributions: optional(perChannel(1, -0.001, 1.001, '1', null)),
  values: optional(perLabel(-1e300, '1', null, true)),
  expected: optional(perChannel([-1e300, 1e300], [0], [0, 1, 2], [0, '1'], 0, null)),
} satisfies Record<string, Bounds>;

/** By the path of the field; a path in brackets stands for each element. */
const fields: Record<RecordKind, Record<string, Bounds>> = {
  event: {
    ...envelope,
    stream: required(name),
    rule: required(name),
    ruleKind: required(words('threshold', 'zone', 'line', 'absence', 'anomaly')),
    action: required(text(32)),
    label: required(text(128)),
    score: required(unit),
    track: optional(count),
    box: optional({
      good: [
        [0, 0, 1, 1],
        [-1e3, 2, 0, -5],
      ],
      bad: [[0, 0, 1], [0, 0, 1, 1, 1], [0, 0, 1, '1'], null, {}],
    }),
    keypoints: optional({
      good: [[], Array.from({ length: MAX_KEYPOINTS }, () => ({ name: '0', x: 0, y: 1 }))],
      bad: [Array.from({ length: MAX_KEYPOINTS + 1 }, () => ({ name: '0', x: 0, y: 1 })), null, {}, [[0, 1]]],
    }),
    'keypoints[0].name': required(text(64)),
    'keypoints[0].x': required(unit),
    'keypoints[0].y': required(unit),
    'keypoints[0].score': optional(unit),
    mask: optional({
      good: [[], Array.from({ length: MAX_RINGS }, () => ring(MAX_RING_POINTS)), [ring(3)]],
      bad: [
        Array.from({ length: MAX_RINGS + 1 }, () => ring(3)),
        [ring(MAX_RING_POINTS + 1)],
        [ring(2)],
        [[[0, 2]]],
        null,
        {},
      ],
    }),
    count: optional(count),
    frame: required(count),
    ptsMs: required(number),
    value: optional(number),
    threshold: optional(number),
    ...anomaly,
    peak: optional(number),
    durationMs: optional({ good: [0, 0.5, 1e300], bad: [-0.001, '1', null] }),
    sample: optional(text(64)),
    path: optional({
      good: [[], [[0, 1]], Array.from({ length: 256 }, () => [1, 0])],
      bad: [Array.from({ length: 257 }, () => [1, 0]), [[0, 1.001]], [[-0.001, 0]], [[0]], [[0, 0, 0]], null],
    }),
    snapshot: optional({ good: [], bad: [null, 'jpeg', []] }),
    'snapshot.mime': required(words('image/jpeg')),
    'snapshot.width': required(positive),
    'snapshot.height': required(positive),
    'snapshot.data': required({
      good: [pictureOf(10), pictureOf(384 * 1024)],
      bad: [pictureOf(384 * 1024 + 1), '', 'no base 64', Buffer.from('<svg>').toString('base64'), '/w==', 7, null],
    }),
  },
  summary: {
    ...envelope,
    stream: required(name),
    intervalMs: required({ good: [0.001, 1e300], bad: [0, -1, '1', null] }),
    frames: required(count),
    inferred: required(count),
    gated: required(count),
    dropped: required(count),
    thinned: optional(count),
    askedFps: optional({ good: [0.001, 5, 240], bad: [0, -1, '5', null] }),
    failed: required(count),
    labels: required(perLabel(0, -1, 1.5, '1', null)),
    tracks: required(perLabel(LARGEST, -1, 1.5, '1', null)),
    scores: required({
      good: [scores(0), scores(1, LARGEST)],
      bad: [scores(0).slice(1), [...scores(0), 0], scores(-1), scores(0.5), scores('1'), null],
    }),
    'latencyMs.p50': required(number),
    'latencyMs.p95': required(number),
    'latencyMs.max': required(number),
    prepareMs: optional({ good: [0, 0.5, 1e300], bad: [-0.001, '1', null] }),
  },
  reading: {
    ...envelope,
    stream: required(name),
    ptsMs: optional(number),
    score: optional(number),
    threshold: optional(number),
    anomalous: optional({ good: [true, false], bad: [0, 'true', null] }),
    label: optional(text(128)),
    ...anomaly,
  },
  error: {
    ...envelope,
    code: required(text(64)),
    message: required(text(2048)),
    count: required(positive),
  },
  loss: {
    ...envelope,
    epoch: required(text(64)),
    from: required(count),
    to: required(count),
    lost: required(count),
    reason: required(text(256)),
  },
  verdict: envelope,
  health: envelope,
};

/** A record of each kind with all that it may have, but for names of another epoch. */
function full(kind: RecordKind, seq: number): Record<string, unknown> {
  const model = { name: 'm', version: '1', digest: 'd', variant: 'fp32' };
  const { stream, config, boot, mono, wall, clock } = eventRecord(seq);
  const about = { seq, kind, model, stream, config, boot, mono, wall, clock };
  const builders: Record<RecordKind, () => Record<string, unknown>> = {
    event: () =>
      eventRecord(seq, { model, track: 1, count: 1, value: 1, threshold: 1, path: [], snapshot: snapshotOf(jpeg) }),
    summary: () => summaryRecord(seq, { model }),
    reading: () => readingRecord(seq, { model, label: 'fan' }),
    error: () => ({ ...about, code: 'camera-gone', message: 'it is gone', count: 2 }),
    loss: () => ({ ...lossRecord(seq, { epoch: 'other', from: 1, to: 2, reason: 'quota' }), model, stream }),
    verdict: () => about,
    health: () => about,
  };
  return builders[kind]();
}

/** A copy of the record with the field set; what is on the way is made. */
function withField(record: Record<string, unknown>, field: string, value: unknown): Record<string, unknown> {
  if (field === 'origin[0].epoch' || field === 'origin[0].seq') {
    const names = { epoch: `of ${String(value)}`.slice(0, 64), seq: 1 };
    const key = field.slice('origin[0].'.length);
    return { ...record, origin: [withField(names, key, value)] };
  }
  if (field.startsWith('keypoints[0].'))
    return {
      ...record,
      keypoints: [withField({ name: 'nose', x: 0, y: 0 }, field.slice('keypoints[0].'.length), value)],
    };
  const [first = '', ...rest] = field.split('.');
  const { [first]: before, ...others } = record;
  if (rest.length > 0)
    return { ...record, [first]: withField(before as Record<string, unknown>, rest.join('.'), value) };
  return value === ABSENT ? others : { ...record, [first]: value };
}

/** Paths of all fields of a schema: objects are looked into, lists of objects by their first element. */
function pathsOf(schema: z.core.JSONSchema.BaseSchema, at = ''): string[] {
  const inside = Object.entries(schema.properties ?? {}).flatMap(([key, value]) =>
    typeof value === 'object' ? pathsOf(value, at ? `${at}.${key}` : key) : [],
  );
  const { items } = schema;
  if (typeof items === 'object' && !Array.isArray(items) && items.properties)
    return [at, ...pathsOf(items, `${at}[0]`)];
  return inside.length > 0 ? inside : [at];
}

test('the table names every kind, and every field of it', () => {
  expect(Object.keys(fields).toSorted()).toEqual([...recordKinds].toSorted());
  for (const option of recordBody.options) {
    const paths = pathsOf(z.toJSONSchema(option, { io: 'input' })).filter((found) => found !== 'kind');
    const kind = option.shape.kind.value;
    const leaves = Object.keys(fields[kind]).filter((field) => field !== 'model' && field !== 'snapshot');
    expect(leaves.toSorted(), kind).toEqual(paths.toSorted());
  }
});

const tables: Record<RecordKind, string> = {
  event: 'events',
  summary: 'summaries',
  reading: 'readings',
  error: 'problems',
  loss: 'problems',
  verdict: 'records',
  health: 'records',
};

describe.each(recordKinds)('%s', (kind) => {
  const cases = (which: keyof Bounds) =>
    Object.entries(fields[kind]).flatMap(([field, bounds]) => bounds[which].map((value) => ({ field, value })));

  test('is stored with each value that a field may have, as it came', async () => {
    const b = await bench();
    const sent = cases('good').map(({ field, value }, i) =>
      withField({ ...full(kind, i + 1), novel: [i] }, field, value),
    );
    expect(await b.batch(sent)).toEqual({ epoch: 'e1', upTo: sent.length, ranges: [] });
    const file = openSqlite(path.join(b.folder, 'hub.db'), { synchronous: 'FULL', readonly: true });
    const table = tables[kind];
    const rows = isChunked(table)
      ? file
          .prepare<[], { data: Buffer }>(`SELECT data FROM ${table}`)
          .all()
          .flatMap(({ data }) => recordsOf(data))
          .toSorted((a, b) => a.seq - b.seq)
          .map(({ record }) => ({ body: JSON.stringify(record), at: atOf(record) }))
      : (file.prepare(`SELECT body, at FROM ${table} ORDER BY seq`).all() as { body: string; at: number }[]);
    file.close();
    const withoutPicture = (record: Record<string, unknown>) =>
      typeof record.snapshot === 'object' ? withField(record, 'snapshot.data', ABSENT) : record;
    expect(rows.map((row) => JSON.parse(row.body))).toEqual(sent.map(withoutPicture));
    expect(rows.every((row) => Number.isSafeInteger(row.at) && row.at >= 0)).toBe(true);
    expect(await b.counted('records', kind)).toBe(sent.length);
  });

  test('is refused alone for each value that a field may not have, and the reason names the field', async () => {
    const b = await bench();
    const wrong = [
      ...cases('bad'),
      { field: 'kind', value: ABSENT },
      { field: 'kind', value: 'poem' },
      { field: 'kind', value: kind.toUpperCase() },
    ];
    // Between two wrong ones stands a right one, so that no two complaints become one.
    const records = wrong.flatMap(({ field, value }, i) => [
      withField(full(kind, 2 * i + 1), field, value),
      full(kind, 2 * i + 2),
    ]);
    const refused = (await b.batch(records))?.refused ?? [];
    expect(refused.map(({ from, to }) => [from, to])).toEqual(wrong.map((_, i) => [2 * i + 1, 2 * i + 1]));
    for (const [i, { field, value }] of wrong.entries()) {
      const what = `${field}: ${String(JSON.stringify(value)).slice(0, 100)}`;
      expect(refused[i]?.reason, what).toContain(`records[${2 * i}].${field.split(/[.[]/)[0]}`);
      expect(refused[i]?.reason.length, what).toBeLessThanOrEqual(300);
    }
    const [ledger] = await b.store.sequences.list('cam');
    expect(ledger).toMatchObject({ upTo: 2 * wrong.length, records: wrong.length, gaps: [] });
    expect(await b.counted('refused')).toBe(wrong.length);
    expect(await b.counted('quarantined')).toBe(wrong.length);
  });
});
