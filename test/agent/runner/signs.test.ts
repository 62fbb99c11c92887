import { expect, test } from 'vitest';
import { createSigns } from '../../../agent/runner/signs.ts';
import { ManualClock } from '../../support/manual-clock.ts';

test('one sign a second at most, and the first answer at once; an answer in between is not forgotten', async () => {
  const clock = new ManualClock();
  const output: [number, boolean][] = [];
  const began = clock.mono();
  const sign = createSigns(clock, (answered) => output.push([clock.mono() - began, answered]));
  for (const [ms, answered] of [
    [0, false],
    [100, false],
    [100, true],
    [100, true],
    [600, false],
    [300, false],
    [999, false],
    [1, false],
  ] as const) {
    await clock.advance(ms);
    sign(answered);
  }
  expect(output).toEqual([
    [0, false],
    [200, true],
    // The answer at 300 ms.
    [1200, true],
    [2200, false],
  ]);
});
