/**
 * Where media come from, and what FFmpeg may do there. An address can be a whole program (`concat:`, `subfile,,`), and what
 * is read can name other places (playlists do): FFmpeg gets the protocols and formats of the origin, and no others.
 */
import { CodedError } from '../../kit/errors.ts';
import { localKind, localKindSync } from '../../kit/local-path.ts';

export type Origin = 'file' | 'http' | 'rtsp' | 'device' | 'pattern' | 'stdin';

/** Containers and raw streams of pictures and sound. No playlist, no list of files, and nothing that draws text (`tty`). */
const FORMATS = [
  ...['mov', 'matroska', 'avi', 'mpegts', 'mpeg', 'flv', 'asf', 'ogg', 'mxf', 'nut', 'dv', 'ivf', 'obu', 'rm', 'wtv'],
  ...['h261', 'h263', 'h264', 'hevc', 'vvc', 'av1', 'vc1', 'm4v', 'mpegvideo', 'cavsvideo', 'yuv4mpegpipe'],
  ...['mjpeg', 'mjpeg_2000', 'mpjpeg', 'smjpeg', 'gif', 'apng', 'jpegxl_anim', 'image2', 'gif_pipe', 'tiff_pipe'],
  ...['jpeg_pipe', 'png_pipe', 'bmp_pipe', 'webp_pipe', 'jpegls_pipe', 'jpegxl_pipe'],
  ...[
    'wav',
    'w64',
    'mp3',
    'aac',
    'loas',
    'flac',
    'aiff',
    'au',
    'caf',
    'ac3',
    'eac3',
    'amr',
    'dts',
    'tak',
    'tta',
    'wv',
    'ape',
  ],
].join(',');

/** An image is one file: "%03d" in its name is no number. */
const ONE_IMAGE = { pattern_type: 'none' };
const NOTHING = 'none';

const limits: Readonly<Record<Origin, Readonly<Record<string, string>>>> = {
  file: { protocol_whitelist: 'file', format_whitelist: FORMATS, ...ONE_IMAGE },
  http: { protocol_whitelist: 'http,https,tls,tcp', format_whitelist: FORMATS },
  rtsp: { protocol_whitelist: 'rtsp,rtsps,rtp,srtp,udp,tcp,tls' },
  device: { protocol_whitelist: NOTHING },
  pattern: { protocol_whitelist: NOTHING },
  stdin: { protocol_whitelist: 'pipe', format_whitelist: FORMATS },
};

/** The demuxer of the origins that have one only. */
const demuxers: Readonly<Partial<Record<Origin, string>>> = { rtsp: 'rtsp', device: 'v4l2', pattern: 'lavfi' };

const addresses: Readonly<Partial<Record<Origin, RegExp>>> = { http: /^https?:\/\//i, rtsp: /^rtsps?:\/\//i };

export interface Place {
  readonly from: Origin;
  readonly url: string;
  readonly shown: string;
  readonly waits: boolean;
}

export interface Opening {
  /** What FFmpeg opens. */
  readonly url: string;
  /** Name of the demuxer; undefined: FFmpeg finds it, among those allowed. */
  readonly format: string | undefined;
  /** Options that no other option overrules. */
  readonly limits: Readonly<Record<string, string>>;
}

/**
 * How FFmpeg is to open `url` of this origin.
 * @param waits the question what lies at a path is answered in libuv's pool; else at once, which may block the thread
 * @throws CodedError `source-open` where a path is not that of a file (or device), or an address is of another kind
 */
export async function openingOf({ from, url, shown, waits }: Place): Promise<Opening> {
  if (addresses[from]?.test(url) === false)
    throw new CodedError('source-open', `cannot open ${shown}: it is no address of ${from}`);
  const rest = { format: demuxers[from], limits: limits[from] };
  const local = from === 'file' || from === 'device' ? from : undefined;
  if (local && waits) await localKind(url, [local]);
  else if (local) localKindSync(url, [local]);
  return { url: from === 'file' ? `file:${url}` : url, ...rest };
}
