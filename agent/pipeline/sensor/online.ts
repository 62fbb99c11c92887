/**
 * The online detector of a sensor stream: what stands where another stream has an engine. It has no model file; what it has
 * learned is kept in a file, so that a restart goes on where the last run ended.
 *
 * Format: one JSON object, `format: 1` (`shared/engine/series/online/detector.ts`), replaced as a whole.
 * Crash behaviour: what was learned since the last save, at most `SAVE_MS`, is learned again. A file that cannot be read, or of
 * other channels, is reported and replaced.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { ModelRef } from '../../../shared/contract/messages/record.ts';
import { DEFAULT_WEEKS, Detector, detectorState } from '../../../shared/engine/series/online/detector.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { digestOf } from '../../../shared/kit/digest.ts';
import { writeDurably } from '../../../shared/kit/durable-file.ts';
import { messageOf } from '../../../shared/kit/errors.ts';
import type { Analyser } from './analyser.ts';

const VERSION = '1.0.0';
const SAVE_MS = 300_000;
const MODE = 0o600;

export interface Online {
  readonly online: true;
  /** What records say of it. */
  readonly model: ModelRef;
  readonly note?: undefined;
  /** Where it keeps what it has learned; undefined: nowhere. */
  readonly stateFile?: string | undefined;
}

export function onlineDetector(stateFile: string | undefined): Online {
  const model = { name: 'online', version: VERSION, digest: digestOf(`online ${VERSION}`), variant: 'online' };
  return { online: true, model, stateFile };
}

/** @param onNote told what a person should know of the file */
export function analyseOnline(
  { stateFile }: Online,
  channels: readonly string[],
  clock: Clock,
  onNote: (message: string) => void,
): Analyser {
  const detector = new Detector(channels.length, stateFile === undefined ? undefined : read(stateFile, onNote));
  let savedAt = clock.mono();
  const save = () => {
    if (stateFile === undefined) return;
    savedAt = clock.mono();
    try {
      mkdirSync(path.dirname(stateFile), { recursive: true });
      writeDurably(stateFile, JSON.stringify(detector.state()), MODE);
    } catch (error) {
      onNote(`what the online detector has learned could not be kept in ${stateFile}: ${messageOf(error)}`);
    }
  };
  return {
    channels,
    threshold: DEFAULT_WEEKS,
    async run({ atMs, last }, threshold = DEFAULT_WEEKS) {
      const startedAt = clock.mono();
      const { score, anomalous, parts, expected } = detector.next(atMs, last, threshold);
      if (clock.mono() - savedAt >= SAVE_MS) save();
      const outcome = { task: 'anomaly', score, threshold, anomalous, parts, expected } as const;
      return { outcome, inferMs: clock.mono() - startedAt, postprocessMs: 0 };
    },
    // A pause is part of the series.
    reset: () => undefined,
    close: save,
  };
}

function read(file: string, onNote: (message: string) => void) {
  try {
    return detectorState.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT'))
      onNote(`${file} cannot be read, so the online detector learns anew: ${messageOf(error)}`);
    return undefined;
  }
}
