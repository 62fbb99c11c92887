/** A path: a file that FFmpeg reads, or a folder of images. */
import { statSync } from 'node:fs';
import { openImages } from '../../../../shared/engine/frames/images.ts';
import { openVideo } from '../../../../shared/engine/frames/reader.ts';
import type { Kind } from './kind.ts';

export const path: Kind = {
  isLive: () => false,
  remote: false,
  stamps: 'media',
  open(source, options) {
    const { url } = source;
    if (statSync(url, { throwIfNoEntry: false })?.isDirectory()) return openImages(url, source.fps, options);
    // A file can name others (playlists do): files only, never addresses.
    const limits = { protocol_whitelist: 'file,crypto' };
    return openVideo({ url: `file:${url}`, shown: url, waits: false, options: limits }, options);
  },
};
