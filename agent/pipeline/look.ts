/**
 * What a walk makes of one picture: the result of the model, or the answer of the gate; and what the rules found with it.
 *
 * Invariants:
 * 1. The tracker does not get gated frames; `judge.ts` shows them to the rules.
 * 2. A frame that fails costs itself. Nothing is known after it: gated frames show nothing until the next analysed one.
 */
import type { GateConfig } from '../../shared/contract/config/gate.ts';
import type { PictureStream } from '../../shared/contract/config/stream.ts';
import type { Detection } from '../../shared/contract/messages/preview.ts';
import type { Box } from '../../shared/contract/names.ts';
import { counts, lowestOf, type Thresholds } from '../../shared/contract/thresholds.ts';
import { type Outcome, objectsOf } from '../../shared/engine/outcome.ts';
import { onward } from './coast.ts';
import { createJudge, type Found, type Shown } from './judge.ts';
import { createHiding, objectsOutside } from './privacy.ts';
import type { Report } from './report.ts';
import { findingsOf } from './sensor/findings.ts';
import type { SourceFrame } from './source/picture/source.ts';
import type { Chance, Tracker } from './stage.ts';
import { ownThresholds, thresholdsInForce } from './thresholds-in-force.ts';
import { createByteTracker } from './track/bytetrack.ts';
import type { ModelWalkParts } from './walk-parts.ts';

/** What came of one frame. */
export interface Look {
  readonly found: readonly Found[];
  readonly objects: readonly Detection[];
  /** What no picture of the frame may show; undefined where that is not known: then there is no picture. */
  readonly hide: readonly Box[] | undefined;
  /** For selectors of samples; undefined: no model saw it. */
  readonly chance: Chance | undefined;
  /** For the gate, of an analysed frame: so long nothing can happen (`Gate.feedBack`); 0 after one that failed. */
  readonly quietMs: number;
}

export interface Looker {
  /** What the source shall make its gate of. */
  readonly gate: false | GateConfig;
  look(frame: SourceFrame): Promise<Look>;
  /** No more frames come: what was found in those that still waited for the next analysed one. */
  finish(): Found[];
}

export function createLooker(
  config: PictureStream,
  { engine, clock, tuned }: Pick<ModelWalkParts, 'engine' | 'clock' | 'tuned'>,
  { out, summary, failed }: Report,
): Looker {
  const inForce = thresholdsInForce(ownThresholds(config, engine.manifest), engine.model, tuned);
  /** Of the frame that is looked at. */
  let floors = inForce();
  const tracker = config.track === false ? untracked : createByteTracker(config.track, () => floors);
  /** The tracker wants weaker detections too; other tasks mean something else by their threshold. */
  const low = config.track !== false && engine.manifest.task === 'detect' ? config.track.low : undefined;
  const floorOf = () =>
    low !== undefined ? Math.min(lowestOf(floors), low) : floors.thresholds ? lowestOf(floors) : config.threshold;
  /** What may happen is known only by tracks of objects; without them every frame that differs is analysed. */
  const gate = config.gate !== false && low === undefined ? { ...config.gate, coastS: 0 } : config.gate;
  const coastMs = gate === false ? 0 : gate.coastS * 1000;
  const judge = createJudge(config.rules);
  const hiding = createHiding(config.privacy?.labels ?? []);
  const outside = objectsOutside(config.ignore);
  let shown: Shown | undefined;
  /** When it was seen, or last confirmed by a frame that shows the same. */
  let shownMs = 0;

  const nothing = (): Look => ({ found: [], objects: [], hide: hiding.last(), chance: undefined, quietMs: 0 });

  const due = ({ frame, ptsMs }: SourceFrame) => ({ frame, ptsMs, wall: clock.wall() });

  const analyse = async (frame: SourceFrame): Promise<Look> => {
    floors = inForce();
    const floor = floorOf();
    const result = await engine.run(frame.tensor, frame.fit, floor, lowestOf(floors));
    const inferred = clock.mono();
    const seen = objectsOf(result.outcome);
    const counted = outside(result.outcome);
    const update = tracker.update(objectsOf(counted), frame.ptsMs, judge.coasting());
    const outcome = low === undefined && !floors.thresholds ? counted : thatCount(counted, floors);
    const found = outcome.task === 'detect' ? outcome.detections : findingsOf(outcome, floors);
    const objects = low === undefined ? found : update.tracked;
    shown = { outcome, found, objects, tracked: update.tracked };
    shownMs = frame.ptsMs;
    const { frame: index, ptsMs, decodeMs, preprocessMs, startedAt } = frame;
    const all = judge.analysed(due(frame), shown, update);
    const quietMs = coastMs > 0 ? judge.quietMs(tracker.moving(), coastMs) : 0;
    const endedAt = clock.mono();
    const times = { latency: endedAt - startedAt, prepare: decodeMs + preprocessMs };
    summary.inferred(objects, update.began, times);
    const postprocess = result.postprocessMs + endedAt - inferred;
    const timing = { decode: decodeMs, preprocess: preprocessMs, infer: result.inferMs, postprocess };
    out.onResult?.({ frame: index, ptsMs, outcome, objects, timing, startedAt, endedAt });
    const weak = objectsOf(counted).filter((one) => !counts(floors, one));
    const chance = { frame: index, ptsMs, outcome, seen: [...objects, ...weak], ...floors, floor: low && floor };
    return { found: all, objects, hide: hiding.seen(seen, tracker.moving()), chance, quietMs };
  };

  /** Until the next analysed frame, tracks are taken to go on as they went. */
  const answer = (frame: SourceFrame): Look => {
    summary.gated();
    if (!shown) return nothing();
    out.onSign?.(true);
    // What follows a coasted frame and looks like the analysed one before it has moved there and back.
    if (frame.gated === 'reuse' && judge.coasting() === 0) {
      shownMs = frame.ptsMs;
      return {
        found: judge.same(due(frame)),
        objects: shown.objects,
        hide: hiding.last(),
        chance: undefined,
        quietMs: 0,
      };
    }
    judge.coast(due(frame));
    const objects = onward(shown.tracked, tracker.moving(), frame.ptsMs - shownMs);
    return { found: [], objects, hide: hiding.moved(objects), chance: undefined, quietMs: 0 };
  };

  return {
    gate,
    async look(frame) {
      try {
        return frame.gated ? answer(frame) : await analyse(frame);
      } catch (error) {
        failed(error);
        shown = undefined;
        judge.forget();
        hiding.forget();
        return nothing();
      }
    },
    finish: judge.finish,
  };
}

/** Without a tracker every detection stands alone. */
const untracked: Tracker = { update: () => ({ tracked: [], began: [], ended: [] }), moving: () => [] };

/** The other detections are for the tracker alone. */
function thatCount(outcome: Outcome, thresholds: Thresholds): Outcome {
  if (outcome.task !== 'detect') return outcome;
  return { task: 'detect', detections: outcome.detections.filter((d) => counts(thresholds, d)) };
}
