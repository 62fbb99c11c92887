/**
 * Between decoding and the walk: frames become tensors, go out, and come back.
 *
 * Invariants:
 * 1. At most `inFlight` tensors are with the walk; each comes back by `release`, with the frame that it was made of.
 * 2. One frame waits for a tensor, the newest; one that it replaces is dropped and counted. Where the gate decides, a few may
 *    wait for it, because most of them will need no tensor.
 * 3. A frame that the gate answers takes no tensor; one outside of the active hours is not handed over at all.
 * 4. A frame stays decoded (for pictures) until its release. It comes redacted, and only so can it be made a picture of.
 * 5. While the gate awaits the result of a frame, the next ones wait; they are decided in order.
 */
import type { ImageInput } from '../../../../shared/contract/model-manifest.ts';
import { createPictureMaker } from '../../../../shared/engine/frames/picture.ts';
import { createPixelScaler } from '../../../../shared/engine/frames/pixels.ts';
import { allocFrame, type Frame } from '../../../../shared/engine/frames/reader.ts';
import { pixelsOf, type RedactedPicture, type Redactor, takeBack } from '../../../../shared/engine/frames/redact.ts';
import { fitFrame } from '../../../../shared/engine/preprocess/fit.ts';
import { createTensorWriter } from '../../../../shared/engine/preprocess/tensor.ts';
import type { Clock } from '../../../../shared/kit/clock.ts';
import { messageOf } from '../../../../shared/kit/errors.ts';
import type { Gate } from '../../stage.ts';
import type { SourceFrame, SourceMessage, SourceRequest } from './source.ts';

type PictureRequest = Extract<SourceRequest, { type: 'picture' }>;

export interface DecodePort {
  send(message: SourceMessage, transfer: readonly ArrayBuffer[]): void;
  /** The next request, without waiting. */
  receive(): SourceRequest | undefined;
  /** Calls back for each request that comes while this thread waits. */
  onRequest(listener: (request: SourceRequest) => void): void;
  /** What comes now may block this thread (`threads.ts`). */
  blocking(): void;
}

export interface Offer {
  readonly picture: RedactedPicture;
  readonly frame: number;
  readonly ptsMs: number;
  readonly decodeMs: number;
  readonly startedAt: number;
}

export interface Handover {
  /** An empty frame to decode into. */
  take(): Frame;
  /** Gives a frame back that nobody wants. */
  recycle(picture: Frame): void;
  /** Counts frames that were decoded, or left out. */
  count(frames: number): void;
  /** Counts those of them that nobody asked for. */
  thin(frames: number): void;
  offer(frame: Offer): void;
  /** Answers the requests that have come meanwhile. */
  receive(): void;
  /** Answers requests until `ready` is true, the moment `at` of the monotonic clock has come, or no more is wanted. */
  until(ready: () => boolean, at?: number): Promise<void>;
  /** No frame waits for a tensor. */
  idle(): boolean;
  /** Answers requests until all that was handed over is back, or the source is closed. */
  drain(): Promise<void>;
  /** Aborted when the walk wants no more frames. */
  readonly closed: AbortSignal;
  /** Frees every frame. */
  close(): void;
}

export interface HandoverOptions {
  readonly input: ImageInput;
  /** A second input that each analysed frame is made for. */
  readonly also: ImageInput | undefined;
  readonly inFlight: number;
  readonly gate: Gate | undefined;
  /** Hides objects in pictures. */
  readonly redactor: Redactor;
  readonly port: DecodePort;
  readonly clock: Clock;
  complain(message: string): void;
}

/** Gated frames need no tensor; this bounds how many of them the walk may hold. */
const GATED_AHEAD = 8;
/** So many frames wait for the gate: at five a second, as long as forty inferences of other streams may take. */
const UNDECIDED = 4;
const RESTING_MS = 1000;

