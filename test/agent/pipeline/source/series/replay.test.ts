import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openReplay } from '../../../../../agent/pipeline/source/series/replay.ts';
import type { Sample } from '../../../../../agent/pipeline/source/series/source.ts';
import { sensorSource } from '../../../../../shared/contract/config/sensor-source.ts';
import { type Clock, systemClock } from '../../../../../shared/kit/clock.ts';
import { writeCsv } from '../../../../support/sensor.ts';
import { createSleepClock } from '../../../../support/sleep-clock.ts';
import { tempFolder } from '../../../../support/temp.ts';
import { until } from '../../../../support/until.ts';

interface Played {
  readonly samples: Sample[];
  readonly problems: [string, string, number][];
  readonly failure: { code: string; message: string } | undefined;
}

function play(
  source: Record<string, unknown>,
  channels: string[],
  clock: Clock = systemClock,
  until = Infinity,
): Promise<Played> {
  const samples: Sample[] = [];
  const problems: [string, string, number][] = [];
  return new Promise((resolve) => {
    const replay = openReplay(sensorSource.parse({ pace: 'fast', ...source }), channels, clock, {
      onOpened: () => undefined,
      async onSamples(batch) {
        samples.push(...batch);
        if (samples.length >= until) void replay.close().then(() => resolve({ samples, problems, failure: undefined }));
      },
      onProblem: (...problem) => problems.push(problem),
      onEnd: (failure) => resolve({ samples, problems, failure }),
    });
  });
}

test('bad rows are told by code and place, and everything else goes on', async () => {
  const file = writeCsv(tempFolder(), 'a.csv', [
    '2026-01-01 00:00:00,1',
    '2026-01-01 00:00:01,',
    '2026-01-01 00:00:02,broken',
    '2026-01-01 00:00:03,4',
    '2026-01-01 00:00:03,4',
    '2026-01-01 00:00:02,3',
    'soon,5',
    '',
    '2026-01-01 00:00:05,6',
  ]);
  const { samples, problems, failure } = await play({ url: file }, ['value']);
  expect(failure).toBeUndefined();
  expect(samples.map((s) => [s.atMs - Date.UTC(2026, 0, 1), s.values[0], s.restart])).toEqual([
    [0, 1, true],
    [3000, 4, false],
    [5000, 6, false],
  ]);
  expect(problems.map(([code, , count]) => [code, count])).toEqual([
    ['sensor-row', 1],
    ['sensor-order', 1],
    ['sensor-row', 2],
    ['sensor-order', 1],
  ]);
  expect(problems[0]?.[1]).toBe(`${file}: line 3: "value" is missing`);
  expect(problems[1]?.[1]).toBe(`${file}: line 6: has the time of the row before: doubled`);
});

test('JSON lines, a row without an end and one that is far too long', async () => {
  const file = path.join(tempFolder(), 'a.jsonl');
  writeFileSync(file, `{"t":1,"v":{"x":1}}\n{"t":2,"v":\n"${'x'.repeat(200_000)}"\n{"t":3,"v":{"x":3}}`);
  const { samples, problems } = await play({ url: file, time: 't', values: { x: 'v.x' } }, ['x']);
  expect(samples.map((s) => s.values[0])).toEqual([1, 3]);
  expect(problems.reduce((n, [, , count]) => n + count, 0)).toBe(2);
});

test.each<[string, Record<string, unknown>, string, RegExp]>([
  ['no file', {}, 'gone.csv', /cannot open .*: No such file or directory$/],
  ['no such column', { values: { value: 'temp' } }, 'a.csv', /no column "temp"; it has: timestamp, value/],
  ['no row', {}, 'empty.csv', /none of its 0 rows/],
  ['nonsense', {}, 'nonsense.csv', /none of its 2 rows/],
])('%s: the source breaks with the reason', async (_what, source, name, message) => {
  const folder = tempFolder();
  writeCsv(folder, 'a.csv', ['2026-01-01,1']);
  writeCsv(folder, 'empty.csv', []);
  writeCsv(folder, 'nonsense.csv', ['lorem', 'ipsum']);
  const { failure } = await play({ url: path.join(folder, name), ...source }, ['value']);
  expect(failure).toMatchObject({ code: 'source-open', message: expect.stringMatching(message) });
});

