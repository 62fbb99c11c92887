/** Entry of the process that gives second opinions (runner.ts): the engine of the edge, with a bigger model. It prints nothing. */

import { MAX_SAMPLE_SIDE } from '../../shared/contract/messages/sample.ts';
import { isImageInput } from '../../shared/contract/model-manifest.ts';
import { BOXES_ONLY, type Engine, openEngine, type SessionWanted } from '../../shared/engine/engine.ts';
import { createPixelScaler } from '../../shared/engine/frames/pixels.ts';
import { allocFrame } from '../../shared/engine/frames/reader.ts';
import { createStillDecoder } from '../../shared/engine/frames/still.ts';
import { objectsOf } from '../../shared/engine/outcome.ts';
import { fitFrame } from '../../shared/engine/preprocess/fit.ts';
import { createTensorWriter } from '../../shared/engine/preprocess/tensor.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { goFirst } from '../../shared/kit/go-first.ts';
import { HASH_HEIGHT, HASH_WIDTH, likenessOf } from './likeness.ts';
import type { LookAnswer, LookOrder } from './runner.ts';
import { openServed, ServingError } from './served.ts';

/** Its parts live as long as the process. */
function createLook(): (order: LookOrder) => Promise<LookAnswer> {
  const clock = systemClock;
  const decoder = createStillDecoder(MAX_SAMPLE_SIDE * MAX_SAMPLE_SIDE);
  const scaler = createPixelScaler();
  const frame = allocFrame();
  let opened: { readonly key: string; readonly engine: Engine } | undefined;

  async function engineOf({ dir, served }: LookOrder): Promise<Engine> {
    const key = JSON.stringify([dir, served]);
    if (opened?.key !== key) {
      const open = served && ((wanted: SessionWanted) => openServed(served, wanted));
      const options = { dir, variant: 'auto', threads: 1, ...(open ? { open } : {}) };
      opened = { key, engine: await openEngine(options, clock) };
    }
    return opened.engine;
  }

  const away = ({ message, waitS, isBusy }: ServingError): LookAnswer => {
    // What it serves may be another model when it is back.
    opened = undefined;
    return { type: 'failed', why: isBusy ? 'busy' : 'engine', message, waitS };
  };

  async function look(order: LookOrder): Promise<LookAnswer> {
    const { jpeg, served } = order;
    let engine: Engine;
    try {
      engine = await engineOf(order);
    } catch (error) {
      if (error instanceof ServingError) return away(error);
      return { type: 'failed', why: 'model', message: messageOf(error) };
    }
    const { input, name, version } = engine.manifest;
    if (!isImageInput(input)) return { type: 'failed', why: 'model', message: `${name} takes no pictures` };
    const began = clock.mono();
    try {
      decoder.decode(jpeg, frame);
      const hash = likenessOf(scaler.scale(frame, HASH_WIDTH, HASH_HEIGHT, 'gray')[0] ?? new Uint8Array());
      const fit = fitFrame(frame.width, frame.height, input);
      const writer = createTensorWriter(input);
      const tensor = new Float32Array(writer.size);
      writer.write(scaler.scale(frame, fit.width, fit.height, writer.order), fit, tensor);
      const { outcome } = await engine.run(tensor, fit, undefined, BOXES_ONLY);
      const detections = [...objectsOf(outcome)];
      const model = `${name}@${version} (${served ? new URL(served.url).host : engine.model.variant})`;
      return { type: 'seen', model, labels: engine.labels, detections, ms: clock.mono() - began, hash };
    } catch (error) {
      if (error instanceof ServingError) return away(error);
      return { type: 'failed', why: 'picture', message: messageOf(error) };
    } finally {
      frame.unref();
    }
  }

  return look;
}

if (!process.send) throw new Error('inference/runner-child.js is started by the hub, not by hand');
goFirst();
const look = createLook();
process.on('message', (order: LookOrder) => {
  void look(order).then((answer) => process.send?.(answer, () => undefined));
});
process.once('disconnect', () => process.exit(0));
process.once('SIGTERM', () => process.exit(0));
