/** `test:` patterns: pictures that FFmpeg makes. */
import { parsePattern } from '../../../../../shared/contract/config/pattern.ts';
import { openVideo } from '../../../../../shared/engine/frames/reader.ts';
import { CodedError } from '../../../../../shared/kit/errors.ts';
import type { Kind } from './kind.ts';

export const pattern: Kind = {
  isLive: () => false,
  remote: false,
  stamps: 'media',
  async open({ url }, options) {
    const parsed = parsePattern(url);
    if (typeof parsed === 'string') throw new CodedError('source-open', `${url}: ${parsed}`);
    const { name, size, fps, seconds } = parsed;
    const graph = `${name}=size=${size}:rate=${fps}${seconds === undefined ? '' : `,trim=duration=${seconds}`}`;
    return openVideo({ from: 'pattern', url: `${graph},format=yuv420p`, shown: url, waits: false }, options);
  },
};
