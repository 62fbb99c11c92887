/**
 * The walk of a stream without a picture: source → windows → engine → rules ⇒ records.
 *
 * Invariants:
 * 1. Windows are analysed in order, one at a time; a file is read no faster than that.
 * 2. A window that fails costs itself: it is counted, reported, and the walk goes on.
 * 3. A `reading` is made at most once a second, and when the state changes, then at most each `CHANGE_MS`.
 */
import { type AudioStream, onlineChannels, type SensorStream } from '../../shared/contract/config/sensor.ts';
import { levelOf } from '../../shared/contract/messages/anomaly.ts';
import type { Outcome } from '../../shared/engine/outcome.ts';
import type { SensorWindow } from '../../shared/engine/series/windows.ts';
import type { EventBody, ReadingBody } from './outputs.ts';
import type { Report } from './report.ts';
import { createEpisode } from './rules/episode.ts';
import { createRule } from './rules/registry.ts';
import { type Analyser, analyseByModel } from './sensor/analyser.ts';
import { byChannel, peakOf } from './sensor/by-channel.ts';
import { findingsOf } from './sensor/findings.ts';
import { analyseOnline } from './sensor/online.ts';
import { createReadings } from './sensor/reading.ts';
import { feedOf } from './series-feed.ts';
import type { Moment, RuleEvent } from './stage.ts';
import type { Walk, WalkParts } from './walk-parts.ts';

const NOBODY = { tracked: [], began: [], ended: [] };

/** @throws CodedError `config-invalid` for a stream whose model takes something else */
export function startSeriesWalk(
  id: string,
  config: SensorStream | AudioStream,
  { engine, clock }: Pick<WalkParts, 'engine' | 'clock'>,
  report: Report,
): Walk {
  const { out, summary } = report;
  const open = feedOf(id, config, engine, clock);
  const analyser = analyserOf(config, engine, clock, (message) => out.onNote?.(message));
  const rules = config.rules.map((rule) => createRule(rule));
  const readings = createReadings();
  const episode = createEpisode();
  const threshold = config.threshold ?? analyser.threshold;
  let frame = 0;
  let firstMs: number | undefined;
  /** The last window failed: samples are no sign of life then. */
  let failing = false;

  /** Rules look once more at what the run before had not closed with; it was reported then. */
  const remember = () => {
    for (const { atMs, last, outcome } of analyser.past?.(config.threshold) ?? []) {
      firstMs ??= atMs;
      const values = analyser.channels.length > 0 ? { values: last } : {};
      const objects = findingsOf(outcome, { threshold });
      const about = { frame, ptsMs: atMs - firstMs, wall: clock.wall(), outcome, ...values, objects, update: NOBODY };
      for (const rule of rules) rule.evaluate(about);
    }
  };

  /** Everything that may fail on one window. */
  const analyse = async (window: SensorWindow, startedAt: number) => {
    if (frame === 0) remember();
    if (window.restart) analyser.reset();
    const { outcome, inferMs, postprocessMs } = await analyser.run(window, config.threshold);
    const inferred = clock.mono();
    firstMs ??= window.atMs;
    const ptsMs = window.atMs - firstMs;
    const objects = findingsOf(outcome, { threshold });
    const values = analyser.channels.length > 0 ? { values: window.last } : {};
    const observation = { frame: frame++, ptsMs, wall: clock.wall(), outcome, ...values, objects, update: NOBODY };
    const events = rules.flatMap((rule) => rule.evaluate(observation));
    analyser.hold?.(rules.some((rule) => rule.isBusy?.() ?? false));
    for (const event of events) out.onRecord(eventBody(id, observation.frame, ptsMs, event, analyser.channels));
    const endedAt = clock.mono();
    summary.inferred(objects, [], { latency: endedAt - startedAt });
    reportReading(outcome, window, ptsMs, endedAt);
    const preprocess = inferred - startedAt - inferMs - postprocessMs;
    const timing = { decode: 0, preprocess, infer: inferMs, postprocess: postprocessMs + endedAt - inferred };
    out.onResult?.({
      frame: observation.frame,
      ptsMs,
      outcome,
      objects: [],
      timing,
      startedAt,
      endedAt,
      atMs: window.atMs - (window.shiftMs ?? 0),
      ...values,
    });
  };

  const reportReading = (outcome: Outcome, { last }: SensorWindow, ptsMs: number, now: number) => {
    const reading = readings.next(outcome, threshold, now);
    if (outcome.task === 'anomaly' && outcome.anomalous) episode.add({ ptsMs, outcome, values: last });
    else episode.end();
    if (!reading) return;
    const anomaly = outcome.task === 'anomaly' ? anomalyOf(outcome, episode.peak, analyser.channels) : {};
    out.onRecord({ kind: 'reading', stream: id, ptsMs, ...reading, ...anomaly, ...named(analyser.channels, last) });
  };

  const source = open({
    /** Invariant 2. */
    async walk(windows) {
      let startedAt = clock.mono();
      for (const window of windows) {
        report.begin(frame, startedAt);
        try {
          await analyse(window, startedAt);
          failing = false;
        } catch (error) {
          failing = true;
          report.failed(error);
        }
        startedAt = clock.mono();
        report.tick();
      }
    },
    read(samples, dropped) {
      summary.decoded(samples, dropped);
      if (!failing) out.onSign?.(false);
    },
    out,
    onEnd(failure) {
      analyser.close();
      report.flush();
      out.onEnd(failure);
    },
  });

  return {
    // There is no picture.
    watch: () => undefined,
    flush: report.flush,
    live: report.live,
    lastAt: report.lastAt,
    async close() {
      await source.close();
      analyser.close();
      report.flush();
    },
  };
}

/** What a reading says beside the score: what was expected, and how grave an anomaly is that lasts. */
function anomalyOf(
  { parts, expected }: Moment['outcome'],
  peak: Moment | undefined,
  channels: readonly string[],
): Pick<ReadingBody, 'level' | 'contributions' | 'expected'> {
  if (!peak) return byChannel(channels, expected ? { expected } : {}, undefined);
  const { score, threshold, parts: most = parts } = peak.outcome;
  const what = byChannel(channels, { ...(most ? { parts: most } : {}), ...(expected ? { expected } : {}) }, undefined);
  return { level: levelOf(score, threshold), ...what };
}

/** The last values by the names of the channels; none of sound. */
function named(channels: readonly string[], last: readonly number[]): { values?: Record<string, number> } {
  if (channels.length === 0) return {};
  return { values: Object.fromEntries(channels.map((channel, c) => [channel, last[c] ?? 0])) };
}

function analyserOf(
  config: SensorStream | AudioStream,
  engine: WalkParts['engine'],
  clock: WalkParts['clock'],
  onNote: (message: string) => void,
): Analyser {
  if (!('online' in engine)) return analyseByModel(engine);
  return analyseOnline(engine, config.kind === 'sensor' ? onlineChannels(config) : [], clock, onNote);
}

/** There is no picture to take a crop of, and no place in it. */
function eventBody(
  stream: string,
  frame: number,
  ptsMs: number,
  event: RuleEvent,
  channels: readonly string[],
): EventBody {
  const { snapshot: _snapshot, box: _box, path: _path, peak, ...rest } = event;
  return { kind: 'event', stream, ...rest, ...peakOf(peak, channels), frame, ptsMs };
}
