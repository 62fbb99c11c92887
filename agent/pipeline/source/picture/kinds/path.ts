/** A path: a file that FFmpeg reads, or a folder of images. */
import { openImages } from '../../../../../shared/engine/frames/images.ts';
import { openVideo } from '../../../../../shared/engine/frames/reader.ts';
import { localKindSync } from '../../../../../shared/kit/local-path.ts';
import type { Kind } from './kind.ts';

export const path: Kind = {
  isLive: () => false,
  remote: false,
  stamps: 'media',
  // Blocks: the decode thread is watched over (`threads.ts`).
  async open(source, options) {
    const { url } = source;
    const kind = localKindSync(url, ['file', 'folder']);
    if (kind === 'folder') return openImages(url, source.fps, options);
    return openVideo({ from: 'file', url, shown: url, waits: false }, options);
  },
};
