/** The walk of a stream with an online detector: what its records say of an anomaly. */
import { cpSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { onlineDetector } from '../../../agent/pipeline/sensor/online.ts';
import { openSource } from '../../../agent/pipeline/source/picture/open.ts';
import { startWalk } from '../../../agent/pipeline/walk.ts';
import { streamConfig } from '../../../shared/contract/config/stream.ts';
import { recordBody } from '../../../shared/contract/messages/record.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { seeded } from '../../support/random.ts';
import { writeCsv } from '../../support/sensor.ts';
import { tempFolder } from '../../support/temp.ts';

type Body = Parameters<Parameters<typeof startWalk>[3]['onRecord']>[0];

/** A pump, one row a minute; its temperature alone is off in 20 rows from 2500 on, most in the tenth. */
function pumpRows(): string[] {
  const random = seeded(4);
  return Array.from({ length: 3000 }, (_, i) => {
    const off = i >= 2500 && i < 2520 ? 20 + 5 * Math.min(i - 2500, 2520 - i) : 0;
    const at = new Date(Date.UTC(2026, 0, 5) + i * 60_000).toISOString();
    return `${at},${(70 + 2 * random() + off).toFixed(3)},${(3 + 0.1 * random()).toFixed(4)}`;
  });
}

test('an anomaly is one event with begin and end; both say its level, peak, contributions, values and what was expected', async () => {
  const url = writeCsv(tempFolder(), 'pump.csv', pumpRows(), 'timestamp,temperature,pressure');
  const config = streamConfig.parse({
    kind: 'sensor',
    source: { url, pace: 'fast', values: { temperature: 'temperature', pressure: 'pressure' } },
    detector: 'online',
    rules: [{ kind: 'anomaly', name: 'odd', frames: 1 }],
  });
  const records: Body[] = [];
  let seconds = 0;
  // A second for each look at the clock: so that each sample is a reading.
  const clock = { ...systemClock, mono: () => (seconds += 1000) };
  const failure = await new Promise((resolve) => {
    startWalk(
      'pump',
      config,
      { engine: onlineDetector(undefined), openSource, clock },
      {
        onOpened: () => undefined,
        onRecord: (body) => void records.push(body),
        onPreview: () => expect.unreachable('there is no picture'),
        onProblem: (...problem) => expect.unreachable(JSON.stringify(problem)),
        onEnd: resolve,
      },
    );
  });
  expect(failure).toBeUndefined();
  const events = records.filter((r) => r.kind === 'event' && r.ptsMs >= 2490 * 60_000);
  expect(events.map((e) => e.kind === 'event' && [e.action, e.rule])).toEqual([
    ['start', 'odd'],
    ['end', 'odd'],
  ]);
  const [start, end] = events;
  if (start?.kind !== 'event' || end?.kind !== 'event') throw new Error('no events');
  expect(start.ptsMs).toBe(2500 * 60_000);
  expect(start).toMatchObject({ level: expect.stringMatching(/warning|alarm/), peak: start.value });
  expect(start.contributions?.temperature).toBeGreaterThan(0.7);
  const sum = Object.values(start.contributions ?? {}).reduce((total, part) => total + part, 0);
  expect(sum).toBeCloseTo(1, 2);
  expect(start.values?.temperature).toBeGreaterThan(89);
  const [low = 0, high = 0] = start.expected?.temperature ?? [];
  expect([low > 66, low < 71, high > 71, high < 76]).toEqual([true, true, true, true]);
  expect(end.peak).toBeGreaterThanOrEqual(start.peak ?? Number.POSITIVE_INFINITY);
  expect(end.durationMs).toBe(end.ptsMs - start.ptsMs);

  const readings = records.filter((r) => r.kind === 'reading');
  const during = readings.find((r) => r.kind === 'reading' && r.ptsMs === 2501 * 60_000);
  expect(during).toMatchObject({ anomalous: true, level: start.level, expected: { temperature: expect.any(Array) } });
  const usual = readings.filter((r) => r.kind === 'reading' && (r.ptsMs ?? 0) > 1000 * 60_000 && !r.anomalous);
  const inside = usual.filter((r) => {
    if (r.kind !== 'reading') return false;
    const [from, to] = r.expected?.pressure ?? [1, 0];
    return (r.values?.pressure ?? 0) >= from && (r.values?.pressure ?? 0) <= to;
  });
  expect(inside.length / usual.length).toBeGreaterThan(0.95);
  expect(usual.every((r) => r.kind === 'reading' && r.level === undefined)).toBe(true);

  const stamp = { config: 'c', boot: 'b', mono: 0, wall: 0, clock: 'unsynced' };
  for (const record of records) expect(recordBody.safeParse({ ...record, ...stamp }).error).toBeUndefined();
});

/** Plays rows to a rule that wants three of five; what it reports, and a copy of what the detector had kept at the last row. */
async function playRows(rows: readonly string[], folder: string) {
  const stateFile = path.join(folder, 'pump.json');
  const atKill = tempFolder();
  const url = writeCsv(tempFolder(), 'pump.csv', [...rows], 'timestamp,temperature,pressure');
  const config = streamConfig.parse({
    kind: 'sensor',
    source: { url, pace: 'fast', values: { temperature: 'temperature', pressure: 'pressure' } },
    detector: 'online',
    rules: [{ kind: 'anomaly', name: 'odd', frames: 3, of: 5 }],
  });
  const events: unknown[] = [];
  let seen = 0;
  let ms = 0;
  // Time passes with each look at the clock: the detector is saved every few dozens of rows.
  const clock = { ...systemClock, mono: () => (ms += 2000) };
  const failure = await new Promise((resolve) => {
    startWalk(
      'pump',
      config,
      { engine: onlineDetector(stateFile), openSource, clock },
      {
        onOpened: () => undefined,
        onRecord(body) {
          if (body.kind === 'event') events.push([body.action, body.peak?.toPrecision(6), body.durationMs]);
        },
        onResult() {
          if (++seen === rows.length) cpSync(folder, atKill, { recursive: true });
        },
        onPreview: () => expect.unreachable('there is no picture'),
        onProblem: (...problem) => expect.unreachable(JSON.stringify(problem)),
        onEnd: resolve,
      },
    );
  });
  expect(failure).toBeUndefined();
  return { events, atKill };
}

test.each([2400, 2499, 2501, 2503, 2510, 2519, 2521, 2600])(
  'a stop, or a kill, after %d rows changes no event: an anomaly goes on where it was',
  async (rowsBefore) => {
    const rows = pumpRows();
    const whole = await playRows(rows, tempFolder());
    expect(whole.events.map((event) => (event as unknown[])[0])).toEqual(['start', 'end']);
    const folder = tempFolder();
    const first = await playRows(rows.slice(0, rowsBefore), folder);
    for (const kept of [folder, first.atKill]) {
      const second = await playRows(rows.slice(rowsBefore), kept);
      expect([...first.events, ...second.events]).toEqual(whole.events);
    }
  },
);
