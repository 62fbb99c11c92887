import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { collectProcessMetrics } from '../../../shared/kit/process-metrics.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';

async function read(registry: Registry): Promise<Map<string, number>> {
  const lines = (await registry.metrics()).split('\n').filter((line) => /^(process_cpu|nodejs_eventloop)/.test(line));
  return new Map(lines.map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]));
}

test('processor time is that of the process, whenever the registry was made, and never falls', async () => {
  const registry = new Registry();
  collectProcessMetrics(registry);
  const before = process.cpuUsage();
  const first = await read(registry);
  for (const kind of ['user', 'system'] as const)
    expect(first.get(`process_cpu_${kind}_seconds_total`)).toBeGreaterThanOrEqual(before[kind] / 1e6);
  const again = await read(registry);
  const all = 'process_cpu_seconds_total';
  expect(again.get(all)).toBeGreaterThanOrEqual(first.get(all) ?? Number.NaN);
  expect(first.get(all)).toBeGreaterThanOrEqual((before.user + before.system) / 1e6);
});

test('delays of the event loop are there once some were measured, and the same for all who ask at that time', async () => {
  const clock = new ManualClock();
  const registry = new Registry();
  collectProcessMetrics(registry, clock);
  const names = ['min', 'max', 'mean', 'p50', 'p90', 'p99'].map((figure) => `nodejs_eventloop_lag_${figure}_seconds`);
  // Nothing was measured before the loop has turned.
  for (const [name, value] of await read(registry)) if (name.startsWith('nodejs')) expect(value).toBeLessThan(60);
  await until(async () => (await read(registry)).has('nodejs_eventloop_lag_p99_seconds'), 'the loop has turned');
  const first = await read(registry);
  expect(names.filter((name) => !first.has(name))).toEqual([]);
  for (const name of names) {
    expect(first.get(name)).toBeGreaterThanOrEqual(0);
    expect(first.get(name)).toBeLessThan(60);
  }
  const of = (seen: Map<string, number>) => names.map((name) => seen.get(name));
  expect(of(await read(registry))).toEqual(of(first));

  // A block of 100 ms is seen by whoever asks after it; Node measures from the second look after a reading on.
  let turn = 0;
  await until(async () => {
    if (turn++ % 2 === 0) {
      const end = process.hrtime.bigint() + 100_000_000n;
      while (process.hrtime.bigint() < end);
      return false;
    }
    await clock.advance(5_000);
    return ((await read(registry)).get('nodejs_eventloop_lag_max_seconds') ?? 0) > 0.08;
  }, 'the block is seen');
});
