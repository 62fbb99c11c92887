/** What a walk says. */
import type { Detection, PreviewBody } from '../../shared/contract/messages/preview.ts';
import type { ReadingRecord, SummaryRecord } from '../../shared/contract/messages/record.ts';
import type { VideoInfo } from '../../shared/engine/frames/reader.ts';
import type { Outcome } from '../../shared/engine/outcome.ts';
import type { ErrorCode } from '../../shared/kit/errors.ts';
import type { EventBody } from './event-body.ts';
import type { Failure } from './source/source.ts';

export interface FrameTiming {
  readonly decode: number;
  readonly preprocess: number;
  readonly infer: number;
  readonly postprocess: number;
}

/** One analysed frame, for `infer` and the live view. */
export interface FrameResult {
  readonly frame: number;
  readonly ptsMs: number;
  readonly outcome: Outcome;
  /** The outcome's objects, with their tracks where there is a tracker. */
  readonly objects: readonly Detection[];
  readonly timing: FrameTiming;
  /** `Clock.mono` when its decoding began and when its rules had been evaluated. */
  readonly startedAt: number;
  readonly endedAt: number;
}

export type ReadingBody = Omit<ReadingRecord, 'config' | 'boot' | 'mono' | 'wall' | 'clock' | 'model'>;
export type SummaryBody = Omit<SummaryRecord, 'config' | 'boot' | 'mono' | 'wall' | 'clock' | 'model'>;

export interface WalkOutputs {
  /** @param info of a picture; none of a sensor or of sound */
  onOpened(info: VideoInfo | undefined): void;
  onResult?(result: FrameResult): void;
  onRecord(body: EventBody | SummaryBody | ReadingBody): void;
  onPreview(header: PreviewBody, jpeg: Uint8Array): void;
  onTrouble(code: ErrorCode, message: string, count: number): void;
  /** A camera has failed and is tried again after `waitMs`; `onOpened` follows. */
  onWaiting?(failure: Failure, waitMs: number): void;
  /** What a person may want to know, and nothing is wrong; said once. */
  onNote?(message: string): void;
  /** The source has ended, and everything it gave has been analysed. */
  onEnd(failure?: { readonly code: ErrorCode; readonly message: string }): void;
}
