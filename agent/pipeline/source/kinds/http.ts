/**
 * `http(s)://`: MJPEG and other streams without an end are cameras; what states its duration (MP4 and the like) is a
 * recording, played while it is fetched.
 */
import { openVideo } from '../../../../shared/engine/frames/reader.ts';
import { withCredentials, withoutCredentials } from '../address.ts';
import { ANSWER_US, type Kind } from './kind.ts';

export const http: Kind = {
  isLive: ({ durationMs }) => durationMs === 0,
  remote: true,
  // FFmpeg stamps the parts of a multipart MJPEG as if they came at 25 a second.
  stamps: 'arrival',
  open(source, options) {
    const input = {
      url: withCredentials(source),
      shown: withoutCredentials(source.url),
      waits: true,
      options: {
        rw_timeout: ANSWER_US,
        // What a server sends may name other addresses (a playlist does): none but its own kind.
        protocol_whitelist: 'http,https,tls,tcp,crypto',
        fpsprobesize: '0',
        analyzeduration: '300000',
      },
    };
    return openVideo(input, options);
  },
};
