/** Notices that a camera sends nothing any more, though its connection stands. */
import type { Clock } from '../../../../shared/kit/clock.ts';
import { CodedError } from '../../../../shared/kit/errors.ts';

export interface StallWatch {
  /** A packet of the video has come. */
  packet(): void;
  /** A frame has been decoded. */
  frame(): void;
  /** `Clock.mono` of the last packet; of the start before there was one. */
  packetAt(): number;
  /** Packets are meant to be this much further apart. */
  stretch(milliseconds: number): void;
  stop(): void;
}

/** Packets come, and none can be decoded: a camera's key pictures may be this far apart. */
const FRAMELESS_MS = 15_000;
const LOOK_MS = 100;

/** @param onStall called at most once, with CodedError `source-stalled` */
export function createStallWatch(
  shown: string,
  { stallMs, openMs }: { readonly stallMs: number; readonly openMs: number },
  clock: Clock,
  onStall: (error: CodedError) => void,
): StallWatch {
  const began = clock.mono();
  let packetAt: number | undefined;
  let frameAt = began;
  let apartMs = 0;
  const complaint = (): string | undefined => {
    const now = clock.mono();
    if (packetAt === undefined) {
      return now - began > openMs
        ? `no packet within ${openMs / 1000} s of connecting; one that needs longer wants a larger \`openS\``
        : undefined;
    }
    const waitLimit = stallMs + apartMs;
    if (now - packetAt > waitLimit) return `no packet for ${waitLimit / 1000} s`;
    const limit = Math.max(FRAMELESS_MS, waitLimit);
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
    stretch(milliseconds) {
      apartMs = milliseconds;
    },
    stop,
  };
}
