import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openSamples } from '../../../../../agent/pipeline/source/series/registry.ts';
import type { Sample } from '../../../../../agent/pipeline/source/series/source.ts';
import { sensorSource } from '../../../../../shared/contract/config/sensor-source.ts';
import { type Clock, systemClock } from '../../../../../shared/kit/clock.ts';
import { tempFolder } from '../../../../support/temp.ts';
import { until } from '../../../../support/until.ts';
import { startBroker } from '../../../sync/tiny-hub.ts';

const AWAY_MS = 10_000;

function listen(
  source: Record<string, unknown>,
  { clock = systemClock as Clock, hold = Promise.resolve(), quietMs = 60_000 } = {},
) {
  const seen = {
    opened: 0,
    samples: [] as Sample[],
    dropped: 0,
    problems: [] as [string, string, number][],
    failure: undefined as { code: string; message: string } | undefined,
  };
  const topic = openSamples(
    { source: sensorSource.parse(source), channels: ['bar', 'flow'], clientId: 'test-1', quietMs, clock },
    {
      onOpened: () => void seen.opened++,
      async onSamples(samples, dropped) {
        seen.samples.push(...samples);
        seen.dropped += dropped;
        await hold;
      },
      onProblem: (...problem) => void seen.problems.push(problem),
      onEnd: (failure) => {
        seen.failure = failure;
      },
    },
  );
  onTestFinished(() => topic.close());
  return { seen, topic };
}

async function broker(options = {}) {
  const made = await startBroker(options);
  let stopped = false;
  const stop = async () => {
    if (!stopped) await made.stop();
    stopped = true;
  };
  onTestFinished(stop);
  const publish = (topic: string, payload: string) =>
    made.aedes.publish(
      { cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1, retain: false, dup: false },
      () => undefined,
    );
  return { ...made, stop, publish };
}

const values = { bar: '$.p[0].bar', flow: 'flow' };
const row = (at: number, bar: unknown) => JSON.stringify({ at, p: [{ bar }], flow: 2 });

test('messages of a topic become samples; bad ones are told, and the rest goes on', async () => {
  const { url, publish } = await broker();
  const { seen } = listen({ url, topic: 'plant/+/state', values, time: 'at' });
  await until(() => seen.opened, 'the subscription');
  publish('plant/1/state', row(1, 5));
  publish('plant/1/state', row(1, 5));
  publish('plant/1/state', row(2, null));
  publish('plant/1/state', '{"p":');
  publish('elsewhere', row(2, 6));
  publish('plant/1/state', row(3, '7.5'));
  await until(() => seen.samples.length === 2, 'two samples');
  expect(seen.samples.map((s) => [s.atMs, s.values])).toEqual([
    [1000, [5, 2]],
    [3000, [7.5, 2]],
  ]);
  await until(() => seen.problems.reduce((n, [, , count]) => n + count, 0) === 3, 'three complaints');
  expect(seen.problems.map(([code]) => code)).toEqual(['sensor-order', 'sensor-row', 'sensor-row']);
  expect(seen.problems[1]?.[1]).toContain('plant/1/state: "$.p[0].bar" is missing');
});

test('without a time the arrival dates a row; after a cut the same source goes on', async () => {
  const { url, publish, cut } = await broker();
  const { seen } = listen({ url, topic: 't', values });
  await until(() => seen.opened, 'the subscription');
  publish('t', row(0, 1));
  await until(() => seen.samples.length === 1, 'a sample');
  cut();
  await until(() => {
    publish('t', row(0, 2));
    return seen.samples.length >= 2;
  }, 'a sample after the cut');
  expect(seen.samples[1]?.atMs).toBeGreaterThan(seen.samples[0]?.atMs ?? 0);
  expect(seen.opened).toBe(1);
  expect(seen.failure).toBeUndefined();
});

