/** What supervisor and runner say to each other. Same build on both sides; frames never cross (ARCHITECTURE 1.5). */
import type { StreamConfig } from '../../shared/contract/config/stream.ts';
import type { TunedThresholds } from '../../shared/contract/messages/desired.ts';
import type { PreviewBody } from '../../shared/contract/messages/preview.ts';
import type { ModelRef } from '../../shared/contract/messages/record.ts';
import type { PictureFault, StreamState } from '../../shared/contract/messages/report.ts';
import type { Provider } from '../../shared/engine/infer/provider.ts';
import type { ErrorCode } from '../../shared/kit/errors.ts';
import type { EventBody, FrameResult, ReadingBody, SampleBody, SummaryBody } from '../pipeline/outputs.ts';
import type { LightResult } from './follow.ts';

/** How models are executed. */
export interface Runtime {
  /** Threads of one inference. */
  readonly threads: number;
  readonly provider: Provider;
}

/** One stream as a runner runs it: everything resolved. */
export interface Assignment {
  readonly stream: string;
  readonly config: StreamConfig;
  /** Of the model's package; empty where the stream has an online detector. */
  readonly modelDir: string;
  /** `auto` or a precision. */
  readonly variant: string;
  /** Most inputs of one run, where streams share a session and the graph allows it. */
  readonly batch: number;
  readonly runtime: Runtime;
  /** `infer`: every frame's result is sent, and a source that fails is not tried again. */
  readonly once: boolean;
  /** Where an online detector keeps what it has learned. */
  readonly stateFile?: string;
  /** Base64 of the key that it keeps it under; never logged. */
  readonly stateKey?: string;
}

export type ToRunner =
  /**
   * All that the runner shall do from now on; what stays the same is not touched. With `standby` its streams look and say
   * nothing until `live`.
   */
  | { readonly type: 'assign'; readonly assignments: readonly Assignment[]; readonly standby: boolean }
  /** All that the hub says of thresholds, by stream; they hold from the next frame on. */
  | { readonly type: 'thresholds'; readonly thresholds: Readonly<Record<string, TunedThresholds>> }
  /** Speak, of frames whose decoding began after these moments of `Clock.mono`, by stream. */
  | { readonly type: 'live'; readonly after: Readonly<Record<string, number>> }
  | {
      readonly type: 'watch';
      readonly stream: string;
      readonly until: number;
      readonly fps: number;
      readonly width: number;
    }
  /** The stream begins anew, and its online detector with nothing of what it had learned. Answered by `forgot`. */
  | { readonly type: 'forget'; readonly stream: string }
  /** Somebody looks at the results of a stream: send `latest`, a few a second, until that moment of `Clock.mono`. */
  | { readonly type: 'follow'; readonly stream: string; readonly until: number };

export interface StreamStatus {
  readonly state: StreamState;
  readonly model?: ModelRef;
  /** What decodes it: the codec, and the hardware where there is one. */
  readonly decoder?: string;
  readonly width?: number;
  readonly height?: number;
  readonly error?: string;
  /** Of `running`: so many milliseconds without a sign (see below) are too many. */
  readonly waitLimitMs?: number;
}

/** `at` is `Clock.mono` when it happened, the same clock in all processes of a machine. */
export type FromRunner =
  | { readonly type: 'status'; readonly stream: string; readonly status: StreamStatus }
  /**
   * Frames or samples go through, at most one a second. `answered`: with an answer of the model (or of the gate, by an earlier
   * one); the first answer is said at once.
   */
  | { readonly type: 'sign'; readonly stream: string; readonly answered: boolean }
  | {
      readonly type: 'record';
      readonly at: number;
      /** `Clock.mono` when the decoding of its frame began; absent where there is none, or it is not known any more. */
      readonly begunAt?: number;
      readonly model: ModelRef;
      readonly body: EventBody | SummaryBody | ReadingBody;
    }
  | {
      readonly type: 'problem';
      readonly at: number;
      readonly stream: string;
      readonly code: ErrorCode;
      readonly message: string;
      readonly count: number;
    }
  /** @see WalkOutputs.onPictureFault */
  | { readonly type: 'looks'; readonly stream: string; readonly fault: PictureFault | undefined }
  /** Nothing is wrong; a person may want to know. */
  | { readonly type: 'note'; readonly stream: string; readonly message: string }
  | { readonly type: 'result'; readonly stream: string; readonly result: FrameResult }
  | { readonly type: 'latest'; readonly stream: string; readonly result: LightResult }
  | { readonly type: 'preview'; readonly header: PreviewBody; readonly jpeg: Uint8Array }
  /** A picture for a second opinion. @see WalkOutputs.onSample */
  | {
      readonly type: 'sample';
      readonly at: number;
      readonly model: ModelRef;
      readonly body: SampleBody;
      readonly jpeg: Uint8Array;
      readonly worth: number;
    }
  /** A stream on standby looks at frames, or cannot yet and is tried again, or waits for its source to be let go. */
  | { readonly type: 'ready'; readonly stream: string }
  /** The last word on a stream when its runner ends: when the decoding of the last frame began, if there was one. */
  | { readonly type: 'drained'; readonly stream: string; readonly lastAt?: number }
  /** Answers `forget`. @property failure why it could not */
  | { readonly type: 'forgot'; readonly stream: string; readonly failure?: string }
  /** How much the process takes, each few seconds. */
  | { readonly type: 'memory'; readonly rssMb: number }
  /** Nothing more will come of this stream (`once`). */
  | {
      readonly type: 'done';
      readonly stream: string;
      readonly failure?: { readonly code: ErrorCode; readonly message: string };
      readonly rssMb: number;
    };
