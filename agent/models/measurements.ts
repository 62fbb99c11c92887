/**
 * What was measured on this machine, so that it is measured once. A JSON file: `{ KEY: [VariantTime, …] }`; the key names
 * machine, settings and the files' digests.
 *
 * Invariants:
 * 1. The file is replaced as a whole (`writeDurably`): after a power cut it is the old or the new one.
 * 2. It is only a cache: one that cannot be read or written costs a measurement, never a start.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { VariantTime } from '../../shared/engine/variant-time.ts';
import { writeDurably } from '../../shared/kit/durable-file.ts';

export interface Measurements {
  get(key: string): readonly VariantTime[] | undefined;
  /** @throws Error where the file cannot be written */
  set(key: string, times: readonly VariantTime[]): void;
}

/** The oldest entries go: models come and go over the years. */
const MOST_ENTRIES = 200;

const milliseconds = z.number().nonnegative().optional();
const schema = z.record(
  z.string(),
  z.array(
    z.object({
      precision: z.string(),
      ms: milliseconds,
      p95Ms: milliseconds,
      batchMs: milliseconds,
      fault: z.string().optional(),
    }),
  ),
);

export function openMeasurements(file: string): Measurements {
  const entries = new Map<string, readonly VariantTime[]>(Object.entries(read(file)));
  return {
    get: (key) => entries.get(key),
    set(key, times) {
      entries.delete(key);
      entries.set(key, times);
      const kept = [...entries].slice(-MOST_ENTRIES);
      writeDurably(file, JSON.stringify(Object.fromEntries(kept), undefined, 1), 0o644);
    },
  };
}

/** Invariant 2. */
function read(file: string): Record<string, VariantTime[]> {
  try {
    const parsed = schema.parse(JSON.parse(readFileSync(file, 'utf8')));
    return Object.fromEntries(Object.entries(parsed).map(([key, times]) => [key, times.map(withoutGaps)]));
  } catch {
    return {};
  }
}

function withoutGaps({ precision, ms, p95Ms, batchMs, fault }: z.infer<typeof schema>[string][number]): VariantTime {
  return {
    precision,
    ...(ms === undefined ? {} : { ms }),
    ...(p95Ms === undefined ? {} : { p95Ms }),
    ...(batchMs === undefined ? {} : { batchMs }),
    ...(fault === undefined ? {} : { fault }),
  };
}
