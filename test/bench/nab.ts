/** The online detector on the Numenta Anomaly Benchmark. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createOrder } from '../../agent/pipeline/source/series/order.ts';
import { DEFAULT_WEEKS, Detector } from '../../shared/engine/series/online/detector.ts';
import type { Bench } from './bench.ts';
import { assetsFolder } from './material.ts';
import { onsetsOf, readNab, type Series, standard } from './nab-scores.ts';

export const nab: Bench = {
  summary: 'the online detector on the Numenta Anomaly Benchmark; its published best is 74.9',
  async run(print) {
    const folder = path.join(assetsFolder(), 'sensor/nab');
    if (!existsSync(folder)) return print('the series are not on this machine: nothing was measured');
    const all = readNab(folder);
    let samples = 0;
    const started = process.cpuUsage();
    const scores = all.map((series) => {
      samples += series.values.length;
      return scoresOf(series);
    });
    const { user, system } = process.cpuUsage(started);
    const halves = [0, 1].map((half) => all.map((_, index) => index % 2 === half));
    const onsets = scores.map(onsetsOf);
    for (const [what, rows] of [
      ['rows, at the best threshold', scores],
      ['events, at its own threshold', onsets],
    ] as const) {
      const [even, odd] = halves.map((half) => standard(all, rows, half).toFixed(1));
      const whole = standard(
        all,
        rows,
        all.map(() => true),
      );
      print(`${what.padEnd(30)} ${whole.toFixed(1)} (of every second series: ${even}, ${odd})`);
    }
    const events = onsets.map((row) => row.reduce((sum: number, on) => sum + on, 0));
    const quiet = all.flatMap((series, index) => (series.windows.length > 0 ? [] : (events[index] ?? 0)));
    print(
      `${events.reduce((sum, n) => sum + n, 0)} events in ${all.length} series; in those without anomaly: ${quiet.join(', ')}`,
    );
    print(`${Math.round(samples / ((user + system) / 1e6))} samples per second of one core`);
  },
};

/** Score by threshold of each row, in the order that the product brings rows into; rows of the same time share the highest. */
function scoresOf({ times, values }: Series): number[] {
  const detector = new Detector(1);
  const order = createOrder();
  const highest = new Map<string, number>();
  for (const [i, value] of values.entries()) {
    const time = times[i] ?? '';
    const placed = order.place(Date.parse(`${time.replace(' ', 'T')}Z`));
    if (typeof placed === 'string') continue;
    const score = detector.next(placed.atMs, [value]).score / DEFAULT_WEEKS;
    highest.set(time, Math.max(score, highest.get(time) ?? 0));
  }
  return times.map((time) => highest.get(time) ?? 0);
}
