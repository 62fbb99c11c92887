/** How many events the online detector tells in each week of series in which nothing is wrong; the target is at most one. */
import { Detector } from '../../shared/engine/series/online/detector.ts';
import { QUIET_STEP_MS, quietSeries } from '../support/quiet-series.ts';
import { seeded } from '../support/random.ts';
import type { Bench } from './bench.ts';

const PER_WEEK = 604_800_000 / QUIET_STEP_MS;
const START = Date.UTC(2014, 3, 1);
/** Samples come a little earlier or later. */
const LATE_MS = 20_000;

export const quiet: Bench = {
  summary: 'events of the online detector in each week of series in which nothing is wrong',
  options: {
    weeks: { description: 'weeks of each series', default: 8 },
    seeds: { description: 'series of each kind', default: 3 },
  },
  async run(print, option) {
    let [over, later, weeks] = [0, 0, 0];
    for (const what of Object.keys(quietSeries))
      for (let seed = 1; seed <= option('seeds'); seed++) {
        const events = eventsByWeek(what, seed, option('weeks'));
        over += events.filter((count) => count > 1).length;
        later += events.slice(1).filter((count) => count > 1).length;
        weeks += events.length;
        print(`${what.padEnd(42)} ${events.join(' ')}`);
      }
    print(`${over} of ${weeks} weeks have more than one event; of those after the first of a series ${later}`);
  },
};

function eventsByWeek(what: string, seed: number, weeks: number): number[] {
  const random = seeded(seed);
  const at = quietSeries[what]?.(random);
  const detector = new Detector(1);
  const events = new Array<number>(weeks).fill(0);
  let before = false;
  for (let i = 0; i < weeks * PER_WEEK; i++) {
    const value = at?.(i);
    const late = Math.floor(LATE_MS * random());
    if (value === undefined) continue;
    const { anomalous } = detector.next(START + i * QUIET_STEP_MS + late, [value]);
    const week = Math.floor(i / PER_WEEK);
    if (anomalous && !before) events[week] = (events[week] ?? 0) + 1;
    before = anomalous;
  }
  return events;
}