test('a silence is told once, and again after the next', async () => {
  const { url, publish } = await broker();
  // A second is a moment.
  const hasty: Clock = { ...systemClock, every: (ms, run) => systemClock.every(ms / 50, run) };
  const { seen } = listen({ url, topic: 't', values }, { clock: hasty, quietMs: 100 });
  const stalls = () => seen.problems.filter(([code]) => code === 'source-stalled').length;
  await until(() => stalls() === 1, 'the silence is told');
  publish('t', row(1, 1));
  await until(() => seen.samples.length === 1, 'a sample');
  await until(() => stalls() === 2, 'the next silence');
  expect(seen.problems[0]?.[1]).toBe(`${url} t: no message for 0.1 s`);
});

test('while the walk is busy the newest samples wait, the oldest are dropped and counted', async () => {
  const { url, publish } = await broker();
  let free: () => void = () => undefined;
  const hold = new Promise<void>((resolve) => {
    free = resolve;
  });
  const { seen } = listen({ url, topic: 't', values, time: 'at' }, { hold });
  await until(() => seen.opened, 'the subscription');
  publish('t', row(1, 0));
  await until(() => seen.samples.length === 1, 'the walk is busy');
  for (let i = 0; i < 4200; i++) publish('t', row(2 + i, i));
  publish('t', 'the last');
  await until(() => seen.problems.length > 0, 'all have arrived');
  free();
  await until(() => seen.samples.length > 1, 'the rest');
  expect(seen.dropped).toBe(4200 - 4096);
  expect(seen.samples.at(-1)?.values[0]).toBe(4199);
  // What was told is not told again with the next ones.
  publish('t', row(9000, 1));
  await until(() => seen.samples.length === 1 + 4096 + 1, 'one more');
  expect(seen.dropped).toBe(4200 - 4096);
});

test('credentials out of a file; a refusal and an absent broker break the source with the reason', async () => {
  const file = path.join(tempFolder(), 'password');
  writeFileSync(file, 'open sesame\n');
  const authenticate = (_client: unknown, user: string, password: Buffer, done: (e: null, ok: boolean) => void) =>
    done(null, user === 'me' && password?.toString() === 'open sesame');
  const { url } = await broker({ authenticate });
  const good = listen({ url, topic: 't', values, username: 'me', passwordFile: file });
  await until(() => good.seen.opened, 'the right password');
  // Ten seconds are a moment.
  const hasty: Clock = { ...systemClock, after: (ms, run) => systemClock.after(ms / 20, run) };
  const bad = listen({ url, topic: 't', values, username: 'me' }, { clock: hasty });
  const absent = listen({ url: 'mqtt://127.0.0.1:1', topic: 't', values }, { clock: hasty });
  const lost = listen({ url, topic: 't', values, passwordFile: '/nowhere' });
  await until(() => bad.seen.failure && absent.seen.failure && lost.seen.failure, 'the failures');
  expect(bad.seen.failure).toMatchObject({
    code: 'source-open',
    message: expect.stringMatching(/no connection.*refused/),
  });
  expect(absent.seen.failure).toMatchObject({ code: 'source-open', message: expect.stringMatching(/ECONNREFUSED/) });
  expect(lost.seen.failure).toMatchObject({ code: 'source-open', message: expect.stringMatching(/passwordFile/) });
});

