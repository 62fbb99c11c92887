/** A model package and a picture in, detections out: what runners, second opinions and `infer` share. */
import { z } from 'zod';
import type { ModelRef } from '../contract/messages/record.ts';
import type { ModelManifest } from '../contract/model-manifest.ts';
import type { Clock } from '../kit/clock.ts';
import { CodedError } from '../kit/errors.ts';
import { complaintsOf, describeComplaints } from '../kit/schema.ts';
import type { Candidate, Head } from './heads/head.ts';
import { suppress } from './heads/nms.ts';
import { headOfKind } from './heads/registry.ts';
import { openSession, type Session } from './infer/session.ts';
import type { Outcome } from './outcome.ts';
import { channelsOf } from './package/check.ts';
import { chooseVariant, type LoadedVariant, loadVariant, type ModelPackage, readPackage } from './package/package.ts';
import { type Fit, toFrameBox } from './preprocess/fit.ts';

export interface EngineResult {
  readonly outcome: Outcome;
  readonly inferMs: number;
  readonly postprocessMs: number;
}

export interface Engine {
  readonly manifest: ModelManifest;
  readonly model: ModelRef;
  /**
   * @param tensor one input as `createTensorWriter` writes it
   * @param fit how the frame lies in it
   * @param threshold score floor instead of the manifest's
   * @throws CodedError `model-failed`
   */
  run(tensor: Float32Array, fit: Fit, threshold?: number): Promise<EngineResult>;
  close(): Promise<void>;
}

export interface EngineOptions {
  readonly dir: string;
  /** `auto` or a precision. */
  readonly variant: string;
  readonly threads: number;
}

/** @throws CodedError `model-invalid` for a package, graph or head that does not fit together */
export async function openEngine(options: EngineOptions, clock: Clock): Promise<Engine> {
  const pack = await readPackage(options.dir);
  const loaded = await loadVariant(pack, chooseVariant(pack.manifest, options.variant));
  const head = createHead(pack, loaded);
  if (head.task !== taskOf(pack.manifest)) {
    const says = `task says "${pack.manifest.task}", head.kind "${pack.manifest.head.kind}" answers "${head.task}"`;
    throw new CodedError('model-invalid', `${options.dir}: ${says}`);
  }
  const session = await openSession(loaded.bytes, { threads: options.threads, outputs: head.outputs });
  return createEngine(pack, loaded, head, session, clock);
}

/** The task of the outcomes: an audio model answers with classes. */
function taskOf({ task }: ModelManifest): Outcome['task'] {
  return task === 'audio' ? 'classify' : task;
}

function createHead(pack: ModelPackage, loaded: LoadedVariant): Head {
  const { kind, ...options } = pack.manifest.head;
  const { width, height } = pack.manifest.input;
  try {
    return headOfKind(kind).create(options, {
      inputWidth: width,
      inputHeight: height,
      labels: pack.labels.length,
      outputs: loaded.graph.outputs,
    });
  } catch (error) {
    if (error instanceof z.ZodError) {
      throw new CodedError('model-invalid', `${pack.dir}: ${describeComplaints(complaintsOf(error, options, 'head'))}`);
    }
    if (error instanceof CodedError) throw new CodedError(error.code, `${pack.dir}: ${error.message}`);
    throw error;
  }
}

function createEngine(pack: ModelPackage, loaded: LoadedVariant, head: Head, session: Session, clock: Clock): Engine {
  const { manifest, labels } = pack;
  const { width, height, layout, color } = manifest.input;
  const channels = channelsOf(color);
  const shape = layout === 'nchw' ? [1, channels, height, width] : [1, height, width, channels];
  const detected = (candidates: readonly Candidate[], overlapping: boolean, fit: Fit): Outcome => {
    const kept = overlapping ? suppress(candidates, manifest.iou) : candidates.toSorted((a, b) => b.score - a.score);
    const detections = kept.map((c) => ({
      label: labels[c.label] ?? String(c.label),
      score: c.score,
      box: toFrameBox(fit, c.x1, c.y1, c.x2, c.y2),
    }));
    return { task: 'detect', detections };
  };
  return {
    manifest,
    model: { name: manifest.name, version: manifest.version, digest: loaded.digest, variant: loaded.variant.precision },
    async run(tensor, fit, threshold = manifest.threshold) {
      const start = clock.mono();
      const outputs = await session.run(tensor, shape);
      const inferred = clock.mono();
      const outcome =
        head.task === 'detect'
          ? detected(head.decode(outputs, threshold), head.suppress ?? true, fit)
          : head.decode(outputs, { tensor, labels, threshold });
      return {
        outcome,
        inferMs: inferred - start,
        postprocessMs: clock.mono() - inferred,
      };
    },
    close: () => session.close(),
  };
}
