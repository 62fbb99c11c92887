/**
 * The walk of a stream of pictures: source (and gate) → engine → track → rules ⇒ records.
 *
 * Invariants:
 * 1. Frames are analysed in order, one at a time; events leave in the order in which they happened.
 * 2. Every frame that the source gives is released exactly once, after the pictures that are wanted of it are asked for.
 * 3. With each analysed frame the source is given for how long nothing can happen; with one that failed, 0.
 * 4. Closing analyses what has been handed over, and makes its pictures, before it ends.
 */
import type { PictureStream } from '../../shared/contract/config/stream.ts';
import { isImageInput } from '../../shared/contract/model-manifest.ts';
import { inTime } from '../../shared/kit/deadline.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import { createLooker } from './look.ts';
import type { Report } from './report.ts';
import { createSamples, noSamples } from './samples.ts';
import { createSnapshots } from './snapshots.ts';
import type { Failure, SourceFrame } from './source/picture/source.ts';
import { ownThresholds, thresholdsInForce } from './thresholds-in-force.ts';
import type { ModelWalkParts, Walk } from './walk-parts.ts';

/** One in inference, one ready, one being made: inference never waits. */
const FAST_IN_FLIGHT = 3;
/** One in inference and one ready: a third would only be older when its turn comes. */
const LIVE_IN_FLIGHT = 2;
/** A source that does not end by then is left. */
const DRAIN_MS = 3000;

/** @throws CodedError `config-invalid` for a model that takes no pictures */
export function startPictureWalk(id: string, config: PictureStream, parts: ModelWalkParts, report: Report): Walk {
  const { clock, engine } = parts;
  const { input, name } = engine.manifest;
  if (!isImageInput(input)) {
    const message = `${name} takes no pictures; a stream with it needs \`kind: sensor\` or \`kind: audio\``;
    throw new CodedError('config-invalid', message);
  }
  const { out, summary } = report;
  const looker = createLooker(config, parts, report);
  const snapshots = createSnapshots(id, clock, out);
  const inForce = thresholdsInForce(ownThresholds(config, engine.manifest), engine.model, parts.tuned);
  const about = { inForce, labels: engine.labels, memory: parts.memory };
  const samples = config.escalate ? createSamples(id, config.escalate, about, out) : noSamples;
  const queue: SourceFrame[] = [];
  let walking = false;
  let ended = false;
  /** What is left to do when the frame that is being analysed is through. */
  let ending: (() => void) | undefined;
  let closing: (() => void) | undefined;

  const walkOn = async () => {
    walking = true;
    for (let frame = queue.shift(); frame; frame = queue.shift()) {
      report.begin(frame.frame, frame.startedAt);
      summary.decoded(frame.decoded, frame.dropped, frame.thinned);
      const look = await looker.look(frame);
      snapshots.release(source, frame, look, samples.ask(source, frame, look));
      report.tick();
    }
    walking = false;
    ending?.();
  };

  const end = (failure: Failure | undefined) => {
    ended = true;
    snapshots.report(looker.finish());
    report.flush();
    void Promise.all([snapshots.made(), samples.made()]).then(() => (closing ? closing() : out.onEnd(failure)));
  };

  const source = parts.openSource(
    {
      source: config.source,
      input,
      gate: { gate: looker.gate, active: config.active },
      ...(config.privacy ? { privacy: config.privacy } : {}),
      inFlight: config.source.pace === 'fast' ? FAST_IN_FLIGHT : LIVE_IN_FLIGHT,
      ...(config.fps === undefined ? {} : { fps: config.fps }),
    },
    {
      onOpened: out.onOpened,
      onProblem: out.onProblem,
      ...(out.onWaiting ? { onWaiting: out.onWaiting } : {}),
      ...(out.onNote ? { onNote: out.onNote } : {}),
      ...(out.onPictureFault ? { onPictureFault: out.onPictureFault } : {}),
      onResting: () => out.onSign?.(false),
      onFrame(frame) {
        queue.push(frame);
        if (!walking) void walkOn();
      },
      onEnd(failure) {
        if (walking) ending = () => end(failure);
        else end(failure);
      },
    },
  );

  return {
    watch: snapshots.watch,
    flush: report.flush,
    live: report.live,
    lastAt: report.lastAt,
    async close() {
      // Invariant 4.
      const drained = new Promise<void>((resolve) => {
        closing = resolve;
        if (ended) resolve();
        else source.finish();
      });
      await inTime(clock, DRAIN_MS, drained, () => undefined);
      await source.close();
      await Promise.all([snapshots.made(), samples.made()]);
      report.flush();
    },
  };
}
