/**
 * What a source gives the walk: one model input a frame, made in a thread of its own (decode, scale, normalise), handed over
 * by transfer. FFmpeg's calls block, and so does inference: in two threads they overlap.
 */

import type { SourceConfig } from '../../../shared/contract/config/stream.ts';
import type { ImageInput } from '../../../shared/contract/model-manifest.ts';
import type { Box } from '../../../shared/contract/names.ts';
import type { VideoInfo } from '../../../shared/engine/frames/reader.ts';
import type { Fit } from '../../../shared/engine/preprocess/fit.ts';
import type { ErrorCode } from '../../../shared/kit/errors.ts';
import type { FrameInfo } from '../stage.ts';

/** What the decode thread is started with. */
export interface SourceOptions {
  readonly source: SourceConfig;
  readonly input: ImageInput;
  /** At most this many frames a second are given; all without. */
  readonly fps?: number;
  /** How many tensors may be on their way: two keep inference fed, more only add delay. */
  readonly inFlight: number;
}

/** A frame as the model wants it. */
export interface SourceFrame extends FrameInfo {
  readonly tensor: Float32Array<ArrayBuffer>;
  readonly fit: Fit;
  readonly decodeMs: number;
  readonly preprocessMs: number;
  /** `Clock.mono` when its decoding began. */
  readonly startedAt: number;
  /** Frames decoded, and dropped because the walk was busy, since the frame before. */
  readonly decoded: number;
  readonly dropped: number;
}

/** From the decode thread. */
export type SourceMessage =
  | { readonly type: 'opened'; readonly info: VideoInfo }
  | ({ readonly type: 'frame' } & SourceFrame)
  | { readonly type: 'picture'; readonly request: number; readonly picture: SourcePicture | undefined }
  | { readonly type: 'trouble'; readonly code: ErrorCode; readonly message: string; readonly count: number }
  | { readonly type: 'ended' }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string };

/** To the decode thread. Each message also rings the bell (thread-bell.ts). */
export type SourceRequest =
  | { readonly type: 'release'; readonly frame: number; readonly tensor: Float32Array<ArrayBuffer> }
  | {
      readonly type: 'picture';
      readonly request: number;
      readonly frame: number;
      readonly box: Box;
      readonly maxSide: number;
    };

export interface SourcePicture {
  readonly jpeg: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface SourceEvents {
  onOpened(info: VideoInfo): void;
  /** The walk owes `release` for each frame. */
  onFrame(frame: SourceFrame): void;
  /** Something went wrong and the source goes on; `count` times since the last call. */
  onTrouble(code: ErrorCode, message: string, count: number): void;
  /** The last call: the source ended in order (no failure), or broke. */
  onEnd(failure?: { readonly code: ErrorCode; readonly message: string }): void;
}

export interface Source {
  /** Gives the tensor back; afterwards no picture of this frame can be made. */
  release(frame: SourceFrame): void;
  /** A JPEG of a part of a frame that has not been released; undefined when the source has ended. */
  picture(frame: SourceFrame, box: Box, maxSide: number): Promise<SourcePicture | undefined>;
  close(): Promise<void>;
}
