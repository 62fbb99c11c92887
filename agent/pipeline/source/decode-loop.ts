/**
 * The body of the decode thread: reads, paces, drops or hands over. Synchronous from end to end; between frames it hears
 * the walk's requests.
 *
 * Invariants:
 * 1. At most `inFlight` tensors are with the walk; each comes back by `release`, with the frame that it was made of.
 * 2. pace `fast`: no frame is dropped, the loop waits for a tensor. pace `pts`: the file's own clock rules; while all
 *    tensors are out, the newest frame waits and older ones are dropped and counted.
 * 3. A frame stays decoded (for pictures) until its release.
 */
import type { Box } from '../../../shared/contract/names.ts';
import { createPictureMaker } from '../../../shared/engine/frames/picture.ts';
import type { Frame } from '../../../shared/engine/frames/reader.ts';
import { allocFrame, openVideo, type VideoReader } from '../../../shared/engine/frames/reader.ts';
import { channelsOf } from '../../../shared/engine/package/check.ts';
import { fitFrame } from '../../../shared/engine/preprocess/fit.ts';
import { createTensorWriter } from '../../../shared/engine/preprocess/tensor.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { CodedError, messageOf } from '../../../shared/kit/errors.ts';
import { createRateLimit, createTimeline } from './pacing.ts';
import type { SourceMessage, SourceOptions, SourceRequest } from './source.ts';
import type { Bell } from './thread-bell.ts';

export interface DecodePort {
  send(message: SourceMessage, transfer: readonly ArrayBuffer[]): void;
  /** The next request, without waiting. */
  receive(): SourceRequest | undefined;
  readonly bell: Bell;
}

interface Waiting {
  readonly picture: Frame;
  readonly frame: number;
  readonly ptsMs: number;
  readonly decodeMs: number;
  readonly startedAt: number;
}

/** A file that ends before this part of its stated frames has been cut off. */
const COMPLETE = 0.95;
const ERRORS_AT_ONCE = 50;

export function decodeLoop(options: SourceOptions, port: DecodePort, clock: Clock): void {
  const { source, input } = options;
  const writer = createTensorWriter(input);
  const pictures = createPictureMaker();
  const free = Array.from({ length: options.inFlight }, () => new Float32Array(writer.size));
  const held = new Map<number, Frame>();
  const spare: Frame[] = [];
  const passes = createRateLimit(options.fps);
  let waiting: Waiting | undefined;
  let decoded = 0;
  let dropped = 0;
  let undecodable = 0;

  const recycle = (picture: Frame) => {
    picture.unref();
    spare.push(picture);
  };

  const handOver = (w: Waiting, tensor: Float32Array<ArrayBuffer>) => {
    const start = clock.mono();
    const fit = fitFrame(w.picture.width, w.picture.height, input);
    const format = channelsOf(input.color) === 1 ? 'gray' : 'rgb';
    writer.write(pictures.pixels(w.picture, fit.width, fit.height, format), fit, tensor);
    held.set(w.frame, w.picture);
    const { frame, ptsMs, decodeMs, startedAt } = w;
    const preprocessMs = clock.mono() - start;
    const message = { frame, ptsMs, tensor, fit, decodeMs, preprocessMs, startedAt, decoded, dropped };
    decoded = 0;
    dropped = 0;
    port.send({ type: 'frame', ...message }, [tensor.buffer]);
  };

  const flush = () => {
    const tensor = waiting && free.pop();
    if (!waiting || !tensor) return;
    handOver(waiting, tensor);
    waiting = undefined;
  };

  const answer = (request: SourceRequest) => {
    const picture = held.get(request.frame);
    if (request.type === 'release') {
      free.push(request.tensor);
      held.delete(request.frame);
      if (picture) recycle(picture);
      return;
    }
    const made = picture && cropOrNothing(picture, request.box, request.maxSide);
    port.send({ type: 'picture', request: request.request, picture: made }, []);
  };

  /** A picture that cannot be made costs the event its crop, not the stream its life. */
  const cropOrNothing = (picture: Frame, box: Box, maxSide: number) => {
    try {
      return pictures.crop(picture, box, maxSide);
    } catch (error) {
      complain(`no picture of it: ${messageOf(error)}`);
      return undefined;
    }
  };

  /** Hears requests until `ready` says so or the moment `until` has come. */
  const listen = (ready: () => boolean, until = Number.POSITIVE_INFINITY) => {
    for (;;) {
      for (let request = port.receive(); request; request = port.receive()) answer(request);
      flush();
      const rest = until - clock.mono();
      if (ready() || rest <= 0) return;
      port.bell.wait(Math.min(rest, 1000));
    }
  };

  const complain = (message: string) => {
    undecodable++;
    if (undecodable === 1 || undecodable % ERRORS_AT_ONCE === 0) {
      const count = undecodable === 1 ? 1 : ERRORS_AT_ONCE;
      port.send({ type: 'trouble', code: 'frame-undecodable', message: `${source.url}: ${message}`, count }, []);
    }
  };

  let frame = 0;
  let timeline: ReturnType<typeof createTimeline> | undefined;
  let startAt: number | undefined;

  const playOnce = (reader: VideoReader): number => {
    let read = 0;
    timeline ??= createTimeline(1000 / (reader.info.fps || 25));
    for (;;) {
      const startedAt = clock.mono();
      const picture = spare.pop() ?? allocFrame();
      const pts = reader.next(picture);
      if (pts === undefined) {
        spare.push(picture);
        return read;
      }
      read++;
      decoded++;
      const ptsMs = timeline.next(pts);
      const decodeMs = clock.mono() - startedAt;
      const index = frame++;
      if (!passes(ptsMs)) {
        recycle(picture);
        listen(() => true);
        continue;
      }
      if (source.pace === 'pts') {
        startAt ??= clock.mono() - ptsMs;
        listen(() => false, startAt + ptsMs);
      }
      // A frame that waited for its time is not late: its latency counts from then.
      const began = source.pace === 'pts' ? clock.mono() - decodeMs : startedAt;
      if (waiting) {
        recycle(waiting.picture);
        dropped++;
      }
      waiting = { picture, frame: index, ptsMs, decodeMs, startedAt: began };
      listen(() => source.pace === 'pts' || waiting === undefined);
    }
  };

  try {
    for (let round = 0; round === 0 || source.loop; round++) {
      const reader = openVideo(source.url, { onUndecodable: complain });
      if (round === 0) port.send({ type: 'opened', info: reader.info }, []);
      let read: number;
      try {
        read = playOnce(reader);
      } finally {
        reader.close();
      }
      if (read === 0) throw new CodedError('source-open', `${source.url}: no frame could be decoded`);
      if (round === 0 && read < reader.info.frames * COMPLETE) {
        const message = `${source.url}: its header states ${reader.info.frames} frames, ${read} could be read; is it cut off?`;
        port.send({ type: 'trouble', code: 'source-truncated', message, count: 1 }, []);
      }
      timeline?.loop();
    }
    // The frames with the walk still want their pictures.
    listen(() => free.length === options.inFlight);
    port.send({ type: 'ended' }, []);
  } catch (error) {
    listen(() => free.length === options.inFlight);
    if (!(error instanceof CodedError)) throw error;
    port.send({ type: 'failed', code: error.code, message: error.message }, []);
  } finally {
    pictures.close();
  }
}
