/**
 * Does it save work to leave out the frames that no other frame needs? Pure but for the times that it is given.
 *
 * How many frames are needed by others is the encoder's choice: of a camera with two B-frames each it is every third. So it is tried
 * where a camera sends more than twice the frames that are wanted, measured, and given up where too few are left.
 */

export interface Thinning {
  /** A packet of the video has come; `mono` milliseconds. @returns leave out unreferenced frames from now on? */
  packet(mono: number): boolean;
  /** A frame has been decoded. */
  frame(): void;
  /** Frames that were left out since the last call of this, as far as is known. */
  skipped(): number;
}

/** What is measured at once: at least so long, and so many packets. */
const PART_MS = 1000;
const PART_PACKETS = 10;
/** Rounding of a short measurement. */
const ENOUGH = 0.95;

/** @param wantedFps frames per second that must be left */
export function createThinning(wantedFps: number): Thinning {
  let from: number | undefined;
  let packets = 0;
  let frames = 0;
  let skipped = 0;
  let state: 'whole' | 'thin' | 'given up' = 'whole';

  const judge = (seconds: number) => {
    if (state === 'whole' && packets >= 2 * wantedFps * seconds) state = 'thin';
    else if (state === 'thin') {
      skipped += Math.max(0, packets - frames);
      if (frames < ENOUGH * wantedFps * seconds) state = 'given up';
    }
  };

  return {
    packet(mono) {
      from ??= mono;
      if (mono - from >= PART_MS && packets >= PART_PACKETS) {
        judge((mono - from) / 1000);
        from = mono;
        packets = 0;
        frames = 0;
      }
      packets++;
      return state === 'thin';
    },
    frame() {
      frames++;
    },
    skipped() {
      const count = skipped;
      skipped = 0;
      return count;
    },
  };
}
