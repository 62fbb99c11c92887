import { expect, test } from 'vitest';
import { createSummary } from '../../../agent/pipeline/summary.ts';
import type { Detection } from '../../../shared/contract/messages/preview.ts';
import { MAX_KEYS, MAX_RECORD_BYTES } from '../../../shared/contract/messages/record.ts';

const seen = (label: string, score: number): Detection => ({ label, score, box: [0, 0, 1, 1] });

test('everything of an interval, and nothing of the one before', () => {
  const summary = createSummary();
  expect(summary.take(1000)).toBeUndefined();
  summary.decoded(5, 2);
  summary.decoded(3, 1, 1);
  summary.inferred([seen('person', 0.95), seen('person', 0.1), seen('__proto__', 0.0999)], [seen('person', 0.95)], {
    latency: 12.344,
    prepare: 3.456,
  });
  summary.inferred([seen('dog', 1), seen('dog', 0)], [seen('dog', 1), seen('__proto__', 1)], {
    latency: 7.006,
    prepare: 2,
  });
  summary.gated();
  summary.gated();
  summary.failed();
  const totals = summary.take(2000);
  expect({
    ...totals,
    labels: Object.entries(totals?.labels ?? {}),
    tracks: Object.entries(totals?.tracks ?? {}),
  }).toEqual({
    ...{ intervalMs: 2000, frames: 8, dropped: 3, thinned: 1, inferred: 2, gated: 2, failed: 1 },
    labels: [
      ['person', 2],
      ['dog', 2],
      ['__proto__', 1],
    ],
    tracks: [
      ['person', 1],
      ['dog', 1],
      ['__proto__', 1],
    ],
    scores: [2, 1, 0, 0, 0, 0, 0, 0, 0, 2],
    latencyMs: { p50: 12.34, p95: 12.34, max: 12.34 },
    prepareMs: 3.46,
  });
  expect(summary.take(1000)).toBeUndefined();
  summary.decoded(1, 0);
  expect(summary.take(1)).toMatchObject({ frames: 1, inferred: 0, gated: 0, latencyMs: { p50: 0, p95: 0, max: 0 } });
});

test('frames that failed alone are an interval too; frames that were gated alone count by what was decoded', () => {
  const summary = createSummary();
  summary.failed();
  expect(summary.take(1)).toMatchObject({ frames: 0, failed: 1 });
  summary.decoded(0, 0);
  summary.gated();
  expect(summary.take(1)).toBeUndefined();
});

test('latencies: the half and nineteen of twenty are no slower; of many the latest count', () => {
  const summary = createSummary();
  summary.decoded(1, 0);
  for (let ms = 100; ms > 0; ms--) summary.inferred([], [], { latency: ms });
  expect(summary.take(1)?.latencyMs).toEqual({ p50: 51, p95: 96, max: 100 });
  summary.decoded(1, 0);
  summary.inferred([], [], { latency: 500 });
  for (let i = 0; i < 2047; i++) summary.inferred([], [], { latency: 1 });
  // The next one takes the place of the first.
  summary.inferred([], [], { latency: 2 });
  expect(summary.take(1)?.latencyMs).toEqual({ p50: 1, p95: 1, max: 2 });
  summary.decoded(1, 0);
  for (let i = 0; i < 2048; i++) summary.inferred([], [], { latency: 1 });
  for (let i = 0; i < 2047; i++) summary.inferred([], [], { latency: 9 });
  expect(summary.take(1)?.latencyMs).toEqual({ p50: 9, p95: 9, max: 9 });
});

test.each([
  ['short', (i: number) => `label ${i}`],
  ['long', (i: number) => `${i}`.padEnd(128, 'ä')],
])('of more %s labels than a record holds, the most frequent stay', (_length, labelOf) => {
  const summary = createSummary();
  const many = Array.from({ length: MAX_KEYS + 200 }, (_, i) => seen(labelOf(i), 0.5));
  summary.decoded(2, 0);
  summary.inferred(many, many, { latency: 1 });
  summary.inferred(many.slice(200, 300), many.slice(250, 300), { latency: 1 });
  const { labels = {}, tracks = {} } = summary.take(1000) ?? {};
  for (const [counts, twice] of [
    [labels, many.slice(200, 300)],
    [tracks, many.slice(250, 300)],
  ] as const) {
    const kept = Object.entries(counts);
    expect(kept.slice(0, twice.length).map(([label]) => label)).toEqual(twice.map(({ label }) => label));
    expect(kept.slice(0, twice.length + 1).map(([, n]) => n)).toEqual([...twice.map(() => 2), 1]);
    expect(kept.length).toBeLessThanOrEqual(MAX_KEYS);
    expect(kept.length).toBeGreaterThan(150);
  }
  expect(Buffer.byteLength(JSON.stringify({ labels, tracks }))).toBeLessThan(MAX_RECORD_BYTES - 16 * 1024);
});

test('what came before the last summary and was looked at after it is told by the next: a file that ends loses no count', () => {
  const summary = createSummary();
  summary.decoded(32, 0);
  summary.inferred([], [], { latency: 1 });
  expect(summary.take(1000)).toMatchObject({ frames: 32, inferred: 1 });
  for (let i = 0; i < 31; i++) summary.inferred([], [], { latency: 1 });
  expect(summary.take(1000)).toMatchObject({ frames: 0, inferred: 31 });
  expect(summary.take(1000)).toBeUndefined();
});
