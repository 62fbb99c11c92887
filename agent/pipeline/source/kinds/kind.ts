/** What a kind of source is: how it is opened, and whose time its frames come in. */
import type { SourceConfig } from '../../../../shared/contract/config/source.ts';
import type { ReaderOptions, VideoInfo, VideoReader } from '../../../../shared/engine/frames/reader.ts';

export interface Kind {
  /**
   * A camera: its frames come when they come. They are not paced, the newest wins, it never loops, and when it is gone it is
   * tried again. The opposite is a recording.
   */
  isLive(info: VideoInfo): boolean;
  /** Somebody else may have to be waited for: failures heal, and it is tried again soon. */
  readonly remote: boolean;
  /** `arrival`: the stamps of its frames say nothing, when they arrive does. */
  readonly stamps: 'media' | 'arrival';
  /** @throws CodedError with a code that begins with `source-` */
  open(source: SourceConfig, options: ReaderOptions): Promise<VideoReader>;
}

/** A camera's server must answer each request within this time. */
export const ANSWER_US = '2000000';
