/**
 * Mutants that no test noticed, and those among them that somebody has looked at: `accepted/<room>.yaml` says of each why it
 * is equivalent, or too dear to notice.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

export interface Survivor {
  /** From the root. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The source line in which it begins, trimmed. */
  readonly code: string;
  /** What the mutant has instead; the first line of it. */
  readonly to: string;
  readonly mutator: string;
  readonly covered: boolean;
}

/** One explanation. Without `to`: of every mutant that begins in this line. */
const accepted = z.array(
  z.strictObject({ file: z.string(), code: z.string(), to: z.string().optional(), why: z.string().min(10) }),
);
export type Accepted = z.infer<typeof accepted>[number];

/** Throws with the path of a wrong field. */
export function readAccepted(folder: string, room: string): Accepted[] {
  const file = path.join(folder, `${room.replaceAll('/', '-')}.yaml`);
  if (!existsSync(file)) return [];
  const read = accepted.safeParse(parse(readFileSync(file, 'utf8')) ?? []);
  if (!read.success) throw new Error(`${file}: ${z.prettifyError(read.error)}`);
  return read.data;
}

const explains = (entry: Accepted, survivor: Survivor): boolean =>
  survivor.file.endsWith(entry.file) &&
  entry.code.trim() === survivor.code &&
  (entry.to === undefined || entry.to.trim() === survivor.to);

export interface Sorted {
  readonly explained: readonly Survivor[];
  readonly open: readonly Survivor[];
  /** Explanations that fit no survivor any more. */
  readonly stale: readonly Accepted[];
}

export function sortOut(survivors: readonly Survivor[], entries: readonly Accepted[]): Sorted {
  const isExplained = (survivor: Survivor) => entries.some((entry) => explains(entry, survivor));
  return {
    explained: survivors.filter(isExplained),
    open: survivors.filter((survivor) => !isExplained(survivor)),
    stale: entries.filter((entry) => !survivors.some((survivor) => explains(entry, survivor))),
  };
}
