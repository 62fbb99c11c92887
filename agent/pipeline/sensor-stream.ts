/**
 * The walk of a stream without a picture: source → windows → engine → rules ⇒ records.
 *
 * Invariants:
 * 1. Windows are analysed in order, one at a time; a file is read no faster than that.
 * 2. A window that fails costs itself: it is counted, reported, and the walk goes on.
 * 3. A `reading` is made at most once a second, and when the state changes, then at most each `CHANGE_MS`.
 */
import { randomBytes } from 'node:crypto';
import type { AudioStream, SensorStream } from '../../shared/contract/config/sensor.ts';
import { isImageInput, isWindowInput } from '../../shared/contract/model-manifest.ts';
import type { Engine } from '../../shared/engine/engine.ts';
import type { Outcome } from '../../shared/engine/outcome.ts';
import { createWindows, type SensorWindow } from '../../shared/engine/series/windows.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { CodedError, messageOf } from '../../shared/kit/errors.ts';
import type { EventBody } from './event-body.ts';
import type { WalkOutputs } from './outputs.ts';
import { createRule } from './rules/registry.ts';
import { findingsOf } from './sensor/findings.ts';
import { createReadings } from './sensor/reading.ts';
import { createSoundWindows } from './sensor/sound-windows.ts';
import { openSoundSource } from './source/sensor-audio.ts';
import { createComplaints } from './source/sensor-complaints.ts';
import { openSamples } from './source/sensor-open.ts';
import type { SampleEvents } from './source/sensor-source.ts';
import type { RuleEvent } from './stage.ts';
import { createVoice } from './standby.ts';
import type { Walk } from './stream.ts';
import { createSummary } from './summary.ts';

export interface SensorWalkParts {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly standby?: boolean;
}

/** A shorter silence of a live sensor is not worth a word. */
const QUIET_MS = 10_000;
const NOBODY = { tracked: [], began: [], ended: [] };

/** @throws CodedError `config-invalid` for a stream whose model takes something else */
export function startSensorWalk(
  id: string,
  config: SensorStream | AudioStream,
  { engine, clock, standby = false }: SensorWalkParts,
  outputs: WalkOutputs,
): Walk {
  const voice = createVoice(outputs, createSummary(), standby);
  const { out, summary } = voice;
  const open = config.kind === 'sensor' ? sensorOf(id, config, engine, clock) : soundOf(config, engine, clock);
  const inference = engine.attach();
  const rules = config.rules.map((rule) => createRule(rule));
  const readings = createReadings();
  let summaryFrom = clock.mono();
  let frame = 0;
  let firstMs: number | undefined;

  /** Everything that may fail on one window. */
  const analyse = async (window: SensorWindow, startedAt: number) => {
    if (window.restart) inference.reset();
    const { outcome, inferMs, postprocessMs } = await inference.run(window.tensor, config.threshold);
    const inferred = clock.mono();
    firstMs ??= window.atMs;
    const ptsMs = window.atMs - firstMs;
    const objects = findingsOf(outcome, config.threshold ?? engine.manifest.threshold);
    const observation = { frame: frame++, ptsMs, wall: clock.wall(), outcome, objects, update: NOBODY };
    const events = rules.flatMap((rule) => rule.evaluate(observation));
    for (const event of events) out.onRecord(eventBody(id, observation.frame, ptsMs, event));
    const endedAt = clock.mono();
    summary.inferred(objects, [], endedAt - startedAt);
    tellReading(outcome, window, ptsMs, endedAt);
    const preprocess = inferred - startedAt - inferMs - postprocessMs;
    const timing = { decode: 0, preprocess, infer: inferMs, postprocess: postprocessMs + endedAt - inferred };
    out.onResult?.({ frame: observation.frame, ptsMs, outcome, objects: [], timing, startedAt, endedAt });
  };

  const tellReading = (outcome: Outcome, { last }: SensorWindow, ptsMs: number, now: number) => {
    const reading = readings.next(outcome, config.threshold ?? engine.manifest.threshold, now);
    if (reading) out.onRecord({ kind: 'reading', stream: id, ptsMs, ...reading, ...named(engine, last) });
  };

  /** Invariant 2. */
  const walk = async (windows: Iterable<SensorWindow>) => {
    let startedAt = clock.mono();
    for (const window of windows) {
      voice.begin(frame, startedAt);
      try {
        await analyse(window, startedAt);
      } catch (error) {
        summary.failed();
        out.onTrouble(error instanceof CodedError ? error.code : 'internal', messageOf(error), 1);
      }
      startedAt = clock.mono();
      if (startedAt - summaryFrom >= config.summaryS * 1000) flush();
    }
  };

  const flush = () => {
    const now = clock.mono();
    const totals = summary.take(Math.max(1, now - summaryFrom));
    summaryFrom = now;
    if (totals) out.onRecord({ kind: 'summary', stream: id, ...totals });
  };

  const source = open({
    walk,
    read: (samples, dropped) => summary.decoded(samples, dropped),
    out,
    onEnd(failure) {
      flush();
      out.onEnd(failure);
    },
  });

  return {
    // Nothing to be seen.
    watch: () => undefined,
    flush,
    live(after) {
      summaryFrom = clock.mono();
      voice.live(after);
    },
    lastAt: voice.lastAt,
    async close() {
      await source.close();
      flush();
    },
  };
}

