/**
 * The online detector of a sensor stream: what stands where another stream has an engine. It has no model file; what it has
 * learned is kept in a file, so that a restart goes on where the last run ended.
 *
 * Format: one JSON object, `format: 1` (`shared/engine/series/online/detector.ts`) with `lastAtMs`, the time of the last sample
 * that it knows, replaced as a whole; beside it the samples since then (sample-journal.ts).
 *
 * 1. A sample is in the state or in the journal before what it says is reported.
 * 2. The state is saved each `SAVE_MS`, when the journal is full, and at the end; the journal is cleared after that, so a sample may be in
 *    both, and `lastAtMs` tells.
 * 3. What a person has called normal (normal-file.ts) is learned before the next sample, and once: `taught` tells.
 * 4. While a rule is in the middle of something the state is not saved, so that the journal has the beginning; not beyond `MOST_BYTES`.
 *
 * Crash behaviour: the next start replays the journal, for its rules too, and goes on as if nothing had been. An event whose sample was written
 * down and which had not left the process is lost; an anomaly that is longer than the journal begins again. A state that cannot be
 * read, or of other channels, is reported and replaced. Where nothing can be written, the stream goes on, and says so.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { MOST_NORMAL } from '../../../shared/contract/messages/desired.ts';
import type { ModelRef } from '../../../shared/contract/messages/record.ts';
import { DEFAULT_WEEKS, Detector, detectorState } from '../../../shared/engine/series/online/detector.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { digestOf } from '../../../shared/kit/digest.ts';
import { forceFolder, writeDurably } from '../../../shared/kit/durable-file.ts';
import { isMissing, messageOf } from '../../../shared/kit/errors.ts';
import { noSealer, type Sealer } from '../../../shared/kit/seal.ts';
import type { Analyser, Past } from './analyser.ts';
import { watchNormal } from './normal-file.ts';
import { openSampleJournal, type SampleJournal } from './sample-journal.ts';

const VERSION = '1.0.0';
const SAVE_MS = 300_000;
/** Of the journal while a rule is in the middle of something: the samples of some hours, replayed within seconds. */
const MOST_BYTES = 1024 * 1024;
const MODE = 0o600;
/** Beginnings of anomalies that people may still speak of, and what they have said. */
const MOST_BEGINNINGS = 32;
/** The clock that an event is stamped with may differ by so much from the detector's. */
const SLACK_MS = 2_000;
const DAY_MS = 86_400_000;

const begun = z.object({ wall: z.number(), atMs: z.number() });
const saved = detectorState.extend({
  lastAtMs: z.number().optional(),
  begun: z.array(begun).max(MOST_BEGINNINGS).optional(),
  taught: z.array(z.string().max(32)).max(MOST_NORMAL).optional(),
});

/** What its pieces are sealed as. */
export const MEMORY = 'memory';

export interface Online {
  readonly online: true;
  /** What records say of it. */
  readonly model: ModelRef;
  readonly note?: undefined;
  /** Where it keeps what it has learned; undefined: nowhere. */
  readonly stateFile?: string | undefined;
  /** How it keeps it. */
  readonly sealer: Sealer;
}

export function onlineDetector(stateFile: string | undefined, sealer: Sealer = noSealer): Online {
  const model = { name: 'online', version: VERSION, digest: digestOf(`online ${VERSION}`), variant: 'online' };
  return { online: true, model, stateFile, sealer };
}

/** Removes what a detector that is closed has learned, and its samples. @throws the file system's error */
export function removeLearned(stateFile: string): void {
  for (const file of [stateFile, `${stateFile}.new`, `${stateFile}.samples`]) rmSync(file, { force: true });
  const folder = path.dirname(stateFile);
  if (existsSync(folder)) forceFolder(folder);
}

