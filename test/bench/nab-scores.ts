/**
 * The Numenta Anomaly Benchmark (Lavin and Ahmad, 2015): its series, and its scoring with the profile "standard": a window that is found
 * counts by how early, a window that is missed costs 1, a false alarm up to 0.11; 100 is perfect, 0 a detector that says nothing. The
 * series come with the benchmark's folder: `data/FOLDER/NAME.csv` and `labels/combined_windows.json`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const FALSE_ALARM = 0.11;
const labels = z.record(z.string(), z.array(z.tuple([z.string(), z.string()])));

export interface Series {
  readonly name: string;
  readonly times: readonly string[];
  readonly values: readonly number[];
  readonly windows: readonly (readonly [first: number, last: number])[];
}

/** A row above the threshold. */
interface Alarm {
  readonly score: number;
  readonly value: number;
  /** The window that it lies in. */
  readonly window: string | undefined;
}

export function readNab(folder: string): Series[] {
  const windowsOf = labels.parse(JSON.parse(readFileSync(path.join(folder, 'labels/combined_windows.json'), 'utf8')));
  const found: Series[] = [];
  for (const group of readdirSync(path.join(folder, 'data')).toSorted())
    for (const file of readdirSync(path.join(folder, 'data', group)).toSorted()) {
      const name = `${group}/${file}`;
      const rows = readFileSync(path.join(folder, 'data', name), 'utf8')
        .trim()
        .split('\n')
        .slice(1);
      const times = rows.map((row) => row.split(',')[0] ?? '');
      const place = (time: string) => times.indexOf(time.replace('.000000', ''));
      const windows = (windowsOf[name] ?? []).map(([first, last]) => [place(first), place(last)] as const);
      found.push({ name, times, values: rows.map((row) => Number(row.split(',')[1])), windows });
    }
  return found;
}

/** The sum at the best threshold, between that of silence (0) and that of a perfect detector (100). */
export function standard(
  all: readonly Series[],
  scores: readonly (readonly number[])[],
  which: readonly boolean[],
): number {
  const used = all.filter((_, index) => which[index]);
  const windows = used.reduce((sum, series) => sum + series.windows.length, 0);
  const alarms = all
    .flatMap((series, index) => (which[index] ? alarmsOf(series, scores[index] ?? []) : []))
    .toSorted((a, b) => b.score - a.score);
  const best = new Map<string, number>();
  let sum = -windows;
  let top = sum;
  for (const [i, { score, value, window }] of alarms.entries()) {
    if (window === undefined) sum += value;
    else {
      const known = best.get(window) ?? -1;
      sum += Math.max(0, value - known);
      best.set(window, Math.max(known, value));
    }
    // A threshold lies between two scores.
    if (alarms[i + 1]?.score !== score) top = Math.max(top, sum);
  }
  return (100 * (top + windows)) / (2 * windows);
}

/** The first 15 % of a series, at most 750 rows, are the detector's to learn. */
function alarmsOf({ name, times, windows }: Series, scores: readonly number[]): Alarm[] {
  const probation = Math.floor(0.15 * Math.min(times.length, 5000));
  const alarms: Alarm[] = [];
  for (let i = probation; i < times.length; i++) {
    const score = scores[i] ?? 0;
    if (score <= 0) continue;
    const inside = windows.find(([first, last]) => i >= first && i <= last);
    if (inside) {
      const [first, last] = inside;
      const value = sigmoid(-(last - i + 1) / (last - first + 1)) / sigmoid(-1);
      alarms.push({ score, value, window: `${name} ${first}` });
      continue;
    }
    const past = windows.findLast(([, last]) => last < i);
    const late = past ? sigmoid((i - past[1]) / (past[1] - past[0])) : -1;
    alarms.push({ score, value: FALSE_ALARM * late, window: undefined });
  }
  return alarms;
}

function sigmoid(x: number): number {
  return x > 3 ? -1 : 2 / (1 + Math.exp(5 * x)) - 1;
}

/** 1 where a row reaches the threshold and the one before it does not. */
export function onsetsOf(scores: readonly number[]): number[] {
  return scores.map((score, i) => (score >= 1 && !((scores[i - 1] ?? 0) >= 1) ? 1 : 0));
}