/** What a source is plugged into. */
interface Feed {
  walk(windows: Iterable<SensorWindow>): Promise<void>;
  read(samples: number, dropped: number): void;
  readonly out: WalkOutputs;
  readonly onEnd: SampleEvents['onEnd'];
}

type Open = (feed: Feed) => { close(): Promise<void> };

function sensorOf(id: string, config: SensorStream, engine: Engine, clock: Clock): Open {
  const { input } = engine.manifest;
  if (!isWindowInput(input)) throw otherKind(engine, 'sensor', 'the series of a sensor');
  const unknown = Object.keys(config.source.values ?? {}).find((channel) => !input.channels.includes(channel));
  if (unknown !== undefined) {
    const known = input.channels.join(', ');
    throw new CodedError('config-invalid', `source.values names "${unknown}"; the model's channels are: ${known}`);
  }
  const clientId = `vedette-${id.slice(0, 32)}-${randomBytes(4).toString('hex')}`;
  const windows = createWindows(input, config.maxGapS === undefined ? undefined : config.maxGapS * 1000);
  const quietMs = Math.max(QUIET_MS, windows.maxGapMs);
  const options = { source: config.source, channels: input.channels, clientId, quietMs, clock };
  return ({ walk, read, out, onEnd }) => {
    const complaints = createComplaints(out.onTrouble);
    let gaps = 0;
    return openSamples(options, {
      onOpened: () => out.onOpened(undefined),
      async onSamples(samples, dropped) {
        read(samples.length, dropped);
        for (const sample of samples) {
          await walk(windows.push(sample));
          if (windows.gaps === gaps) continue;
          gaps = windows.gaps;
          const seconds = windows.maxGapMs / 1000;
          complaints.add('source-stalled', `a pause of more than ${seconds} s (maxGapS): windows begin anew`);
        }
        complaints.flush();
      },
      onTrouble: out.onTrouble,
      onEnd,
    });
  };
}

function soundOf(config: AudioStream, engine: Engine, clock: Clock): Open {
  const { input } = engine.manifest;
  if (isImageInput(input) || isWindowInput(input)) throw otherKind(engine, 'audio', 'sound');
  const windows = createSoundWindows(input);
  return ({ walk, read, out, onEnd }) =>
    openSoundSource(config.source, input.sampleRate, clock, {
      onOpened: () => out.onOpened(undefined),
      async onSound(samples) {
        read(samples.length, 0);
        await walk(windows.push(samples));
      },
      onTrouble: out.onTrouble,
      onEnd,
    });
}

function otherKind({ manifest }: Engine, kind: string, takes: string): CodedError {
  const { input } = manifest;
  const found = isImageInput(input) ? 'picture' : isWindowInput(input) ? 'sensor' : 'audio';
  const text = `a stream of kind ${kind} needs a model of ${takes}; ${manifest.name} is for streams of kind ${found}`;
  return new CodedError('config-invalid', text);
}

/** The last values by the names of the channels; none of sound. */
function named({ manifest: { input } }: Engine, last: readonly number[]): { values?: Record<string, number> } {
  if (!isWindowInput(input)) return {};
  return { values: Object.fromEntries(input.channels.map((channel, c) => [channel, last[c] ?? 0])) };
}

/** There is no picture to take a crop of, and no place in it. */
function eventBody(stream: string, frame: number, ptsMs: number, event: RuleEvent): EventBody {
  const { snapshot: _snapshot, box: _box, path: _path, ...rest } = event;
  return { kind: 'event', stream, ...rest, frame, ptsMs };
}