/** @param onNote told what a person should know of the file */
export function analyseOnline(
  { stateFile, sealer }: Online,
  channels: readonly string[],
  clock: Clock,
  onNote: (message: string) => void,
): Analyser {
  const kept = stateFile === undefined ? undefined : read(stateFile, sealer, onNote);
  const detector = new Detector(channels.length, kept);
  let lastAtMs = kept?.lastAtMs;
  let savedAt = clock.mono();
  let journal =
    stateFile === undefined ? undefined : openJournal(stateFile, channels.length, knownUntil(kept), sealer, onNote);
  /** Replayed before the first sample, whose threshold counts for them too. */
  let waiting = journal?.samples ?? [];
  let isFull = false;
  let isHeld = false;
  const news = stateFile === undefined ? () => [] : watchNormal(stateFile, clock);
  let begun = kept?.begun ?? [];
  let taught = kept?.taught ?? [];
  let wasAnomalous = false;

  const save = () => {
    if (stateFile === undefined || waiting.length > 0) return;
    if (isHeld && journal && journal.bytes < MOST_BYTES) return;
    isFull = false;
    savedAt = clock.mono();
    try {
      mkdirSync(path.dirname(stateFile), { recursive: true });
      const text = JSON.stringify({ ...detector.state(), lastAtMs, begun, taught });
      writeDurably(stateFile, sealer.seal(Buffer.from(text)), MODE);
      journal?.clear();
    } catch (error) {
      onNote(`what the online detector has learned could not be kept in ${stateFile}: ${messageOf(error)}`);
    }
  };
  /** @returns is it time to save? */
  const note = (atMs: number, values: readonly number[]): boolean => {
    try {
      return journal?.add({ atMs, values }) ?? false;
    } catch (error) {
      onNote(`samples of the online detector could not be kept beside ${stateFile}: ${messageOf(error)}`);
      journal?.close();
      journal = undefined;
      return false;
    }
  };
  /** @param wall when it came, by the device's clock */
  const look = (atMs: number, values: readonly number[], threshold: number, wall: number) => {
    lastAtMs = atMs;
    const { score, anomalous, parts, expected } = detector.next(atMs, values, threshold);
    if (anomalous && !wasAnomalous) begun = [...begun, { wall, atMs }].slice(-MOST_BEGINNINGS);
    wasAnomalous = anomalous;
    return { task: 'anomaly', score, threshold, anomalous, parts, expected } as const;
  };
  const replay = (threshold: number): readonly Past[] => {
    const now = clock.wall();
    // When they came is not kept; the series of a live sensor has nearly the same time.
    const wallOf = (atMs: number) => (Math.abs(now - atMs) < DAY_MS ? Math.min(now, atMs) : now);
    const past = waiting.map(({ atMs, values }) => ({
      atMs,
      last: values,
      outcome: look(atMs, values, threshold, wallOf(atMs)),
    }));
    waiting = [];
    return past;
  };
  /** Invariant 3. */
  const learn = () => {
    for (const { event, wall } of news()) {
      if (taught.includes(event)) continue;
      taught = [...taught, event].slice(-MOST_NORMAL);
      isFull = true;
      const began = begun.findLast((one) => one.wall <= wall + SLACK_MS);
      const isKnown = began !== undefined && detector.wasNormal(began.atMs);
      const when = new Date(wall).toISOString();
      onNote(
        isKnown
          ? `the anomaly of ${when} was normal, as somebody says: the online detector has learned it`
          : `the anomaly of ${when}, which somebody calls normal, is not remembered any more: nothing was learned`,
      );
    }
  };
  return {
    channels,
    threshold: DEFAULT_WEEKS,
    past: (threshold = DEFAULT_WEEKS) => replay(threshold),
    hold(isBusy) {
      isHeld = isBusy;
    },
    async run({ atMs, last }, threshold = DEFAULT_WEEKS) {
      const startedAt = clock.mono();
      replay(threshold);
      learn();
      // Before the sample: what the rules will make of it is not known yet.
      if (isFull || clock.mono() - savedAt >= SAVE_MS) save();
      isFull = note(atMs, last) || isFull;
      const outcome = look(atMs, last, threshold, clock.wall());
      return { outcome, inferMs: clock.mono() - startedAt, postprocessMs: 0 };
    },
    // A pause is part of the series.
    reset: () => undefined,
    close() {
      save();
      journal?.close();
      journal = undefined;
    },
  };
}

function read(file: string, sealer: Sealer, onNote: (message: string) => void) {
  try {
    return saved.parse(JSON.parse(sealer.open(readFileSync(file)).toString('utf8')));
  } catch (error) {
    if (!isMissing(error)) onNote(`${file} cannot be read, so the online detector learns anew: ${messageOf(error)}`);
    return undefined;
  }
}

/** A state that was put there says no time: the samples beside it are of another one. */
function knownUntil(kept: z.infer<typeof saved> | undefined): number {
  return kept ? (kept.lastAtMs ?? Number.POSITIVE_INFINITY) : Number.NEGATIVE_INFINITY;
}

function openJournal(
  stateFile: string,
  channels: number,
  after: number,
  sealer: Sealer,
  onNote: (message: string) => void,
): SampleJournal | undefined {
  try {
    return openSampleJournal(`${stateFile}.samples`, channels, after, sealer);
  } catch (error) {
    onNote(`samples of the online detector cannot be kept beside ${stateFile}: ${messageOf(error)}`);
    return undefined;
  }
}
