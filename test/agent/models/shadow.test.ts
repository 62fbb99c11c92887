/** Who is asked to compare, how often, and what is made of the answer; the process that compares does what a test says. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runBeside } from '../../../agent/models/shadow.ts';
import { streamConfig } from '../../../shared/contract/config/stream.ts';
import { proofPolicy } from '../../../shared/contract/messages/desired.ts';
import type { ShadowResult } from '../../../shared/contract/messages/model-report.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

const resultOf = (frames: number, more: Partial<ShadowResult> = {}): ShadowResult => ({
  frames,
  wanted: 100,
  agreement: 1,
  seen: frames,
  confidenceShift: 0,
  latencyMs: { incumbent: { p50: 1, p95: 2 }, candidate: { p50: 1, p95: 2 } },
  errors: { incumbent: 0, candidate: 0 },
  scores: { incumbent: new Array<number>(10).fill(0), candidate: new Array<number>(10).fill(0) },
  ...more,
});
const policy = proofPolicy.parse({ shadowFrames: 100, shadowTimeoutS: 60 });
const side = { modelDir: 'x', variant: 'auto' };
const of = (stream: string, source: object) => ({
  stream,
  config: streamConfig.parse({ source: { url: 'test:testsrc2', ...source }, model: 'walker' }),
});

/** @param lives what each process says; nothing more: it dies */
function bench(...lives: (readonly unknown[])[]) {
  const folder = tempFolder();
  const entry = path.join(folder, 'child.mjs');
  const log = path.join(folder, 'orders');
  writeFileSync(log, '');
  writeFileSync(
    entry,
    `import { appendFileSync, readFileSync } from 'node:fs';
    const lives = ${JSON.stringify(lives)};
    process.once('message', (order) => {
      const life = readFileSync(${JSON.stringify(log)}, 'utf8').split('\\n').length - 1;
      appendFileSync(${JSON.stringify(log)}, JSON.stringify(order) + '\\n');
      for (const said of lives[life] ?? []) {
        if (said === 'hang') return setInterval(() => undefined, 1000);
        process.send(said);
      }
      setImmediate(() => process.exit(9));
    });`,
  );
  const orders = () =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  const progress: ShadowResult[] = [];
  const clock = new ManualClock();
  const run = (streams = [of('a', {})]) =>
    runBeside(
      { incumbent: side, candidate: side, runtime: { threads: 1, provider: 'cpu' }, streams, policy },
      { entry, workDir: path.join(folder, 'work'), clock },
      (result) => progress.push(result),
    );
  return { run, orders, progress, clock };
}

test('progress is told until the process is done, and what it found is the result', async () => {
  const done = resultOf(100, { agreement: 0.9 });
  const { run, progress, orders } = bench([
    { type: 'progress', result: resultOf(50) },
    { type: 'done', result: done },
  ]);
  expect(await run()).toEqual(done);
  expect(progress).toEqual([resultOf(50), done]);
  expect(orders()).toHaveLength(1);
});

test('at most four streams are looked at, those that a second process can look at', async () => {
  const { run, orders } = bench([{ type: 'done', result: resultOf(100) }]);
  const device = of('camera', { url: '/dev/video0' });
  await run([device, ...['a', 'b', 'c', 'd', 'e'].map((s) => of(s, {}))]);
  expect(orders()[0].streams.map((s: { stream: string }) => s.stream)).toEqual(['a', 'b', 'c', 'd']);
  const none = bench();
  await expect(none.run([device])).rejects.toMatchObject({
    stage: 'shadow',
    message: expect.stringMatching(/no stream .* two processes .* `proof\.shadowFrames: 0`/),
  });
  expect(none.orders()).toEqual([]);
});

test('what it refuses, and what the policy refuses, is not tried again; figures go with the verdict', async () => {
  const refused = bench([
    { type: 'progress', result: resultOf(3) },
    { type: 'refused', reason: 'its task is "classify"' },
  ]);
  await expect(refused.run()).rejects.toMatchObject({
    stage: 'shadow',
    message: 'its task is "classify"',
    findings: {},
  });
  expect(refused.orders()).toHaveLength(1);
  const bad = resultOf(100, { agreement: 0.1 });
  const disagreeing = bench([{ type: 'done', result: bad }]);
  await expect(disagreeing.run()).rejects.toMatchObject({
    stage: 'shadow',
    message: expect.stringMatching(/its agreement with the incumbent is 0\.100/),
    findings: { shadow: bad },
  });
});

test('a process that dies is tried once more: it may not have been the candidate; twice it was', async () => {
  const done = resultOf(100);
  const lucky = bench([{ type: 'progress', result: resultOf(3) }], [{ type: 'done', result: done }]);
  expect(await lucky.run()).toEqual(done);
  expect(lucky.orders()).toHaveLength(2);
  expect(lucky.orders()[1]).toEqual(lucky.orders()[0]);
  const deadly = bench([{ type: 'progress', result: resultOf(3) }], [{ type: 'progress', result: resultOf(7) }]);
  await expect(deadly.run()).rejects.toMatchObject({
    stage: 'shadow',
    message: 'the process that compared it on live frames ended with code 9 before it answered (2 tries)',
    findings: { shadow: resultOf(7) },
  });
  expect(deadly.orders()).toHaveLength(2);
  const mute = bench([], []);
  await expect(mute.run()).rejects.toMatchObject({ stage: 'shadow', findings: {} });
});

test('one that hangs is given its own time and two minutes to load, and then counts as dead', async () => {
  const { run, orders, clock } = bench(['hang'], [{ type: 'done', result: resultOf(100) }]);
  const running = run();
  await until(() => orders().length === 1, 'it hangs');
  await clock.advance(179_999);
  expect(orders()).toHaveLength(1);
  await clock.advance(1);
  expect(await running).toEqual(resultOf(100));
  expect(orders()).toHaveLength(2);
});