test('a loop goes on in time, and says where it began again', async () => {
  const file = writeCsv(tempFolder(), 'a.csv', ['2026-01-01 00:00:00,1', '2026-01-01 00:00:01,2']);
  const { samples } = await play({ url: file, loop: true }, ['value'], systemClock, 6);
  expect(samples.slice(0, 6).map((s) => [s.values[0], s.restart])).toEqual([
    [1, true],
    [2, false],
    [1, true],
    [2, false],
    [1, true],
    [2, false],
  ]);
  expect(samples.every((s, i) => i === 0 || s.atMs > (samples[i - 1]?.atMs ?? 0))).toBe(true);
});

test('pace pts: rows come when they are due, `speed` times as fast', async () => {
  const file = writeCsv(tempFolder(), 'a.csv', [
    '2026-01-01 00:00:00,1',
    '2026-01-01 00:00:10,2',
    '2026-01-01 00:00:30,3',
  ]);
  // Nothing but the source's own waiting moves this clock.
  const { clock, now } = createSleepClock();
  const seen: [number, number | undefined][] = [];
  await new Promise<void>((resolve) => {
    openReplay(sensorSource.parse({ url: file, speed: 10 }), ['value'], clock, {
      onOpened: () => undefined,
      async onSamples(batch) {
        for (const sample of batch) seen.push([now(), sample.values[0]]);
      },
      onProblem: () => undefined,
      onEnd: () => resolve(),
    });
  });
  expect(seen).toEqual([
    [0, 1],
    [1000, 2],
    [3000, 3],
  ]);
});

/** Rows a second apart from the beginning of 2026. */
const seconds = (count: number) =>
  Array.from({ length: count }, (_, i) => `${new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString()},${i}`);

test('a file is read in batches, no faster than they are analysed, and none is lost', async () => {
  const file = writeCsv(tempFolder(), 'a.csv', seconds(600));
  const batches: number[][] = [];
  let analysing = false;
  let opened = 0;
  await new Promise<void>((resolve) => {
    openReplay(sensorSource.parse({ url: file, pace: 'fast' }), ['value'], systemClock, {
      onOpened: () => void opened++,
      async onSamples(batch, dropped) {
        expect([analysing, dropped]).toEqual([false, 0]);
        analysing = true;
        await new Promise((done) => setImmediate(done));
        analysing = false;
        batches.push(batch.map((s) => s.values[0] ?? Number.NaN));
      },
      onProblem: (_code, message) => expect.unreachable(message),
      onEnd: () => resolve(),
    });
  });
  expect(batches.flat()).toEqual(Array.from({ length: 600 }, (_, i) => i));
  expect(batches.map((batch) => batch.length)).toEqual([256, 256, 88]);
  expect(opened).toBe(1);
});

test('a walk that fails on a batch ends the source, with what it said', async () => {
  const file = writeCsv(tempFolder(), 'a.csv', seconds(3));
  const failure = await new Promise((resolve) => {
    openReplay(sensorSource.parse({ url: file, pace: 'fast' }), ['value'], systemClock, {
      onOpened: () => undefined,
      onSamples: () => Promise.reject(new Error('no room')),
      onProblem: () => undefined,
      onEnd: resolve,
    });
  });
  expect(failure).toEqual({ code: 'internal', message: `cannot read ${file}: no room` });
});