export function createHandover({
  input,
  also,
  inFlight,
  gate,
  redactor,
  port,
  clock,
  complain,
}: HandoverOptions): Handover {
  const writer = createTensorWriter(input);
  const second = also && { input: also, writer: createTensorWriter(also) };
  const scaler = createPixelScaler();
  const pictures = createPictureMaker();
  const free = Array.from({ length: inFlight }, () => new Float32Array(writer.size));
  const held = new Map<number, RedactedPicture>();
  const spare: Frame[] = [];
  const waiting: Offer[] = [];
  let decoded = 0;
  let dropped = 0;
  let thinned = 0;
  let restedAt = Number.NEGATIVE_INFINITY;
  const closed = new AbortController();
  let abandoned = false;
  let wake: (() => void) | undefined;

  const recycle = (picture: Frame) => {
    picture.unref();
    spare.push(picture);
  };

  const giveBack = (picture: RedactedPicture) => recycle(takeBack(picture));

  /** Outside of the active hours nobody gets the frame; that it came is said now and then. */
  const rest = (picture: RedactedPicture) => {
    giveBack(picture);
    thinned++;
    if (clock.mono() - restedAt < RESTING_MS) return;
    restedAt = clock.mono();
    port.send({ type: 'resting' }, []);
  };

  const decide = ({ picture, ptsMs }: Offer) => {
    if (!gate) return 'analyse';
    const { width, height } = gate.plane ?? { width: 0, height: 0 };
    const [luma = new Uint8Array(0)] = gate.plane ? scaler.scale(pixelsOf(picture), width, height, 'gray') : [];
    return gate.decide({ luma, width, height, ptsMs, wall: clock.wall() });
  };

  const alsoOf = (frame: Frame): SourceFrame['also'] => {
    if (!second) return undefined;
    const fit = fitFrame(frame.width, frame.height, second.input);
    const tensor = new Float32Array(second.writer.size);
    second.writer.write(scaler.scale(frame, fit.width, fit.height, second.writer.order), fit, tensor);
    return { tensor, fit };
  };

  /** @param given a tensor to fill, or how the gate answers the frame without the model */
  const handOver = (offer: Offer, start: number, given: Float32Array<ArrayBuffer> | 'reuse' | 'coast') => {
    const { picture, frame, ptsMs, decodeMs, startedAt } = offer;
    const pixels = pixelsOf(picture);
    // Each frame anew: a camera may change its resolution.
    const fit = fitFrame(pixels.width, pixels.height, input);
    const tensor = typeof given === 'string' ? new Float32Array(0) : given;
    if (tensor.length > 0) writer.write(scaler.scale(pixels, fit.width, fit.height, writer.order), fit, tensor);
    held.set(frame, picture);
    const common = {
      frame,
      ptsMs,
      fit,
      decodeMs,
      preprocessMs: clock.mono() - start,
      startedAt,
      decoded,
      dropped,
      thinned,
    };
    decoded = 0;
    dropped = 0;
    thinned = 0;
    if (typeof given === 'string') return port.send({ type: 'frame', ...common, tensor, gated: given }, []);
    const second = alsoOf(pixels);
    if (second) port.send({ type: 'frame', ...common, tensor, also: second }, [tensor.buffer, second.tensor.buffer]);
    else port.send({ type: 'frame', ...common, tensor }, [tensor.buffer]);
  };

  /** The gate is asked only for a frame that will be handed on. */
  const flush = () => {
    while (free.length > 0 && held.size < inFlight + GATED_AHEAD && gate?.ready() !== false) {
      const offer = waiting.shift();
      if (!offer) return;
      const start = clock.mono();
      const decision = decide(offer);
      if (decision === 'skip') rest(offer.picture);
      else if (decision === 'analyse') fill(offer, start);
      else handOver(offer, start, decision);
    }
  };

  /** Of a frame that cannot be scaled nobody else gives the tensor back, or feeds back to the gate. */
  const fill = (offer: Offer, start: number) => {
    const tensor = free.pop() ?? new Float32Array(writer.size);
    try {
      handOver(offer, start, tensor);
    } catch (error) {
      free.push(tensor);
      gate?.feedBack(0);
      throw error;
    }
  };

  /** A picture that cannot be made costs the event its crop, not the stream its life. */
  const cropOrNothing = (picture: RedactedPicture, { box, maxSide, hide = [], quality }: PictureRequest) => {
    try {
      redactor.hide(picture, hide);
      return pictures.crop(picture, box, maxSide, quality);
    } catch (error) {
      complain(`no picture of it: ${messageOf(error)}`);
      return undefined;
    }
  };

  const answer = (request: SourceRequest) => {
    if (request.type === 'close' || request.type === 'finish') {
      abandoned ||= request.type === 'close';
      closed.abort();
      return;
    }
    const picture = held.get(request.frame);
    if (request.type === 'release') {
      if (request.tensor.length > 0) {
        free.push(request.tensor);
        gate?.feedBack(request.quietMs);
      }
      held.delete(request.frame);
      if (picture) giveBack(picture);
      flush();
      return;
    }
    const made = picture && cropOrNothing(picture, request);
    port.send({ type: 'picture', request: request.request, picture: made }, []);
  };

  const receive = () => {
    for (let request = port.receive(); request; request = port.receive()) answer(request);
  };

  const isDrained = () => free.length === inFlight && held.size === 0;

  const until = (ready: () => boolean, at = Number.POSITIVE_INFINITY): Promise<void> => {
    receive();
    return new Promise((resolve) => {
      const done = () => {
        cancel?.();
        wake = undefined;
        resolve();
      };
      const rest = at - clock.mono();
      const cancel = rest > 0 && rest < Number.POSITIVE_INFINITY ? clock.after(rest, done) : undefined;
      wake = () => {
        if (ready()) done();
      };
      if (rest <= 0) done();
      else wake();
    });
  };

  port.onRequest((request) => {
    answer(request);
    wake?.();
  });

  return {
    take: () => spare.pop() ?? allocFrame(),
    recycle,
    count(frames) {
      decoded += frames;
    },
    thin(frames) {
      thinned += frames;
    },
    offer(frame) {
      const room = gate?.ready() === false ? UNDECIDED : 1;
      for (const { picture } of waiting.splice(0, Math.max(0, waiting.length - room + 1))) {
        giveBack(picture);
        dropped++;
      }
      waiting.push(frame);
      flush();
    },
    receive,
    until: (ready, at) => until(() => closed.signal.aborted || ready(), at),
    idle: () => waiting.length === 0,
    drain: () => until(() => abandoned || isDrained()),
    closed: closed.signal,
    close() {
      for (const picture of [...held.values(), ...waiting.map(({ picture }) => picture)]) takeBack(picture).free();
      for (const frame of spare) frame.free();
      held.clear();
      spare.length = 0;
      waiting.length = 0;
      pictures.close();
      scaler.close();
    },
  };
}
