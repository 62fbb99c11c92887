/** What online detectors have learned, as files: `detectors/STREAM.json` and the samples beside it (agent/pipeline/sensor/online.ts). */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { removeLearned } from '../pipeline/sensor/online.ts';

const FILE = /^([a-z0-9_-]{1,64})\.json(\.samples|\.new)?$/;

/** Streams that have any; of a data folder. */
export function memoriesIn(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(path.join(folder, 'detectors'));
  } catch {
    return [];
  }
  return [...new Set(names.flatMap((name) => FILE.exec(name)?.[1] ?? []))].toSorted();
}

/** Of a stream that no runner has. @throws the file system's error */
export function removeMemory(folder: string, stream: string): void {
  removeLearned(path.join(folder, 'detectors', `${stream}.json`));
}
