/**
 * What online detectors have learned, under the newest key: all files of `detectors/`, before a runner opens one.
 *
 * 1. One file costs no other one, and never the start: what cannot be read or written now (a full disk, another owner) stays as it is,
 *    and an older key still opens it. The next start tries again.
 *
 * Crash behaviour: each file is replaced as a whole; the next start does the rest.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { writeDurably } from '../../shared/kit/durable-file.ts';
import { type ErrorCode, messageOf } from '../../shared/kit/errors.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { SealError, type Sealer } from '../../shared/kit/seal.ts';
import { resealJournal } from '../pipeline/sensor/sample-journal.ts';

const MODE = 0o600;
const NORMAL = '.normal.json';
/** Nothing that the agent writes there is larger. */
const MOST_BYTES = 64 * 1024 * 1024;

/** A file that cannot be opened, and why; it is removed, and the detector learns anew. Or one that `stays` for now. */
export interface Lost {
  readonly stream: string;
  readonly why: string;
  readonly stays: boolean;
}

interface Told {
  readonly code: ErrorCode;
  readonly message: string;
  readonly stream: string;
  readonly count: number;
}

/** Seals all of them anew at the start of an agent, and tells people what could not be. @param folder `detectors` in the data folder */
export function takeOverMemories(
  folder: string,
  sealer: Sealer,
  { problem, log }: { problem(one: Told): void; readonly log: Pick<Logger, 'warn'> },
): void {
  for (const { stream, why, stays } of resealMemories(folder, sealer)) {
    if (stays) log.warn({ stream, why }, 'what the online detector has learned could not be put under the newest key');
    else
      problem({ code: 'key-lost', message: `what the online detector had learned is lost: ${why}`, stream, count: 1 });
  }
}

export function resealMemories(folder: string, sealer: Sealer): Lost[] {
  const lost: Lost[] = [];
  for (const name of filesIn(folder)) {
    // Ids of events and times, and nothing of a stream.
    if (name.endsWith(NORMAL)) continue;
    const file = path.join(folder, name);
    const stream = name.replace(/\.json(\.samples)?$/, '');
    try {
      // A draft of a crash: its file stands.
      if (name.endsWith('.new')) rmSync(file, { force: true });
      else resealFile(file, sealer);
    } catch (error) {
      const isLost = error instanceof SealError;
      lost.push({ stream, why: messageOf(error), stays: !isLost });
      if (isLost) rmSync(file, { force: true });
    }
  }
  return lost;
}

function resealFile(file: string, sealer: Sealer): void {
  const found = readFileSync(file);
  if (found.length > MOST_BYTES) return;
  const next = file.endsWith('.samples') ? resealJournal(found, sealer) : resealState(found, sealer);
  if (next) writeDurably(file, next, MODE);
}

function resealState(found: Buffer, sealer: Sealer): Buffer | undefined {
  return sealer.isCurrent(found) ? undefined : sealer.seal(sealer.open(found));
}

/** A folder that somebody put there is none of ours. */
function filesIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  } catch {
    return [];
  }
}
