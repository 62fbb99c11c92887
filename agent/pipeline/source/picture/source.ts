/**
 * What a source gives the walk: one model input a frame, made in a decode thread (decode, scale, normalise), handed over
 * by transfer. FFmpeg's calls block, and so does inference: in two threads they overlap.
 */

import type { GateConfig } from '../../../../shared/contract/config/gate.ts';
import type { Schedule } from '../../../../shared/contract/config/schedule.ts';
import type { SourceConfig } from '../../../../shared/contract/config/source.ts';
import type { PictureFault } from '../../../../shared/contract/messages/report.ts';
import type { ImageInput } from '../../../../shared/contract/model-manifest.ts';
import type { Box } from '../../../../shared/contract/names.ts';
import type { VideoInfo } from '../../../../shared/engine/frames/reader.ts';
import type { Policy } from '../../../../shared/engine/frames/redact.ts';
import type { Fit } from '../../../../shared/engine/preprocess/fit.ts';
import type { ErrorCode } from '../../../../shared/kit/errors.ts';
import type { FrameInfo } from '../../stage.ts';

/** What the decoding of a stream is started with. */
export interface SourceOptions {
  readonly source: SourceConfig;
  readonly input: ImageInput;
  /** A second model's input: each frame is made for both. */
  readonly also?: ImageInput;
  /** At most this many frames a second are given; all without. */
  readonly fps?: number;
  /** What is hidden in every frame, and how objects are (`redact.ts`); default: nothing. */
  readonly privacy?: Policy;
  /** What the gate of the stream is made of (`createGate`); without it every frame is handed over. */
  readonly gate?: { readonly gate: false | GateConfig; readonly active?: Schedule | undefined };
  /** How many tensors may be on their way: two keep inference fed, more only add delay. */
  readonly inFlight: number;
  /** Try a camera again when it fails; else its failure is the end. */
  readonly reconnect?: boolean;
}

/** A frame as the model wants it. */
export interface SourceFrame extends FrameInfo {
  /** How the gate answered it (`Gate.decide`); its tensor is then empty. */
  readonly gated?: 'reuse' | 'coast';
  readonly tensor: Float32Array<ArrayBuffer>;
  readonly fit: Fit;
  /** The same frame for `SourceOptions.also`. */
  readonly also?: { readonly tensor: Float32Array<ArrayBuffer>; readonly fit: Fit };
  readonly decodeMs: number;
  readonly preprocessMs: number;
  /** `Clock.mono` when its decoding began. */
  readonly startedAt: number;
  /** Frames decoded, and dropped because the walk was busy, since the frame before. */
  readonly decoded: number;
  readonly dropped: number;
  /** Frames left out because nobody asked for them, since the frame before: by `fps`, or outside of the active hours. */
  readonly thinned: number;
}

/** From the decode thread. */
export type SourceMessage =
  | { readonly type: 'opened'; readonly info: VideoInfo }
  | ({ readonly type: 'frame' } & SourceFrame)
  /** Frames come outside of the active hours, and none is handed over. */
  | { readonly type: 'resting' }
  | { readonly type: 'picture'; readonly request: number; readonly picture: SourcePicture | undefined }
  | { readonly type: 'problem'; readonly code: ErrorCode; readonly message: string; readonly count: number }
  /** A camera has failed and is tried again after `waitMs`; `opened` follows. */
  | { readonly type: 'waiting'; readonly code: ErrorCode; readonly message: string; readonly waitMs: number }
  /** What is wrong with the pictures of a camera: said when it changes, and again each minute. */
  | { readonly type: 'looks'; readonly fault: PictureFault | undefined }
  /** Something that a person may want to know though nothing is wrong. */
  | { readonly type: 'note'; readonly message: string }
  | { readonly type: 'ended' }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string };

/** To the decode thread. */
export type SourceRequest =
  | {
      readonly type: 'release';
      readonly frame: number;
      readonly tensor: Float32Array<ArrayBuffer>;
      /** Of an analysed frame, for the gate (`Gate.feedBack`). */
      readonly quietMs: number;
    }
  | {
      readonly type: 'picture';
      readonly request: number;
      readonly frame: number;
      readonly box: Box;
      readonly maxSide: number;
      /** Of the JPEG, 1 to 100; default: that of all pictures. */
      readonly quality?: number | undefined;
      /** Objects that the picture must not show. */
      readonly hide?: readonly Box[];
    }
  /** Read no more; the end follows when all frames are back. */
  | { readonly type: 'finish' }
  /** Give up everything at once. */
  | { readonly type: 'close' };

export interface SourcePicture {
  readonly jpeg: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface SourceEvents {
  /** With the first frame, again after each reconnection and when the size changes. */
  onOpened(info: VideoInfo): void;
  /** The walk owes `release` for each frame. */
  onFrame(frame: SourceFrame): void;
  /** Frames come outside of the active hours; said at most once a second. */
  onResting?(): void;
  /** Something went wrong and the source goes on; `count` times since the last call. */
  onProblem(code: ErrorCode, message: string, count: number): void;
  /** A camera has failed and is tried again after `waitMs`. */
  onWaiting?(failure: Failure, waitMs: number): void;
  /** What is wrong with the pictures of a camera: said when it changes, and again each minute. */
  onPictureFault?(fault: PictureFault | undefined): void;
  /** Something that a person may want to know though nothing is wrong; reported once. */
  onNote?(message: string): void;
  /** The last call: the source ended in order (no failure), or broke. */
  onEnd(failure?: Failure): void;
}

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

export interface Source {
  /**
   * Gives the tensor back; afterwards no picture of this frame can be made.
   * @param quietMs so long after an analysed frame nothing can happen (`Gate.feedBack`)
   */
  release(frame: SourceFrame, quietMs: number): void;
  /**
   * A JPEG of a part of a frame that has not been released; undefined when the source has ended.
   * @param hide objects that it must not show, in fractions of the frame
   * @param quality of the JPEG, 1 to 100
   */
  picture(
    frame: SourceFrame,
    box: Box,
    maxSide: number,
    hide?: readonly Box[],
    quality?: number,
  ): Promise<SourcePicture | undefined>;
  /** Reads no more; `onEnd` follows when everything that was handed over has been released. */
  finish(): void;
  /** Ends at once, without `onEnd`; resolves within about a second, also while the source is waited for. */
  close(): Promise<void>;
}
