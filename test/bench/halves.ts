/**
 * What a choice of the online detector's settings is worth on series that it was not made on. The 28 series are split in halves in several
 * ways; on each half the settings are chosen (the middle of the best of many that were drawn blindly) and scored on both.
 * Halves differ in difficulty: a detector without settings that were chosen (windowed Gaussian, as in the benchmark) is scored on the same ones.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { seeded } from '../support/random.ts';
import type { Bench } from './bench.ts';
import { assetsFolder } from './material.ts';
import { readNab, type Series, standard } from './nab-scores.ts';
import { drawSettings, type Judged, judge, middleOf, type Settings, SHIPPED, said } from './nab-settings.ts';
import { windowedGaussian } from './windowed-gaussian.ts';

const SEED = 17;
/** So many of the best, whose middle is chosen. */
const BEST = 20;

export const halves: Bench = {
  summary: 'the online detector’s settings chosen on one half of the Numenta Anomaly Benchmark, scored on the other',
  options: {
    candidates: { description: 'settings that are drawn', default: 400 },
    splits: { description: 'random splits beside the alternating one', default: 6 },
  },
  async run(print, option) {
    const folder = path.join(assetsFolder(), 'sensor/nab');
    if (!existsSync(folder)) return print('the series are not on this machine: nothing was measured');
    compareHalves(readNab(folder), option('candidates'), option('splits'), print);
  },
};

export function compareHalves(
  all: readonly Series[],
  candidates: number,
  splits: number,
  print: (line: string) => void,
): void {
  const samples = all.map(said);
  const judgeAll = (settings: Settings): Judged[] =>
    all.map((series, index) => judge(series, samples[index] ?? [], settings));
  const random = seeded(SEED);
  const drawn = Array.from({ length: candidates }, () => drawSettings(random));
  const parts = [all.map((_, index) => index % 2 === 0), ...Array.from({ length: splits }, () => split(all, random))];
  const sides = parts.flatMap((half) => [half, half.map((inside) => !inside)]);
  /** By candidate, by side. */
  const worth = drawn.map((settings) => {
    const judged = judgeAll(settings);
    return sides.map((side) => {
      const { rows, events } = scores(all, judged, side);
      return rows + events;
    });
  });
  const shipped = judgeAll(SHIPPED);
  const reference = all.map(({ values }) => ({ rows: windowedGaussian(values), events: [] }));
  print(
    'half: rows; events of the settings that are shipped, of those chosen on this half, of those chosen on the other; rows of a windowed Gaussian',
  );
  const chosen = sides.map((_, side) => {
    const best = drawn
      .map((settings, index) => ({ settings, worth: worth[index]?.[side] ?? 0 }))
      .toSorted((a, b) => b.worth - a.worth)
      .slice(0, BEST);
    return judgeAll(middleOf(best.map(({ settings }) => settings)));
  });
  const held = { own: [0, 0], other: [0, 0] };
  for (const [index, side] of sides.entries()) {
    const figures = [shipped, chosen[index] ?? [], chosen[index ^ 1] ?? []].map((judged) => scores(all, judged, side));
    const [, own, other] = figures;
    for (const [to, from] of [
      [held.own, own],
      [held.other, other],
    ] as const) {
      to[0] = (to[0] ?? 0) + (from?.rows ?? 0) / sides.length;
      to[1] = (to[1] ?? 0) + (from?.events ?? 0) / sides.length;
    }
    const gaussian = scores(all, reference, side).rows;
    const what = `${index < 2 ? 'every second' : `random ${index >> 1}`} ${index % 2 === 0 ? 'A' : 'B'}`;
    print(
      `${what.padEnd(16)} ${figures.map(({ rows, events }) => `${rows.toFixed(1)}; ${events.toFixed(1)}`).join('   ')}   ${gaussian.toFixed(1)}`,
    );
  }
  const text = ([rows = 0, events = 0]: readonly number[]) => `${rows.toFixed(1)}; ${events.toFixed(1)}`;
  print(`in the middle: chosen on the half itself ${text(held.own)}; on the other ${text(held.other)}`);
}

function scores(
  all: readonly Series[],
  judged: readonly Judged[],
  side: readonly boolean[],
): { rows: number; events: number } {
  return {
    rows: standard(
      all,
      judged.map(({ rows }) => rows),
      side,
    ),
    events: standard(
      all,
      judged.map(({ events }) => events),
      side,
    ),
  };
}

/** Half of the series of each of the benchmark's folders, by chance; of an odd number one more or one less. */
function split(all: readonly Series[], random: () => number): boolean[] {
  const side = all.map(() => false);
  const folders = new Set(all.map(({ name }) => name.split('/')[0]));
  let more = random() < 0.5;
  for (const folder of folders) {
    const inside = all.flatMap(({ name }, index) =>
      name.split('/')[0] === folder ? [{ index, place: random() }] : [],
    );
    const half = inside.length % 2 === 0 ? inside.length / 2 : (inside.length + (more ? 1 : -1)) / 2;
    if (inside.length % 2 === 1) more = !more;
    for (const { index } of inside.toSorted((a, b) => a.place - b.place).slice(0, half)) side[index] = true;
  }
  return side;
}