test('one batch is with the walk at a time; what arrives meanwhile comes as the next, all of it, in order', async () => {
  const { url, publish } = await broker();
  const batches: number[][] = [];
  let free: (() => void) | undefined;
  const topic = openSamples(
    {
      source: sensorSource.parse({ url, topic: 't', values, time: 'at' }),
      ...{ channels: ['bar', 'flow'], clientId: 'one', quietMs: 60_000, clock: systemClock },
    },
    {
      onOpened: () => publish('t', row(1, 1)),
      onSamples(samples, dropped) {
        expect([free, dropped]).toEqual([undefined, 0]);
        batches.push(samples.map((s) => s.values[0] ?? Number.NaN));
        return new Promise<void>((resolve) => {
          free = () => {
            free = undefined;
            resolve();
          };
        });
      },
      onProblem: (...problem) => void problems.push(problem[0]),
      onEnd: (failure) => expect.unreachable(failure?.message),
    },
  );
  const problems: string[] = [];
  onTestFinished(() => topic.close());
  await until(() => free, 'the first batch');
  for (const i of [2, 3, 4]) publish('t', row(i, i));
  publish('t', 'the last');
  await until(() => problems.length > 0, 'all have arrived');
  expect(batches).toEqual([[1]]);
  free?.();
  await until(() => batches.length === 2, 'the second batch');
  free?.();
  publish('t', row(5, 5));
  await until(() => batches.length === 3, 'the third batch');
  expect(batches).toEqual([[1], [2, 3, 4], [5]]);
  free?.();
});

test('a message that is far too long is told by its size, not read', async () => {
  const { url, publish } = await broker();
  const { seen } = listen({ url, topic: 't', values, time: 'at' });
  await until(() => seen.opened, 'the subscription');
  const padded = (bytes: number) => {
    const text = row(1, 5);
    return `${text}${' '.repeat(bytes - text.length)}`;
  };
  publish('t', padded(262_145));
  publish('t', padded(262_144));
  await until(() => seen.samples.length === 1, 'the shorter one');
  expect(seen.problems).toEqual([['sensor-row', `${url} t: has 262145 bytes`, 1]]);
});

test('a broker that comes back in time is no failure, however often; one that stays away is, once', async () => {
  const first = await broker();
  /** What happens after ten seconds, of the source and of its connection; they are over when the test says so. */
  const away = new Set<() => void>();
  const clock: Clock = {
    ...systemClock,
    after(ms, run) {
      if (ms !== AWAY_MS) return systemClock.after(ms / 10, run);
      away.add(run);
      return () => void away.delete(run);
    },
  };
  const { seen } = listen({ url: first.url, topic: 't', values, time: 'at' }, { clock });
  await until(() => seen.opened, 'the subscription');
  for (let round = 1; round <= 4; round++) {
    first.cut();
    await until(() => {
      first.publish('t', row(round, round));
      return seen.samples.length >= round;
    }, 'a sample after the cut');
    await until(() => away.size === 0, 'nothing is waited for any more');
  }
  expect([seen.opened, seen.failure]).toEqual([1, undefined]);
  await first.stop();
  await until(() => {
    for (const run of [...away]) run();
    return seen.failure;
  }, 'the failure');
  expect(seen.failure).toMatchObject({
    code: 'source-ended',
    message: expect.stringMatching(/: no connection to the broker: ./),
  });
});

test('a source that was closed says nothing more: no end, no silence, no sample', async () => {
  const { url, publish, stop } = await broker();
  const hasty: Clock = {
    ...systemClock,
    after: (ms, run) => systemClock.after(ms / 100, run),
    every: (ms, run) => systemClock.every(ms / 100, run),
  };
  const { seen, topic } = listen({ url, topic: 't', values }, { clock: hasty, quietMs: 300 });
  await until(() => seen.opened, 'the subscription');
  publish('t', row(1, null));
  publish('t', row(1, null));
  await until(() => seen.problems.reduce((n, [, , count]) => n + count, 0) === 2, 'both complaints');
  await topic.close();
  const reported = seen.problems.length;
  publish('t', row(2, 1));
  await stop();
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect([seen.samples, seen.failure, seen.problems.length]).toEqual([[], undefined, reported]);
});

test('before the broker has granted anything there is no silence', async () => {
  const hasty: Clock = { ...systemClock, every: (ms, run) => systemClock.every(ms / 50, run) };
  const { seen } = listen({ url: 'mqtt://127.0.0.1:1', topic: 't', values }, { clock: hasty, quietMs: 1 });
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect([seen.problems, seen.opened]).toEqual([[], 0]);
});
