/**
 * Many gates over one clip: it is decoded and analysed once, frame by frame, and then played through the real gate, walk,
 * tracker and rules as often as wanted; only the decode thread and the session are left out.
 */

import { createGate } from '../../agent/pipeline/gate/gate.ts';
import type { EventBody, SampleBody } from '../../agent/pipeline/outputs.ts';
import { createRateLimit } from '../../agent/pipeline/source/picture/pacing.ts';
import { startWalk } from '../../agent/pipeline/walk.ts';
import type { WalkParts } from '../../agent/pipeline/walk-parts.ts';
import { gateConfig } from '../../shared/contract/config/gate.ts';
import type { PictureStream } from '../../shared/contract/config/stream.ts';
import { isImageInput } from '../../shared/contract/model-manifest.ts';
import { type Engine, openEngine } from '../../shared/engine/engine.ts';
import { createPixelScaler } from '../../shared/engine/frames/pixels.ts';
import { allocFrame, openVideo } from '../../shared/engine/frames/reader.ts';
import type { Outcome } from '../../shared/engine/outcome.ts';
import { type Fit, fitFrame } from '../../shared/engine/preprocess/fit.ts';
import { createTensorWriter } from '../../shared/engine/preprocess/tensor.ts';
import { systemClock } from '../../shared/kit/clock.ts';

export interface RecordedFrame {
  readonly ptsMs: number;
  readonly luma: Uint8Array;
  readonly outcome: Outcome;
}

export interface Recording {
  readonly engine: Engine;
  readonly fit: Fit;
  readonly frames: readonly RecordedFrame[];
}

export interface Run {
  readonly events: readonly EventBody[];
  /** Analysed or answered by the gate, and analysed. */
  readonly frames: number;
  readonly inferred: number;
}

/** What the tracker hears of at least. */
const FLOOR = 0.1;

export async function record(model: string, clip: string): Promise<Recording> {
  const engine = await openEngine({ dir: model, variant: 'fp32', threads: 1 }, systemClock);
  const { input } = engine.manifest;
  const plane = createGate({ gate: gateConfig.parse({}) })?.plane;
  if (!isImageInput(input) || !plane) throw new Error(`${model} takes no pictures`);
  const reader = await openVideo(
    { from: 'file', url: clip, shown: clip, waits: false },
    {
      onUndecodable(message) {
        throw new Error(message);
      },
    },
  );
  const scaler = createPixelScaler();
  const writer = createTensorWriter(input);
  const tensor = new Float32Array(writer.size);
  const picture = allocFrame();
  const frames: RecordedFrame[] = [];
  for (let ptsMs = await reader.next(picture); ptsMs !== undefined; ptsMs = await reader.next(picture)) {
    const fit = fitFrame(picture.width, picture.height, input);
    writer.write(scaler.scale(picture, fit.width, fit.height, writer.order), fit, tensor);
    const { outcome } = await engine.run(tensor, fit, FLOOR);
    const [luma = new Uint8Array(0)] = scaler.scale(picture, plane.width, plane.height, 'gray');
    frames.push({ ptsMs, luma: Uint8Array.from(luma), outcome });
  }
  const fit = fitFrame(picture.width, picture.height, input);
  picture.free();
  scaler.close();
  reader.close();
  await engine.close();
  return { engine, fit, frames };
}

/** @param onSample told of each sample; its picture is empty */
export function replay(
  recording: Recording,
  config: PictureStream,
  onSample?: (body: SampleBody, worth: number) => void,
): Promise<Run> {
  const events: EventBody[] = [];
  let counts = { frames: 0, inferred: 0 };
  return new Promise((resolve, reject) => {
    startWalk('replay', config, parts(recording), {
      onOpened: () => undefined,
      onPreview: () => undefined,
      onSample: (body, _jpeg, worth) => onSample?.(body, worth),
      onProblem: (code, message) => reject(new Error(`${code}: ${message}`)),
      onRecord(body) {
        if (body.kind === 'event') events.push(body);
        if (body.kind === 'summary') counts = { frames: body.inferred + body.gated, inferred: body.inferred };
      },
      onEnd: () => resolve({ events, ...counts }),
    });
  });
}

/** A source that gives the recorded frames, and an engine that knows them by their number. */
function parts({ engine, fit, frames }: Recording): WalkParts {
  return {
    clock: systemClock,
    engine: {
      ...engine,
      async run([index = 0]) {
        const outcome = frames[index]?.outcome;
        if (!outcome) throw new Error(`no frame ${index}`);
        return { outcome, inferMs: 0, postprocessMs: 0 };
      },
    },
    openSource(options, { onFrame, onEnd }) {
      const gate = options.gate && createGate(options.gate);
      const passes = createRateLimit(options.fps);
      let released: (() => void) | undefined;
      const play = async () => {
        for (const [frame, { ptsMs, luma }] of frames.entries()) {
          if (!passes(ptsMs)) continue;
          const { width, height } = gate?.plane ?? { width: 0, height: 0 };
          const decision = gate?.decide({ luma, width, height, ptsMs, wall: ptsMs }) ?? 'analyse';
          if (decision === 'skip') continue;
          const times = {
            decodeMs: 0,
            preprocessMs: 0,
            startedAt: systemClock.mono(),
            decoded: 1,
            dropped: 0,
            thinned: 0,
          };
          const common = { frame, ptsMs, fit, ...times, tensor: Float32Array.of(frame) };
          await new Promise<void>((resolve) => {
            released = resolve;
            onFrame(decision === 'analyse' ? common : { ...common, gated: decision });
          });
        }
        onEnd();
      };
      void play();
      return {
        release({ gated }, quietMs) {
          if (!gated) gate?.feedBack(quietMs);
          released?.();
        },
        picture: () => Promise.resolve({ jpeg: new Uint8Array(0), width: 16, height: 16 }),
        finish: () => undefined,
        close: () => Promise.resolve(),
      };
    },
  };
}
