import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openReplay } from '../../../../agent/pipeline/source/sensor-replay.ts';
import type { Sample } from '../../../../agent/pipeline/source/sensor-source.ts';
import { sensorSource } from '../../../../shared/contract/config/sensor.ts';
import { type Clock, systemClock } from '../../../../shared/kit/clock.ts';
import { writeCsv } from '../../../support/sensor.ts';
import { tempFolder } from '../../../support/temp.ts';

interface Played {
  readonly samples: Sample[];
  readonly troubles: [string, string, number][];
  readonly failure: { code: string; message: string } | undefined;
}

function play(
  source: Record<string, unknown>,
  channels: string[],
  clock: Clock = systemClock,
  until = Infinity,
): Promise<Played> {
  const samples: Sample[] = [];
  const troubles: [string, string, number][] = [];
  return new Promise((resolve) => {
    const replay = openReplay(sensorSource.parse({ pace: 'fast', ...source }), channels, clock, {
      onOpened: () => undefined,
      async onSamples(batch) {
        samples.push(...batch);
        if (samples.length >= until) void replay.close().then(() => resolve({ samples, troubles, failure: undefined }));
      },
      onTrouble: (...trouble) => troubles.push(trouble),
      onEnd: (failure) => resolve({ samples, troubles, failure }),
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
  const { samples, troubles, failure } = await play({ url: file }, ['value']);
  expect(failure).toBeUndefined();
  expect(samples.map((s) => [s.atMs - Date.UTC(2026, 0, 1), s.values[0], s.restart])).toEqual([
    [0, 1, true],
    [3000, 4, false],
    [5000, 6, false],
  ]);
  expect(troubles.map(([code, , count]) => [code, count])).toEqual([
    ['sensor-row', 1],
    ['sensor-order', 1],
    ['sensor-row', 2],
    ['sensor-order', 1],
  ]);
  expect(troubles[0]?.[1]).toBe(`${file}: line 3: "value" is missing`);
  expect(troubles[1]?.[1]).toBe(`${file}: line 6: has the time of the row before: doubled`);
});

test('JSON lines, a row without an end and one that is far too long', async () => {
  const file = path.join(tempFolder(), 'a.jsonl');
  writeFileSync(file, `{"t":1,"v":{"x":1}}\n{"t":2,"v":\n"${'x'.repeat(200_000)}"\n{"t":3,"v":{"x":3}}`);
  const { samples, troubles } = await play({ url: file, time: 't', values: { x: 'v.x' } }, ['x']);
  expect(samples.map((s) => s.values[0])).toEqual([1, 3]);
  expect(troubles.reduce((n, [, , count]) => n + count, 0)).toBe(2);
});

test.each<[string, Record<string, unknown>, string, RegExp]>([
  ['no file', {}, 'gone.csv', /cannot read .*ENOENT/],
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
  let now = 0;
  const clock: Clock = {
    ...systemClock,
    mono: () => now,
    async sleep(ms) {
      now += ms;
    },
  };
  const seen: [number, number | undefined][] = [];
  await new Promise<void>((resolve) => {
    openReplay(sensorSource.parse({ url: file, speed: 10 }), ['value'], clock, {
      onOpened: () => undefined,
      async onSamples(batch) {
        for (const sample of batch) seen.push([now, sample.values[0]]);
      },
      onTrouble: () => undefined,
      onEnd: () => resolve(),
    });
  });
  expect(seen).toEqual([
    [0, 1],
    [1000, 2],
    [3000, 3],
  ]);
});
