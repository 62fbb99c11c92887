/** `/dev/videoN`: a camera of this machine, through Video4Linux. */
import type { MediaInput } from '../../../../../shared/engine/frames/input.ts';
import { openVideo } from '../../../../../shared/engine/frames/reader.ts';
import type { Kind } from './kind.ts';

export const device: Kind = {
  isLive: () => true,
  remote: true,
  stamps: 'arrival',
  open(source, options) {
    const { url, size, fps } = source;
    const input: MediaInput = {
      from: 'device',
      url,
      shown: url,
      waits: true,
      options: {
        ...(size === undefined ? {} : { video_size: size }),
        ...(fps === undefined ? {} : { framerate: String(fps) }),
      },
    };
    return openVideo(input, options);
  },
};
