/** Notices that a camera has fallen silent, whatever its connection says. */
import type { Clock } from '../../../shared/kit/clock.ts';
import { CodedError } from '../../../shared/kit/errors.ts';

export interface StallWatch {
  /** A packet of the video has come. */
  packet(): void;
  /** A frame has been decoded. */
  frame(): void;
  /** `Clock.mono` of the last packet; of the start before there was one. */
  packetAt(): number;
  stop(): void;
}

/** Connecting takes several answers. */
const OPEN_MS = 5000;
/** Packets come, and none can be decoded: a camera's key pictures may be this far apart. */
const FRAMELESS_MS = 15_000;
const LOOK_MS = 100;

/** @param onStall called at most once, with CodedError `source-stalled` */
export function createStallWatch(
  shown: string,
  stallMs: number,
  clock: Clock,
  onStall: (error: CodedError) => void,
): StallWatch {
  const began = clock.mono();
  let packetAt: number | undefined;
  let frameAt = began;
  const complaint = (): string | undefined => {
    const now = clock.mono();
    if (packetAt === undefined) {
      const limit = Math.max(OPEN_MS, stallMs);
      return now - began > limit ? `no packet within ${limit / 1000} s of connecting` : undefined;
    }
    if (now - packetAt > stallMs) return `no packet for ${stallMs / 1000} s`;
    const limit = Math.max(FRAMELESS_MS, stallMs);
    return now - frameAt > limit
      ? `packets come, but no frame of them could be decoded for ${limit / 1000} s`
      : undefined;
  };
  const stop = clock.every(LOOK_MS, () => {
    const found = complaint();
    if (found === undefined) return;
    stop();
    onStall(new CodedError('source-stalled', `${shown}: ${found}`));
  });
  return {
    packet() {
      packetAt = clock.mono();
    },
    frame() {
      frameAt = clock.mono();
    },
    packetAt: () => packetAt ?? began,
    stop,
  };
}
