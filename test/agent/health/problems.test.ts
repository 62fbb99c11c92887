import { expect, test } from 'vitest';
import { createProblems, type Problem } from '../../../agent/health/problems.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function start() {
  const clock = new ManualClock();
  const written: [number, Problem][] = [];
  return {
    clock,
    written,
    problems: createProblems(60_000, clock, (problem) => written.push([clock.mono(), problem])),
  };
}

const problem = (message: string, count = 1, stream: string | undefined = 'gate'): Problem => ({
  ...{ code: 'source-stalled', message, count },
  ...(stream === undefined ? {} : { stream }),
});

test('the first of a code and stream at once, the rest together after each interval, with how often', async () => {
  const { clock, written, problems } = start();
  problems.add(problem('a', 2));
  for (let i = 0; i < 100; i++) {
    await clock.advance(1000);
    problems.add(problem(`b${i}`));
  }
  problems.add(problem('other', 1, 'yard'));
  problems.add({ code: 'source-stalled', message: 'the agent itself', count: 1 });
  problems.add({ ...problem('refused'), code: 'source-auth' });
  await clock.advance(200_000);
  problems.add(problem('again'));
  expect(written).toEqual([
    [0, problem('a', 2)],
    [60_000, problem('b58', 59)],
    [100_000, problem('other', 1, 'yard')],
    [100_000, { code: 'source-stalled', message: 'the agent itself', count: 1 }],
    [100_000, { ...problem('refused'), code: 'source-auth' }],
    [120_000, problem('b99', 41)],
    [300_000, problem('again')],
  ]);
});

test('at the end what is held back is written down', async () => {
  const { clock, written, problems } = start();
  problems.add(problem('a'));
  problems.add(problem('b', 3));
  problems.flush();
  problems.flush();
  expect(written.map(([, { message, count }]) => [message, count])).toEqual([
    ['a', 1],
    ['b', 3],
  ]);
  await clock.advance(1_000_000);
  expect(written).toHaveLength(2);
});
