/** `rtsp://` and `rtsps://` cameras, over TCP (default) or UDP. */
import { openVideo } from '../../../../shared/engine/frames/reader.ts';
import { withCredentials, withoutCredentials } from '../address.ts';
import { ANSWER_US, type Kind } from './kind.ts';

export const rtsp: Kind = {
  isLive: () => true,
  remote: true,
  stamps: 'media',
  open(source, options) {
    const common = {
      rtsp_transport: source.transport ?? 'tcp',
      timeout: ANSWER_US,
      // Measuring the rate takes most of a second, and nothing needs it.
      fpsprobesize: '0',
      analyzeduration: '300000',
    };
    const input = {
      url: withCredentials(source),
      shown: withoutCredentials(source.url),
      format: 'rtsp',
      waits: true,
      // Sound would be carried for nothing. Where there is nothing else, servers refuse to play: then to say so.
      options: { ...common, allowed_media_types: 'video' },
      ifRefused: common,
    };
    return openVideo(input, options);
  },
};