test('a file of nonsense can be closed while it is read, and one that waits for its time at once; no end follows', async () => {
  const nonsense = writeCsv(tempFolder(), 'nonsense.csv', [
    '2026-01-01,1',
    ...Array.from({ length: 300_000 }, () => 'x,y'),
  ]);
  const problems: string[] = [];
  const events = {
    onOpened: () => undefined,
    onSamples: async () => undefined,
    onProblem: (code: string) => void problems.push(code),
    onEnd: () => expect.unreachable('it was closed'),
  };
  const reading = openReplay(
    sensorSource.parse({ url: nonsense, pace: 'fast', loop: true }),
    ['value'],
    systemClock,
    events,
  );
  await until(() => problems.length > 1, 'the first nonsense');
  await reading.close();
  const reported = problems.length;
  const hourly = writeCsv(tempFolder(), 'hourly.csv', ['2026-01-01 00:00:00,1', '2026-01-01 01:00:00,2']);
  let samples = 0;
  const waiting = openReplay(sensorSource.parse({ url: hourly }), ['value'], systemClock, {
    ...events,
    onSamples: async ({ length }) => {
      samples += length;
    },
  });
  await until(() => samples === 1, 'the first row');
  await waiting.close();
  expect([samples, problems.length]).toEqual([1, reported]);
});

test('a long pause is slept in pieces of a minute, which no timer is too short for', async () => {
  const file = writeCsv(tempFolder(), 'a.csv', [
    '2026-01-01 00:00:00,1',
    '2026-01-01 00:02:30,2',
    '2026-01-01 00:02:31,3',
  ]);
  const { clock, slept } = createSleepClock(500);
  const { samples } = await play({ url: file, pace: 'pts' }, ['value'], clock);
  expect(samples.map((s) => s.values[0])).toEqual([1, 2, 3]);
  expect(slept).toEqual([60_000, 60_000, 30_000, 1000]);
});

test('whoever is late catches up without a pause', async () => {
  const file = writeCsv(tempFolder(), 'a.csv', seconds(10));
  // Once four seconds too long.
  const { clock, slept } = createSleepClock(0, (ms, nth) => (nth === 2 ? ms + 4000 : ms));
  expect((await play({ url: file, pace: 'pts' }, ['value'], clock)).samples).toHaveLength(10);
  expect(slept).toEqual([1000, 1000, 1000, 1000, 1000]);
});

test('a header without what is needed names all of it, and what there is, as far as that is bearable', async () => {
  const columns = Array.from({ length: 40 }, (_, i) => `c${i}`);
  const file = writeCsv(tempFolder(), 'a.csv', [], columns.join(','));
  const { failure } = await play({ url: file, time: 'when' }, ['c1', 'bar']);
  expect(failure?.message).toBe(
    `${file}: its header has no column "bar", "when"; it has: ${columns.slice(0, 32).join(', ')}; ` +
      '`values` and `time` of the source name others',
  );
});

test('a round of a loop without a row that can be used is the end', async () => {
  const file = writeCsv(tempFolder(), 'a.csv', ['2026-01-01,x', 'y,1']);
  const { samples, failure, problems } = await play({ url: file, loop: true }, ['value']);
  expect([samples, failure?.message]).toEqual([
    [],
    `${file}: none of its 2 rows can be used; line 2: "value" is not a finite number: "x"`,
  ]);
  expect(problems.map(([code, , count]) => [code, count])).toEqual([
    ['sensor-row', 1],
    ['sensor-row', 1],
  ]);
});

test('a FIFO is refused at once, and so is a device', async () => {
  const fifo = path.join(tempFolder(), 'fifo.csv');
  expect(spawnSync('mkfifo', [fifo]).status).toBe(0);
  for (const [url, word] of [
    [fifo, 'FIFO'],
    ['/dev/zero', 'device'],
  ] as const)
    expect((await play({ url, format: 'csv' }, ['v'])).failure).toEqual({
      code: 'source-open',
      message: `cannot open ${url}: it is a ${word}; allowed here: a file`,
    });
});
