import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openSamples } from '../../../../agent/pipeline/source/sensor-open.ts';
import type { Sample } from '../../../../agent/pipeline/source/sensor-source.ts';
import { sensorSource } from '../../../../shared/contract/config/sensor.ts';
import { type Clock, systemClock } from '../../../../shared/kit/clock.ts';
import { tempFolder } from '../../../support/temp.ts';
import { until } from '../../../support/until.ts';
import { startBroker } from '../../sync/tiny-hub.ts';

function listen(
  source: Record<string, unknown>,
  { clock = systemClock as Clock, hold = Promise.resolve(), quietMs = 60_000 } = {},
) {
  const seen = {
    opened: 0,
    samples: [] as Sample[],
    dropped: 0,
    troubles: [] as [string, string, number][],
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
      onTrouble: (...trouble) => void seen.troubles.push(trouble),
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
  const say = (topic: string, payload: string) =>
    made.aedes.publish(
      { cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1, retain: false, dup: false },
      () => undefined,
    );
  return { ...made, stop, say };
}

const values = { bar: '$.p[0].bar', flow: 'flow' };
const row = (at: number, bar: unknown) => JSON.stringify({ at, p: [{ bar }], flow: 2 });

test('messages of a topic become samples; bad ones are told, and the rest goes on', async () => {
  const { url, say } = await broker();
  const { seen } = listen({ url, topic: 'plant/+/state', values, time: 'at' });
  await until(() => seen.opened, 'the subscription');
  say('plant/1/state', row(1, 5));
  say('plant/1/state', row(1, 5));
  say('plant/1/state', row(2, null));
  say('plant/1/state', '{"p":');
  say('elsewhere', row(2, 6));
  say('plant/1/state', row(3, '7.5'));
  await until(() => seen.samples.length === 2, 'two samples');
  expect(seen.samples.map((s) => [s.atMs, s.values])).toEqual([
    [1000, [5, 2]],
    [3000, [7.5, 2]],
  ]);
  await until(() => seen.troubles.reduce((n, [, , count]) => n + count, 0) === 3, 'three complaints');
  expect(seen.troubles.map(([code]) => code)).toEqual(['sensor-order', 'sensor-row', 'sensor-row']);
  expect(seen.troubles[1]?.[1]).toContain('plant/1/state: "$.p[0].bar" is missing');
});

test('without a time the arrival dates a row; after a cut the same source goes on', async () => {
  const { url, say, cut } = await broker();
  const { seen } = listen({ url, topic: 't', values });
  await until(() => seen.opened, 'the subscription');
  say('t', row(0, 1));
  await until(() => seen.samples.length === 1, 'a sample');
  cut();
  await until(() => {
    say('t', row(0, 2));
    return seen.samples.length >= 2;
  }, 'a sample after the cut');
  expect(seen.samples[1]?.atMs).toBeGreaterThan(seen.samples[0]?.atMs ?? 0);
  expect(seen.opened).toBe(1);
  expect(seen.failure).toBeUndefined();
});

test('a silence is told once, and again after the next', async () => {
  const { url, say } = await broker();
  // A second is a moment.
  const hasty: Clock = { ...systemClock, every: (ms, run) => systemClock.every(ms / 50, run) };
  const { seen } = listen({ url, topic: 't', values }, { clock: hasty, quietMs: 100 });
  const stalls = () => seen.troubles.filter(([code]) => code === 'source-stalled').length;
  await until(() => stalls() === 1, 'the silence is told');
  say('t', row(1, 1));
  await until(() => seen.samples.length === 1, 'a sample');
  await until(() => stalls() === 2, 'the next silence');
  expect(seen.troubles[0]?.[1]).toBe(`${url} t: no message for 0.1 s`);
});

test('while the walk is busy the newest samples wait, the oldest are dropped and counted', async () => {
  const { url, say } = await broker();
  let free: () => void = () => undefined;
  const hold = new Promise<void>((resolve) => {
    free = resolve;
  });
  const { seen } = listen({ url, topic: 't', values, time: 'at' }, { hold });
  await until(() => seen.opened, 'the subscription');
  say('t', row(1, 0));
  await until(() => seen.samples.length === 1, 'the walk is busy');
  for (let i = 0; i < 4200; i++) say('t', row(2 + i, i));
  say('t', 'the last');
  await until(() => seen.troubles.length > 0, 'all have arrived');
  free();
  await until(() => seen.samples.length > 1, 'the rest');
  expect(seen.dropped).toBe(4200 - 4096);
  expect(seen.samples.at(-1)?.values[0]).toBe(4199);
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
