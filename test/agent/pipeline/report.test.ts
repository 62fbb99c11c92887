import { expect, test } from 'vitest';
import type { WalkOutputs } from '../../../agent/pipeline/outputs.ts';
import { createReport } from '../../../agent/pipeline/report.ts';
import { CodedError } from '../../../shared/kit/errors.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function start(standby = false) {
  const clock = new ManualClock();
  const calls: unknown[] = [];
  const outputs: WalkOutputs = {
    onOpened: () => undefined,
    onRecord: (body) => void calls.push(body),
    onPreview: () => undefined,
    onProblem: (...problem) => void calls.push(problem),
    onEnd: () => undefined,
  };
  return { clock, calls, report: createReport('yard', { summaryS: 2, askedFps: 5 }, { clock, standby }, outputs) };
}

test('a summary each interval, of as long as it was, and none of one in which nothing happened', async () => {
  const { clock, calls, report } = start();
  const decoded = async (ms: number) => {
    await clock.advance(ms);
    report.summary.decoded(1, 0);
    report.tick();
  };
  await decoded(1999);
  expect(calls).toEqual([]);
  await decoded(1);
  await decoded(2500);
  await clock.advance(3000);
  report.tick();
  await decoded(500);
  report.flush();
  report.flush();
  expect(calls).toMatchObject([
    // What is asked for stands beside what is analysed.
    { kind: 'summary', stream: 'yard', frames: 2, intervalMs: 2000, askedFps: 5 },
    { kind: 'summary', stream: 'yard', frames: 1, intervalMs: 2500 },
    { kind: 'summary', stream: 'yard', frames: 1, intervalMs: 500 },
  ]);
  expect(calls).toHaveLength(3);
  // An interval without length would have no rate.
  report.summary.decoded(1, 0);
  report.flush();
  expect(calls.at(-1)).toMatchObject({ frames: 1, intervalMs: 1 });
});

test('what failed is counted and told, with its code where it has one', () => {
  const { calls, report } = start();
  report.failed(new CodedError('model-failed', 'not a number'));
  report.failed(new TypeError('oh'));
  report.failed('just text');
  report.flush();
  expect(calls).toMatchObject([
    ['model-failed', 'not a number', 1],
    ['internal', 'oh', 1],
    ['internal', 'just text', 1],
    { kind: 'summary', failed: 3 },
  ]);
});

test('on standby nothing is summed up; the first interval begins with going live', async () => {
  const { clock, calls, report } = start(true);
  report.begin(0, 0);
  report.summary.decoded(1, 0);
  await clock.advance(5000);
  report.tick();
  report.flush();
  expect(calls).toEqual([]);
  report.live(100);
  report.begin(1, 5000);
  report.summary.decoded(1, 0);
  await clock.advance(1000);
  report.tick();
  expect(calls).toEqual([]);
  await clock.advance(1000);
  report.tick();
  expect(calls).toMatchObject([{ frames: 1, intervalMs: 2000 }]);
  expect(report.lastAt()).toBe(5000);
});
