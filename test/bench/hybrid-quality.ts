/** How well frames and tracks of one recording agree with those of another: F1 at IoU 0.5. */
import { createByteTracker } from '../../agent/pipeline/track/bytetrack.ts';
import { trackConfig } from '../../shared/contract/config/track.ts';
import type { Detection } from '../../shared/contract/messages/preview.ts';
import type { Box } from '../../shared/contract/names.ts';
import { objectsOf } from '../../shared/engine/outcome.ts';
import { iou } from '../../shared/kit/iou.ts';
import type { Agreement } from './events.ts';
import type { RecordedFrame } from './replay.ts';

const SAME = 0.5;
/** Shorter ones, in frames, are not counted as tracks. */
const SHORTEST = 5;

export const f1 = ({ expected, got, paired }: Agreement) =>
  expected + got === 0 ? 1 : (2 * paired) / (expected + got);

export function personsOf({ outcome }: RecordedFrame, least: number): Detection[] {
  return objectsOf(outcome).filter(({ label, score }) => label === 'person' && score >= least);
}

export function boxesF1(truth: readonly RecordedFrame[], said: readonly RecordedFrame[], threshold: number): number {
  const total = { expected: 0, got: 0, paired: 0 };
  for (const [index, frame] of truth.entries()) {
    const other = said[index];
    const [wanted, got] = [personsOf(frame, threshold), other ? personsOf(other, threshold) : []];
    const free = new Set(wanted);
    for (const { box } of got) {
      const match = [...free].find((one) => iou(one.box, box) >= SAME);
      if (!match) continue;
      free.delete(match);
      total.paired++;
    }
    total.expected += wanted.length;
    total.got += got.length;
  }
  return f1(total);
}

/** Tracks are the same when they lie on each other in half of the longer one's frames; each is paired at most once. */
export function tracksF1(truth: readonly RecordedFrame[], said: readonly RecordedFrame[], threshold: number): number {
  const [wanted, got] = [tracksOf(truth, threshold), tracksOf(said, threshold)];
  const pairs = wanted.flatMap((one) => got.map((other) => ({ one, other, share: sharedOf(one, other) })));
  const taken = new Set<Track>();
  for (const { one, other, share } of pairs.toSorted((a, b) => b.share - a.share)) {
    if (share < SAME || taken.has(one) || taken.has(other)) continue;
    taken.add(one).add(other);
  }
  return f1({ expected: wanted.length, got: got.length, paired: taken.size / 2 });
}

/** Index of the frame ⇒ box. */
type Track = ReadonlyMap<number, Box>;

function tracksOf(frames: readonly RecordedFrame[], threshold: number): Track[] {
  const tracker = createByteTracker(trackConfig.parse({}), () => ({ threshold }));
  const tracks = new Map<number, Map<number, Box>>();
  for (const [index, frame] of frames.entries()) {
    for (const { track, box } of tracker.update(personsOf(frame, 0), frame.ptsMs).tracked) {
      const boxes = tracks.get(track) ?? new Map<number, Box>();
      tracks.set(track, boxes.set(index, box));
    }
  }
  return [...tracks.values()].filter(({ size }) => size >= SHORTEST);
}

function sharedOf(one: Track, other: Track): number {
  let both = 0;
  for (const [frame, box] of one) {
    const there = other.get(frame);
    if (there && iou(box, there) >= SAME) both++;
  }
  return both / Math.max(one.size, other.size);
}
