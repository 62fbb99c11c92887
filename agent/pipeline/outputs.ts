/** What a walk reports. */
import type { Detection, PreviewBody } from '../../shared/contract/messages/preview.ts';
import type { EventRecord, ReadingRecord, SummaryRecord } from '../../shared/contract/messages/record.ts';
import type { PictureFault } from '../../shared/contract/messages/report.ts';
import type { SampleHeader } from '../../shared/contract/messages/sample.ts';
import type { VideoInfo } from '../../shared/engine/frames/reader.ts';
import type { Outcome } from '../../shared/engine/outcome.ts';
import type { ErrorCode } from '../../shared/kit/errors.ts';
import type { Failure } from './source/picture/source.ts';

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
  /** Of a series with times: milliseconds since 1970 at the end of the window. */
  readonly atMs?: number;
  /** The last values of a series, by channel. */
  readonly values?: readonly number[];
  readonly outcome: Outcome;
  /** The outcome's objects, with their tracks where there is a tracker. */
  readonly objects: readonly Detection[];
  readonly timing: FrameTiming;
  /** `Clock.mono` when its decoding began and when its rules had been evaluated. */
  readonly startedAt: number;
  readonly endedAt: number;
}

export type EventBody = Omit<EventRecord, 'config' | 'boot' | 'mono' | 'wall' | 'clock' | 'model'>;
export type ReadingBody = Omit<ReadingRecord, 'config' | 'boot' | 'mono' | 'wall' | 'clock' | 'model'>;
export type SummaryBody = Omit<SummaryRecord, 'config' | 'boot' | 'mono' | 'wall' | 'clock' | 'model'>;

/** A header as the walk makes it; the supervisor adds time and model. */
export type SampleBody = Omit<SampleHeader, 'wall' | 'model'>;

export interface WalkOutputs {
  /** @param info of a picture; none of a sensor or of sound */
  onOpened(info: VideoInfo | undefined): void;
  onResult?(result: FrameResult): void;
  /**
   * A frame was answered by the gate (`answered`: by an earlier result), or came outside of the active hours; or samples came
   * for a window that is not full yet.
   */
  onSign?(answered: boolean): void;
  onRecord(body: EventBody | SummaryBody | ReadingBody): void;
  onPreview(header: PreviewBody, jpeg: Uint8Array): void;
  /** The hub shall be asked about this picture. @param worth 0 to 1 (`Selector`) */
  onSample?(body: SampleBody, jpeg: Uint8Array, worth: number): void;
  onProblem(code: ErrorCode, message: string, count: number): void;
  /** A camera has failed and is tried again after `waitMs`; `onOpened` follows. */
  onWaiting?(failure: Failure, waitMs: number): void;
  /** What is wrong with the pictures of a camera, though they come (`undefined`: nothing); said again each minute. */
  onPictureFault?(fault: PictureFault | undefined): void;
  /** Something that a person may want to know though nothing is wrong; reported once. */
  onNote?(message: string): void;
  /** The source has ended, and everything it gave has been analysed. */
  onEnd(failure?: { readonly code: ErrorCode; readonly message: string }): void;
}
