/** What a kind of source is: how it is opened, and whose time its frames come in. */
import type { SourceConfig } from '../../../../../shared/contract/config/source.ts';
import type { ReaderOptions, VideoInfo, VideoReader } from '../../../../../shared/engine/frames/reader.ts';

export interface Kind {
  /**
   * A camera: its frames come when they come. They are not paced, the newest wins, it never loops, and when it is gone it is
   * tried again. The opposite is a recording.
   */
  isLive(info: VideoInfo): boolean;
  /** Reading may wait for somebody else. Failures pass, and it is tried again soon. */
  readonly remote: boolean;
  /** `arrival`: the stamps of its frames mean nothing; the time at which they arrive counts. */
  readonly stamps: 'media' | 'arrival';
  /** @throws CodedError with a code that begins with `source-` */
  open(source: SourceConfig, options: ReaderOptions): Promise<VideoReader>;
}

/** How long opening may take, unless `openS` says otherwise: cameras on batteries and proxies wake up first. */
const OPEN_S = 10;

/** How long a camera may take to be opened, in milliseconds. */
export function openMs({ openS = OPEN_S }: SourceConfig): number {
  return openS * 1000;
}

/** FFmpeg's own limit of each answer, in microseconds: above ours, which say what was waited for. */
export function answerUs(source: SourceConfig): string {
  return String((Math.max(openMs(source), (source.stallS ?? 0) * 1000) + 1000) * 1000);
}
