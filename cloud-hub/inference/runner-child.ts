/** Entry of a process that gives second opinions (runner.ts): the engine of the edge, with a bigger model. It prints nothing. */

import { MAX_SAMPLE_SIDE } from '../../shared/contract/messages/sample.ts';
import { type ImageInput, isImageInput } from '../../shared/contract/model-manifest.ts';
import { BOXES_ONLY, type Engine, openEngine, type SessionWanted } from '../../shared/engine/engine.ts';
import { createPixelScaler } from '../../shared/engine/frames/pixels.ts';
import { allocFrame } from '../../shared/engine/frames/reader.ts';
import { createStillDecoder } from '../../shared/engine/frames/still.ts';
import { objectsOf } from '../../shared/engine/outcome.ts';
import { type Fit, fitFrame } from '../../shared/engine/preprocess/fit.ts';
import { createTensorWriter, type TensorWriter } from '../../shared/engine/preprocess/tensor.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { goFirst } from '../../shared/kit/go-first.ts';
import { type Batching, tryBatches } from './batching.ts';
import { HASH_HEIGHT, HASH_WIDTH, likenessOf } from './likeness.ts';
import type { LookAnswer, Looked, LookOrder } from './runner.ts';
import { openServed } from './served.ts';
import { openGrpc } from './served-grpc.ts';
import { ServingError } from './serving.ts';

interface Opened {
  readonly key: string;
  readonly engine: Engine;
  readonly input: ImageInput;
  readonly writer: TensorWriter;
  readonly batching: Batching;
}

/** A picture as the model takes it. */
interface Prepared {
  readonly tensor: Float32Array;
  readonly fit: Fit;
  readonly hash: string;
  readonly ms: number;
}

/** Its parts live as long as the process. */
function createLook(): (order: LookOrder) => Promise<Looked> {
  const clock = systemClock;
  const decoder = createStillDecoder(MAX_SAMPLE_SIDE * MAX_SAMPLE_SIDE);
  const scaler = createPixelScaler();
  const frame = allocFrame();
  let opened: Opened | undefined;

  async function open({ dir, served, batch }: LookOrder): Promise<Opened> {
    const key = JSON.stringify([dir, served]);
    if (opened?.key === key) return opened;
    const by =
      served &&
      ((wanted: SessionWanted) =>
        served.url.startsWith('grpc') ? openGrpc(served, wanted, clock) : openServed(served, wanted));
    // A serving engine makes batches of its own, out of all that it is asked.
    const options = { dir, variant: 'auto', threads: 1, ...(by ? { open: by } : { batch }) };
    const engine = await openEngine(options, clock);
    const { input, name } = engine.manifest;
    if (!isImageInput(input)) throw new Error(`${name} takes no pictures`);
    const writer = createTensorWriter(input);
    const fit = fitFrame(input.width, input.height, input);
    const batching: Batching = served
      ? { most: 1, reason: 'the serving engine makes its own' }
      : await tryBatches(engine, { size: writer.size, fit, asked: batch, clock });
    opened = { key, engine, input, writer, batching };
    return opened;
  }

  /** @throws Error: the picture cannot be decoded */
  function prepare({ input, writer }: Opened, jpeg: Uint8Array): Prepared {
    const began = clock.mono();
    try {
      decoder.decode(jpeg, frame);
      const hash = likenessOf(scaler.scale(frame, HASH_WIDTH, HASH_HEIGHT, 'gray')[0] ?? new Uint8Array());
      const fit = fitFrame(frame.width, frame.height, input);
      const tensor = new Float32Array(writer.size);
      writer.write(scaler.scale(frame, fit.width, fit.height, writer.order), fit, tensor);
      return { tensor, fit, hash, ms: clock.mono() - began };
    } finally {
      frame.unref();
    }
  }

  async function run({ engine }: Opened, served: LookOrder['served'], ready: Prepared): Promise<LookAnswer> {
    const { name, version } = engine.manifest;
    const { outcome, inferMs, postprocessMs } = await engine.run(ready.tensor, ready.fit, undefined, BOXES_ONLY);
    const model = `${name}@${version} (${served ? new URL(served.url).host : engine.model.variant})`;
    const ms = ready.ms + inferMs + postprocessMs;
    return { type: 'seen', model, labels: engine.labels, detections: [...objectsOf(outcome)], ms, hash: ready.hash };
  }

  const failed = (error: unknown): LookAnswer => {
    if (!(error instanceof ServingError)) return { type: 'failed', why: 'picture', message: messageOf(error) };
    // What it serves may be another model when it is back.
    opened = undefined;
    const { message, waitS, isBusy } = error;
    return { type: 'failed', why: isBusy ? 'busy' : 'engine', message, waitS };
  };

  return async (order) => {
    const { jpegs, served } = order;
    let model: Opened;
    try {
      model = await open(order);
    } catch (error) {
      const answer: LookAnswer =
        error instanceof ServingError ? failed(error) : { type: 'failed', why: 'model', message: messageOf(error) };
      return { answers: jpegs.map(() => answer) };
    }
    // All are ready before the first runs, so that they run together.
    const pictures = jpegs.map((jpeg): Prepared | LookAnswer => {
      try {
        return prepare(model, jpeg);
      } catch (error) {
        return failed(error);
      }
    });
    const answers = await Promise.all(
      pictures.map(async (one) => {
        if (!('tensor' in one)) return one;
        try {
          return await run(model, served, one);
        } catch (error) {
          return error instanceof ServingError || jpegs.length === 1 ? failed(error) : one;
        }
      }),
    );
    // A run that failed says nothing of each picture in it.
    for (const [index, one] of answers.entries())
      if ('tensor' in one) answers[index] = await run(model, served, one).catch(failed);
    return { answers: answers.filter((one): one is LookAnswer => !('tensor' in one)), batching: model.batching };
  };
}

if (!process.send) throw new Error('inference/runner-child.js is started by the hub, not by hand');
goFirst();
const look = createLook();
process.on('message', (order: LookOrder) => {
  look(order).then(
    (answer) => process.send?.(answer, () => undefined),
    // The hub sees that it ended, and says so.
    () => process.exit(1),
  );
});
process.once('disconnect', () => process.exit(0));
process.once('SIGTERM', () => process.exit(0));
