/** Gives each assignment the variant and the batch that are fastest on this machine; measures what it does not know yet. */
import path from 'node:path';
import { readPackage } from '../../shared/engine/package/package.ts';
import { askChild } from '../../shared/kit/ask-child.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { digestOf, digestOfFile } from '../../shared/kit/digest.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Assignment } from '../runner/messages.ts';
import type { Measured, MeasureOrder } from './measure-child.ts';
import { openMeasurements } from './measurements.ts';
import { chooseTuning, describeTimes, type Tuning } from './tuning.ts';

export interface TunerOptions {
  /** Built `agent/models/measure-child.js`. */
  readonly entry: string | URL;
  /** An empty folder that the measuring process works in. */
  readonly workDir: string;
  /** Where the measurements are kept. */
  readonly file: string;
  /** Names what the speed depends on: processor, cores, version. */
  readonly machine: string;
  readonly runners: number;
  readonly clock: Clock;
  /** Tells a person what is measured and what came of it. */
  print(message: string): void;
}

const WAIT_LIMIT_MS = 60_000;

/** A model that cannot be measured runs as it was asked for; if it is broken, its runner reports that. */
export async function tuneAll(assignments: readonly Assignment[], options: TunerOptions): Promise<Assignment[]> {
  const tunings = new Map<string, Tuning>();
  for (const assignment of assignments) {
    const key = keyOf(assignment);
    if (tunings.has(key)) continue;
    const sharing = assignments.filter((other) => keyOf(other) === key).length > options.runners;
    tunings.set(key, await tune(assignment, sharing, options).catch(() => untuned(assignment)));
  }
  return assignments.map((assignment) => ({ ...assignment, ...(tunings.get(keyOf(assignment)) ?? {}) }));
}

const untuned = ({ variant, batch }: Assignment): Tuning => ({ variant, batch });

function keyOf({ modelDir, variant, runtime }: Assignment): string {
  return JSON.stringify([modelDir, variant, runtime]);
}

/** @param sharing several streams will share a session: batches may pay */
async function tune(assignment: Assignment, sharing: boolean, options: TunerOptions): Promise<Tuning> {
  const { modelDir, variant, runtime } = assignment;
  const pack = await readPackage(modelDir);
  const { variants, name } = pack.manifest;
  const choice = variant === 'auto' && new Set(variants.map((v) => v.precision)).size > 1;
  if (!choice && !sharing) return untuned(assignment);
  const digests = await Promise.all(variants.map((v) => digestOfFile(path.join(modelDir, v.file))));
  const key = digestOf(JSON.stringify([options.machine, runtime, pack.manifest, digests]));
  const measurements = openMeasurements(options.file);
  const known = measurements.get(key);
  if (known) return chooseTuning(known, variant);
  options.print(`measuring the variants of ${name} on this machine (once)`);
  const { entry, workDir, clock } = options;
  const order: MeasureOrder = { modelDir, runtime };
  const askOptions = { entry, workDir, clock, waitLimitMs: WAIT_LIMIT_MS };
  const measured = await askChild<MeasureOrder, Measured>(order, askOptions).catch((error) => ({
    fault: `the process ${messageOf(error)}`,
  }));
  if ('fault' in measured) {
    options.print(`${name} could not be measured: ${measured.fault}`);
    return untuned(assignment);
  }
  const tuning = chooseTuning(measured.times, variant);
  options.print(`${name}: ${describeTimes(measured.times)}; running ${tuning.variant}`);
  try {
    measurements.set(key, measured.times);
  } catch (error) {
    options.print(`the measurements could not be saved: ${messageOf(error)}`);
  }
  return tuning;
}
