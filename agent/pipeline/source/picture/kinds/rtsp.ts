/** `rtsp://` and `rtsps://` cameras, over TCP (default) or UDP. */
import type { MediaInput } from '../../../../../shared/engine/frames/input.ts';
import { openVideo } from '../../../../../shared/engine/frames/reader.ts';
import { shownAddress } from '../../../../../shared/kit/shown-address.ts';
import { withCredentials } from '../../address.ts';
import { withTrust } from '../../camera-tls.ts';
import { answerUs, type Kind } from './kind.ts';

export const rtsp: Kind = {
  isLive: () => true,
  remote: true,
  stamps: 'media',
  open(source, options) {
    const common = {
      rtsp_transport: source.transport ?? 'tcp',
      timeout: answerUs(source),
      // Measuring the rate takes most of a second, and nothing needs it.
      fpsprobesize: '0',
      analyzeduration: '300000',
    };
    const shown = shownAddress(source.url);
    return withTrust(
      source,
      shown,
      (trust) => {
        const input: MediaInput = {
          from: 'rtsp',
          url: withCredentials(source),
          shown,
          waits: true,
          // Sound is not wanted. A server that has nothing else refuses to play; it is asked again for all that it has, so that
          // the failure can be named.
          options: { ...common, ...trust, allowed_media_types: 'video' },
          ifRefused: { ...common, ...trust },
        };
        return openVideo(input, options);
      },
      options.signal,
    );
  },
};
