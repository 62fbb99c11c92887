/**
 * `http(s)://`: MJPEG and other streams without an end are cameras; what states its duration (MP4 and the like) is a
 * recording, played while it is fetched; what is one picture is asked for again for each frame.
 */
import type { MediaInput } from '../../../../../shared/engine/frames/input.ts';
import { pollPictures } from '../../../../../shared/engine/frames/poll.ts';
import { openVideo } from '../../../../../shared/engine/frames/reader.ts';
import { systemClock } from '../../../../../shared/kit/clock.ts';
import { shownAddress } from '../../../../../shared/kit/shown-address.ts';
import { withCredentials } from '../../address.ts';
import { withTrust } from '../../camera-tls.ts';
import { answerUs, type Kind } from './kind.ts';

export const http: Kind = {
  isLive: ({ durationMs }) => durationMs === 0,
  remote: true,
  // FFmpeg stamps the parts of a multipart MJPEG as if they came at 25 a second.
  stamps: 'arrival',
  async open(source, options) {
    const shown = shownAddress(source.url);
    const common = { rw_timeout: answerUs(source), fpsprobesize: '0', analyzeduration: '300000' };
    const openWith = (trust: Readonly<Record<string, string>>) => {
      const input: MediaInput = {
        from: 'http',
        url: withCredentials(source),
        shown,
        waits: true,
        options: { ...common, ...trust },
      };
      return openVideo(input, options);
    };
    const open = () => withTrust(source, shown, openWith, options.signal);
    const answer = await open();
    if (!answer.info.isPicture) return answer;
    const { enoughFps: fps, signal } = options;
    return pollPictures(answer, { open, fps, shown, clock: systemClock, ...(signal ? { signal } : {}) });
  },
};
