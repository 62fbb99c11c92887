/** One opening of a source: it can be ended at any moment, and a camera's is ended when it falls silent. */
import type { SourceConfig } from '../../../../shared/contract/config/source.ts';
import type { ReaderOptions, VideoReader } from '../../../../shared/engine/frames/reader.ts';
import type { Clock } from '../../../../shared/kit/clock.ts';
import { shownAddress } from '../../../../shared/kit/shown-address.ts';
import { type Kind, openMs } from './kinds/kind.ts';
import { createStallWatch, type StallWatch } from './stall.ts';

export interface Connection {
  readonly reader: VideoReader;
  readonly live: boolean;
  /** A frame has been decoded. */
  frame(): void;
  /** `Clock.mono` when the packet of the last frame came; only of a live source. */
  packetAt(): number;
  close(): void;
}

const STALL_S = 1.5;

/**
 * @param closed ends it from outside
 * @throws CodedError why it could not be opened; `source-stalled` also from `reader.next`
 */
export async function connect(
  kind: Kind,
  source: SourceConfig,
  options: Pick<ReaderOptions, 'wants' | 'onUndecodable' | 'enoughFps'>,
  clock: Clock,
  closed: AbortSignal,
): Promise<Connection> {
  const ending = new AbortController();
  const end = () => ending.abort(closed.reason);
  closed.addEventListener('abort', end, { once: true });
  const stallMs = (source.stallS ?? STALL_S) * 1000;
  const watch: StallWatch | undefined = kind.remote
    ? createStallWatch(
        shownAddress(source.url),
        { stallMs, openMs: Math.max(stallMs, openMs(source)) },
        clock,
        (error) => ending.abort(error),
      )
    : undefined;
  const stop = () => {
    watch?.stop();
    closed.removeEventListener('abort', end);
  };
  let reader: VideoReader;
  try {
    reader = await kind.open(source, {
      ...options,
      hardware: source.decode?.hardware ?? 'off',
      onPacket: () => watch?.packet(),
      signal: ending.signal,
    });
  } catch (error) {
    stop();
    throw error;
  }
  const live = kind.isLive(reader.info);
  // Each picture is asked for by itself, and takes what opening may take.
  if (reader.info.stepMs !== undefined) watch?.stretch(reader.info.stepMs + openMs(source));
  // A recording is read when it is due, not when it comes; FFmpeg's own limit guards it.
  if (!live) watch?.stop();
  return {
    reader,
    live,
    frame: () => watch?.frame(),
    packetAt: () => watch?.packetAt() ?? 0,
    close() {
      stop();
      reader.close();
    },
  };
}
