import { expect, it } from 'vitest';
import { createLogLevels } from '../../../agent/logs/levels.ts';
import { keptLog } from '../../support/kept-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function levels() {
  const { log, lines } = keptLog();
  log.level = 'info';
  const clock = new ManualClock();
  const made = createLogLevels(log, clock);
  const said = () => {
    made.of('sync').debug('of sync');
    made.of('buffer').debug('of buffer');
    return lines.splice(0).map(({ msg, component }) => `${component}: ${msg}`);
  };
  const order = (seconds: number, wanted: Record<string, 'debug' | 'info' | 'warn' | 'error'>) => {
    made.onCommand({ kind: 'log', levels: wanted, seconds });
    return lines.splice(0).map(({ msg }) => msg);
  };
  return { made, clock, said, order };
}

it('raises one part for a time of the running clock, whatever the wall clock does', () => {
  const { clock, said, order } = levels();
  expect(said()).toEqual([]);
  expect(order(3600, { sync: 'debug' })).toEqual(['the hub changed how much is logged']);
  expect(said()).toEqual(['sync: of sync']);
  clock.setWall(0);
  clock.advance(3_599_000);
  expect(said()).toEqual(['sync: of sync']);
  clock.advance(1_000);
  expect(said()).toEqual(['agent: the time is over: the log is as the configuration says again']);
});

it('replaces the order before, and ends it early', () => {
  const { clock, said, order } = levels();
  order(10, { sync: 'debug' });
  order(100, { buffer: 'debug' });
  clock.advance(10_000);
  expect(said()).toEqual(['buffer: of buffer']);
  expect(order(0, {})).toEqual(['the log is as the configuration says again']);
  expect(said()).toEqual([]);
  clock.advance(1_000_000);
  expect(said()).toEqual([]);
});

it('says what it does also when it is told to be quiet, and leaves parts out that it does not have', () => {
  const { said, order } = levels();
  expect(order(10, { agent: 'error', pump: 'debug' })).toHaveLength(1);
  expect(said()).toEqual([]);
});
