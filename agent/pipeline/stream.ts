/**
 * The walk of one stream: source (and gate) → engine → track → rules ⇒ records.
 *
 * Invariants:
 * 1. Frames are analysed in order, one at a time; events leave in the order in which they happened.
 * 2. Every frame that the source gives is released exactly once, after the pictures that were wanted of it are made.
 * 3. A frame that fails costs itself: it is counted, reported, and the walk goes on.
 * 4. The tracker does not hear of gated frames; what rules make of them is the judge's business (`judge.ts`).
 * 5. Of each analysed frame the source hears for how long nothing can happen; of one that failed, that nothing is known.
 * 6. Closing analyses what has been handed over, and makes its pictures, before it ends.
 */
import type { PictureStream } from '../../shared/contract/config/stream.ts';
import type { Detection } from '../../shared/contract/messages/preview.ts';
import { imageInputOf } from '../../shared/contract/model-manifest.ts';
import type { Engine } from '../../shared/engine/engine.ts';
import { type Outcome, objectsOf } from '../../shared/engine/outcome.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { CodedError, messageOf } from '../../shared/kit/errors.ts';
import { onward } from './coast.ts';
import { eventBody, widen } from './event-body.ts';
import { createJudge, type Found, type Shown } from './judge.ts';
import type { WalkOutputs } from './outputs.ts';
import { findingsOf } from './sensor/findings.ts';
import type { Source, SourceEvents, SourceFrame, SourceOptions } from './source/source.ts';
import type { Tracker } from './stage.ts';
import { createVoice } from './standby.ts';
import { createSummary } from './summary.ts';
import { createByteTracker } from './track/bytetrack.ts';

export interface WalkParts {
  readonly engine: Engine;
  readonly openSource: (options: SourceOptions, events: SourceEvents) => Source;
  readonly clock: Clock;
  /** Look at everything and say nothing until `live` (standby.ts). */
  readonly standby?: boolean;
}

export interface Walk {
  /** Sends previews of at most `fps` a second and this width, until the moment `until` of the monotonic clock. */
  watch(until: number, fps: number, width: number): void;
  /** Writes out the summary of the interval so far. */
  flush(): void;
  /** Ends the standby: speaks of the frames whose decoding began after this moment of `Clock.mono`. */
  live(after: number): void;
  /** When the decoding of the last frame began; undefined before the first. */
  lastAt(): number | undefined;
  close(): Promise<void>;
}

/** What came of one frame. */
interface Look {
  readonly found: readonly Found[];
  readonly objects: readonly Detection[];
  /** For the gate; of an analysed frame. */
  readonly quietMs: number;
}

const NOTHING: Look = { found: [], objects: [], quietMs: 0 };

/** One in inference, one ready, one being made: inference never waits. */
const FAST_IN_FLIGHT = 3;
/** One in inference and one ready: a third would only be older when its turn comes. */
const LIVE_IN_FLIGHT = 2;
const CROP_SIDE = 320;
/** A source that does not end by then is left. */
const DRAIN_MS = 3000;

