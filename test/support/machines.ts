/**
 * Machines with many channels, for tests and benches: groups of channels follow a shared load, each with its own gain, lag and noise. A fault breaks the relation of
 * one channel to the others and leaves it in its own range, as wide and as quick as before.
 */
import { seeded } from './random.ts';

export const FAULTS = ['own way', 'against the others', 'too late', 'half as strong'] as const;
export type Fault = (typeof FAULTS)[number];

export interface Machine {
  readonly channels: readonly string[];
  /** Row by row. */
  readonly rows: readonly (readonly number[])[];
  /** Which channel breaks. */
  readonly broken: number;
}

export interface MachineOptions {
  readonly width: number;
  readonly seed: number;
  readonly rows: number;
  /** With this row the fault begins. */
  readonly faultAt: number;
  readonly fault: Fault;
  /** Samples that a channel may follow its load by; default: `MOST_LAG`. */
  readonly mostLag?: number;
}

/** Channels that follow one load. */
const GROUP = 8;
const MOST_LAG = 4;
const LATE = 90;
const PER_DAY = 1440;

export function machineOf({ width, seed, rows, faultAt, fault, mostLag = MOST_LAG }: MachineOptions): Machine {
  const random = seeded(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const before = LATE + mostLag;
  const groups = Math.ceil(width / GROUP);
  const load = (): Float64Array => {
    const found = new Float64Array(rows + before);
    const phase = random();
    let [quick, slow] = [normal(), normal()];
    for (let i = 0; i < found.length; i++) {
      quick = 0.9 * quick + 0.436 * normal();
      slow = 0.998 * slow + 0.063 * normal();
      found[i] = 0.8 * quick + 0.5 * slow + 0.5 * Math.sin(2 * Math.PI * (i / PER_DAY + phase));
    }
    return found;
  };
  const loads = Array.from({ length: groups }, load);
  const alone = load();
  const shapes = Array.from({ length: width }, () => ({
    gain: (random() < 0.3 ? -1 : 1) * (2 + 8 * random()),
    lag: Math.floor((mostLag + 1) * random()),
    noise: 0.15 + 0.2 * random(),
    middle: 20 + 60 * random(),
  }));
  const broken = Math.floor(width * random());
  const found = Array.from({ length: rows }, (_, row) =>
    shapes.map(({ gain, lag, noise, middle }, c) => {
      const own = loads[Math.floor(c / GROUP)] as Float64Array;
      const at = row + before - lag;
      let value = own[at] as number;
      if (c === broken && row >= faultAt) {
        if (fault === 'own way') value = alone[at] as number;
        else if (fault === 'against the others') value = -value;
        else if (fault === 'too late') value = own[at - LATE] as number;
        else value /= 2;
      }
      return middle + gain * (value + noise * normal());
    }),
  );
  return { channels: shapes.map((_, c) => `c${c}`), rows: found, broken };
}
