/**
 * What people have said of a stream's anomalies: `detectors/STREAM.normal.json` in the data folder. The supervisor writes it as the hub's
 * document says, the stream's online detector reads it.
 *
 * Format: one JSON object, `format: 1`; `said`: for each anomaly that was normal the id of its event, and the device's wall clock at it.
 *
 * Invariants:
 * 1. The file is replaced as a whole. It says all that was said, so that a reader that misses a version misses nothing.
 * 2. A reader that cannot read it learns nothing, and goes on.
 *
 * Crash behaviour: the version before or the version after; the hub's document is retained and comes again.
 */
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { MOST_NORMAL, type Normal } from '../../../shared/contract/messages/desired.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { writeDurably } from '../../../shared/kit/durable-file.ts';

const MODE = 0o600;
const ENDING = '.normal.json';
/** How soon the detector learns of it. */
const LOOK_MS = 2_000;

const said = z.object({ event: z.string().max(32), wall: z.number() });
export type Said = z.infer<typeof said>;
const file = z.object({ format: z.literal(1), said: z.array(said).max(MOST_NORMAL) });

/**
 * @param folder `detectors` in the data folder
 * @throws the file system's error
 */
export function keepNormal(folder: string, normal: readonly Normal[]): void {
  const streams = new Set([...normal.map(({ stream }) => stream), ...streamsIn(folder)]);
  for (const stream of streams) {
    const of = normal.filter((one) => one.stream === stream).map(({ event, wall }) => ({ event, wall }));
    const text = JSON.stringify({ format: 1, said: of });
    const target = path.join(folder, `${stream}${ENDING}`);
    if (textOf(target) === text) continue;
    mkdirSync(folder, { recursive: true });
    writeDurably(target, text, MODE);
  }
}

function streamsIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(ENDING))
      .map((name) => name.slice(0, -ENDING.length));
  } catch {
    return [];
  }
}

function textOf(target: string): string | undefined {
  try {
    return readFileSync(target, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * @param stateFile of the detector, `STREAM.json`
 * @returns what is said by now, where it may have changed since the last call; else nothing
 */
export function watchNormal(stateFile: string, clock: Pick<Clock, 'mono'>): () => readonly Said[] {
  const target = `${stateFile.replace(/\.json$/, '')}${ENDING}`;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let version = '';
  return () => {
    if (clock.mono() - lookedAt < LOOK_MS) return [];
    lookedAt = clock.mono();
    try {
      const { mtimeMs, ino, size } = statSync(target);
      const found = `${mtimeMs} ${ino} ${size}`;
      if (found === version) return [];
      version = found;
      return file.parse(JSON.parse(readFileSync(target, 'utf8'))).said;
    } catch {
      return [];
    }
  };
}