export function startWalk(id: string, config: PictureStream, parts: WalkParts, outputs: WalkOutputs): Walk {
  const { engine, clock } = parts;
  const voice = createVoice(outputs, createSummary(), parts.standby ?? false);
  const { out, summary } = voice;
  const threshold = config.threshold ?? engine.manifest.threshold;
  const tracker = config.track === false ? untracked : createByteTracker(config.track, threshold);
  /** The tracker wants weaker detections too; other tasks mean something else by their threshold. */
  const low = config.track !== false && engine.manifest.task === 'detect' ? config.track.low : undefined;
  const floor = low === undefined ? config.threshold : Math.min(threshold, low);
  const judge = createJudge(config.rules);
  /** Only tracks of objects tell what may happen; without them every frame that differs is analysed. */
  const gate = config.gate !== false && low === undefined ? { ...config.gate, coastS: 0 } : config.gate;
  const coastMs = gate === false ? 0 : gate.coastS * 1000;
  const queue: SourceFrame[] = [];
  let shown: Shown | undefined;
  /** When it was seen, or last confirmed by a frame that shows the same. */
  let shownMs = 0;
  let summaryFrom = clock.mono();
  let walking = false;
  let ending: (() => void) | undefined;
  let closing: (() => void) | undefined;
  let watched = { until: 0, stepMs: 0, width: 0, next: 0 };
  /** Pictures in the making; keeps events in order. */
  let pictures: Promise<void> = Promise.resolve();

  /** Everything that may fail on one frame. */
  const analyse = async (frame: SourceFrame): Promise<Look> => {
    const result = await engine.run(frame.tensor, frame.fit, floor);
    const inferred = clock.mono();
    const update = tracker.update(objectsOf(result.outcome), frame.ptsMs, judge.coasting());
    const outcome = low === undefined ? result.outcome : atLeast(result.outcome, threshold);
    const found = outcome.task === 'detect' ? outcome.detections : findingsOf(outcome, threshold);
    const objects = low === undefined ? found : update.tracked;
    shown = { outcome, found, objects, tracked: update.tracked };
    shownMs = frame.ptsMs;
    const { frame: index, ptsMs, decodeMs, preprocessMs, startedAt } = frame;
    const all = judge.analysed(due(frame), shown, update);
    const quietMs = coastMs > 0 ? judge.quietMs(tracker.moving(), coastMs) : 0;
    const endedAt = clock.mono();
    summary.inferred(objects, update.began, endedAt - frame.startedAt);
    const postprocess = result.postprocessMs + endedAt - inferred;
    const timing = { decode: decodeMs, preprocess: preprocessMs, infer: result.inferMs, postprocess };
    out.onResult?.({ frame: index, ptsMs, outcome, objects, timing, startedAt, endedAt });
    return { found: all, objects, quietMs };
  };

  const due = ({ frame, ptsMs }: SourceFrame) => ({ frame, ptsMs, wall: clock.wall() });

  /** Until the next analysed frame tells more, tracks go on as they went. */
  const answer = (frame: SourceFrame): Look => {
    summary.gated();
    if (!shown) return NOTHING;
    // What follows a coasted frame and looks like the analysed one before it has moved there and back.
    if (frame.gated === 'reuse' && judge.coasting() === 0) {
      shownMs = frame.ptsMs;
      return { ...NOTHING, found: judge.same(due(frame)), objects: shown.objects };
    }
    judge.coast(due(frame));
    return { ...NOTHING, objects: onward(shown.tracked, tracker.moving(), frame.ptsMs - shownMs) };
  };

  /** Invariant 3. */
  const lookOrReport = async (frame: SourceFrame): Promise<Look> => {
    try {
      return frame.gated ? answer(frame) : await analyse(frame);
    } catch (error) {
      summary.failed();
      shown = undefined;
      judge.forget();
      out.onTrouble(error instanceof CodedError ? error.code : 'internal', messageOf(error), 1);
      return NOTHING;
    }
  };

  /** Lets the frame go; the pictures that it owes are made in the background. */
  const release = (frame: SourceFrame, { found, objects, quietMs }: Look) => {
    const previewed = previewDue();
    if (found.length === 0 && !previewed) return source.release(frame, quietMs);
    const crops = found.map(({ event }) => {
      // What happened while nobody looked is shown where it is by now.
      const box = objects.find((o) => o.track !== undefined && o.track === event.track)?.box ?? event.box;
      return event.snapshot ? source.picture(frame, box ? widen(box) : [0, 0, 1, 1], CROP_SIDE) : undefined;
    });
    const whole = previewed ? source.picture(frame, [0, 0, 1, 1], watched.width) : undefined;
    // Requests are answered in order and before the release, which is sent after them.
    source.release(frame, quietMs);
    pictures = pictures.then(async () => {
      for (const [index, { event, at }] of found.entries()) out.onRecord(eventBody(id, at, event, await crops[index]));
      const made = await whole;
      if (!made) return;
      const { width, height } = made;
      const detections = objects.map(({ label, score, box, ...rest }) => ({ label, score, box, ...rest }));
      out.onPreview({ stream: id, frame: frame.frame, ptsMs: frame.ptsMs, width, height, detections }, made.jpeg);
    });
  };

  const previewDue = (): boolean => {
    const now = clock.mono();
    if (now > watched.until || now < watched.next) return false;
    watched.next = Math.max(watched.next + watched.stepMs, now);
    return true;
  };

  const flush = () => {
    const now = clock.mono();
    const totals = summary.take(Math.max(1, now - summaryFrom));
    summaryFrom = now;
    if (totals) out.onRecord({ kind: 'summary', stream: id, ...totals });
  };

  const walkOn = async () => {
    walking = true;
    for (let frame = queue.shift(); frame; frame = queue.shift()) {
      voice.begin(frame.frame, frame.startedAt);
      summary.decoded(frame.decoded, frame.dropped);
      release(frame, await lookOrReport(frame));
      if (clock.mono() - summaryFrom >= config.summaryS * 1000) flush();
    }
    walking = false;
    ending?.();
  };

  const source = parts.openSource(
    {
      source: config.source,
      input: imageInputOf(engine.manifest),
      gate: { gate, active: config.active },
      inFlight: config.source.pace === 'fast' ? FAST_IN_FLIGHT : LIVE_IN_FLIGHT,
      ...(config.fps === undefined ? {} : { fps: config.fps }),
    },
    {
      onOpened: out.onOpened,
      onTrouble: out.onTrouble,
      ...(out.onWaiting ? { onWaiting: out.onWaiting } : {}),
      ...(out.onNote ? { onNote: out.onNote } : {}),
      onFrame(frame) {
        queue.push(frame);
        if (!walking) void walkOn();
      },
      onEnd(failure) {
        const finish = () => {
          const left = judge.settle();
          pictures = pictures.then(() => {
            for (const { event, at } of left) out.onRecord(eventBody(id, at, event, undefined));
          });
          flush();
          void pictures.then(() => (closing ? closing() : out.onEnd(failure)));
        };
        if (walking) ending = finish;
        else finish();
      },
    },
  );

  return {
    watch(until, fps, width) {
      watched = { ...watched, until, stepMs: 1000 / fps, width };
    },
    flush,
    live(after) {
      summaryFrom = clock.mono();
      voice.live(after);
    },
    lastAt: voice.lastAt,
    async close() {
      // Invariant 6.
      await new Promise<void>((resolve) => {
        const cancel = clock.after(DRAIN_MS, resolve);
        closing = () => {
          cancel();
          resolve();
        };
        source.finish();
      });
      await source.close();
      await pictures;
      flush();
    },
  };
}

/** Without a tracker every detection stands alone. */
const untracked: Tracker = { update: () => ({ tracked: [], began: [], ended: [] }), moving: () => [] };

/** What the tracker alone was to see is nobody else's business. */
function atLeast(outcome: Outcome, threshold: number): Outcome {
  if (outcome.task !== 'detect') return outcome;
  return { task: 'detect', detections: outcome.detections.filter((d) => d.score >= threshold) };
}
