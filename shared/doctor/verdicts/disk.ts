/** What the facts about a disk mean. Pure. */
import { type Finding, finding } from '../finding.ts';
import type { DiskFacts } from '../probes/disk.ts';

/** A commit that takes longer holds up nothing yet, but is a sign of a worn or overloaded card. */
const SLOW_SYNC_MS = 50;

export interface DiskNeeds {
  /** Megabytes that must be free, and who says so (`--disk 100` promises …). */
  readonly free: { readonly mb: number; readonly why: string } | undefined;
  /** What to do when nothing can be written there. */
  readonly unwritable: string;
}

export function judgeDisk(facts: DiskFacts, { free, unwritable }: DiskNeeds): Finding {
  const { folder, freeMb, syncMs, error } = facts;
  if (!syncMs) return finding('disk', 'broken', `${folder}: cannot be written: ${error ?? 'unknown'}`, unwritable);
  const text = `${folder}: ${freeMb} MB free; a durable write takes ${round(syncMs.median)} ms, ${round(syncMs.worst)} ms at worst`;
  if (free && freeMb < free.mb) return finding('disk', 'note', text, `less is free than ${free.why}`);
  if (syncMs.median <= SLOW_SYNC_MS) return finding('disk', 'ok', text);
  return finding('disk', 'note', text, 'slow: is the card worn, or something else writing all the time?');
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
