/**
 * What online detectors have learned, under the newest key: all files of `detectors/`, before a runner opens one.
 *
 * Crash behaviour: each file is replaced as a whole; the next start does the rest.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { writeDurably } from '../../shared/kit/durable-file.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { SealError, type Sealer } from '../../shared/kit/seal.ts';
import { resealJournal } from '../pipeline/sensor/sample-journal.ts';

const MODE = 0o600;
const NORMAL = '.normal.json';
/** Nothing that the agent writes there is larger. */
const MOST_BYTES = 64 * 1024 * 1024;

/** A file that cannot be opened, and why; it is removed, and the detector learns anew. */
export interface Lost {
  readonly stream: string;
  readonly why: string;
}

/** @param folder `detectors` in the data folder @throws the file system's error */
export function resealMemories(folder: string, sealer: Sealer): Lost[] {
  const lost: Lost[] = [];
  for (const name of namesIn(folder)) {
    const file = path.join(folder, name);
    // A draft of a crash: its file stands.
    if (name.endsWith('.new')) rmSync(file, { force: true });
    // Ids of events and times, and nothing of a stream.
    else if (name.endsWith(NORMAL)) continue;
    else {
      try {
        resealFile(file, sealer);
      } catch (error) {
        if (!(error instanceof SealError)) throw error;
        lost.push({ stream: name.replace(/\.json(\.samples)?$/, ''), why: messageOf(error) });
        rmSync(file, { force: true });
      }
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

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
