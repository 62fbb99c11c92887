/** `-`: the standard input of the program, in anything that FFmpeg can read without seeking. */
import { openVideo } from '../../../../../shared/engine/frames/reader.ts';
import type { Kind } from './kind.ts';

export const stdin: Kind = {
  isLive: () => false,
  remote: false,
  stamps: 'media',
  open: (_source, options) =>
    openVideo({ from: 'stdin', url: 'pipe:0', shown: 'standard input', waits: true }, options),
};
