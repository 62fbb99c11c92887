/**
 * Frames as people see them: turned and mirrored as their display matrix says (of a phone's clip, or the EXIF orientation of a
 * photo), with square pixels. Done once, before anything looks at a frame, so that models, crops and live pictures agree.
 *
 * Matrix: ISO/IEC 14496-12, 6.2.2, as FFmpeg gives it (`libavutil/display.h`): x' = a x + c y, y' = b x + d y, y downwards.
 */
import { FilterAPI } from 'node-av/api';
import { AV_FRAME_DATA_DISPLAYMATRIX } from 'node-av/constants';
import type { Frame } from 'node-av/lib';
import { CodedError, messageOf } from '../../kit/errors.ts';

export interface Uprighter {
  /** Changes the frame, where it has to be. @throws CodedError `frame-undecodable` where FFmpeg cannot */
  upright(frame: Frame): void;
  close(): void;
}

/** By the signs of a, b, c, d. Any other matrix is no turn by right angles, and is not followed. */
const TURNS: Readonly<Record<string, string>> = {
  '0,1,-1,0': 'transpose=clock',
  '0,-1,1,0': 'transpose=cclock',
  '-1,0,0,-1': 'hflip,vflip',
  '-1,0,0,1': 'hflip',
  '1,0,0,-1': 'vflip',
  '0,1,1,0': 'transpose=cclock_flip',
  '0,-1,-1,0': 'transpose=clock_flip',
};
/** Pixels that are said to be longer than this are taken for an error. */
const MOST_UNEQUAL = 4;

export function createUprighter(): Uprighter {
  let filter: FilterAPI | undefined;
  let form = '';
  const close = () => {
    filter?.close();
    filter = undefined;
  };
  return {
    upright(frame) {
      const turn = turnOf(frame);
      const square = squareOf(frame);
      const chain = [square, turn].filter((step) => step !== undefined).join(',');
      if (chain === '') return;
      const now = `${chain} ${frame.width}x${frame.height} ${frame.format}`;
      if (now !== form) close();
      form = now;
      filter ??= FilterAPI.create(`${chain},setsar=1`);
      try {
        const [made] = filter.processAllSync(frame);
        if (!made) throw new Error('it gave no picture');
        frame.unref();
        frame.ref(made);
        made.free();
      } catch (error) {
        close();
        throw new CodedError('frame-undecodable', `FFmpeg cannot turn the frame upright: ${messageOf(error)}`);
      }
      frame.removeSideData(AV_FRAME_DATA_DISPLAYMATRIX);
    },
    close,
  };
}

function turnOf(frame: Frame): string | undefined {
  const matrix = frame.getSideData(AV_FRAME_DATA_DISPLAYMATRIX);
  if (!matrix || matrix.length < 36) return undefined;
  // Numbers of 16.16 bits in the machine's order, which is little-endian wherever this runs.
  const signs = [0, 1, 3, 4].map((index) => Math.sign(Math.round(matrix.readInt32LE(index * 4) / 65_536)));
  return TURNS[signs.join(',')];
}

/** Makes the picture wider or higher, never smaller, by whole pairs of pixels. */
function squareOf({ width, height, sampleAspectRatio: { num, den } }: Frame): string | undefined {
  const ratio = num > 0 && den > 0 ? num / den : 1;
  if (ratio === 1 || ratio > MOST_UNEQUAL || ratio < 1 / MOST_UNEQUAL) return undefined;
  const even = (length: number) => Math.round(length / 2) * 2;
  return ratio > 1 ? `scale=${even(width * ratio)}:${height}` : `scale=${width}:${even(height / ratio)}`;
}
