/** The one place where FFmpeg opens anything, and tells a person why it could not be opened. */
import {
  AV_LOG_QUIET,
  AVERROR_DECODER_NOT_FOUND,
  AVERROR_EINVAL,
  AVERROR_HTTP_FORBIDDEN,
  AVERROR_HTTP_OTHER_4XX,
  AVERROR_HTTP_SERVER_ERROR,
  AVERROR_HTTP_UNAUTHORIZED,
  AVERROR_PROTOCOL_NOT_FOUND,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants';
import { Dictionary, FFmpegError, FormatContext, InputFormat, Log } from 'node-av/lib';
import { systemClock } from '../../kit/clock.ts';
import { CodedError } from '../../kit/errors.ts';
import { type Origin, openingOf } from './origin.ts';

export interface MediaInput {
  /** What kind of place it is; it bounds what FFmpeg may open and read. */
  readonly from: Origin;
  /** The address, with user and password; of a file and a device its path. */
  readonly url: string;
  /** How messages name it, without them. */
  readonly shown: string;
  /** Options of the demuxer and its protocol. */
  readonly options?: Readonly<Record<string, string>>;
  /** Other options, tried once where the other side refuses a request made with the first (4XX). */
  readonly ifRefused?: Readonly<Record<string, string>>;
  /**
   * Reading may wait for a camera or a server: it is done in FFmpeg's own time (libuv's pool) while this thread goes on, and can be
   * aborted. Else it is done at once, which is faster.
   */
  readonly waits: boolean;
}

/**
 * A server ends a refused session in its own time, and answers 5XX until it has: GStreamer's does, where viewers share one
 * medium. It is asked again so often, so far apart.
 */
const BUSY_TRIES = 6;
const BUSY_MS = 400;

/**
 * Opens the input and finds its streams.
 * @param signal ends the waiting, with its reason; what was being opened is closed when FFmpeg lets go of it
 * @throws CodedError `source-open`, `source-auth` or `source-no-video` with FFmpeg's reason
 */
export async function openInput(input: MediaInput, signal?: AbortSignal): Promise<FormatContext> {
  // FFmpeg prints to stderr by itself, addresses with their passwords included.
  Log.setLevel(AV_LOG_QUIET);
  const format = await openOrRefused(input, signal);
  if (typeof format !== 'number') return format;
  const { ifRefused, ...rest } = input;
  if (format !== AVERROR_HTTP_OTHER_4XX || !ifRefused) throw openFailure(input, format);
  for (let tries = 1; ; tries++) {
    const again = await openOrRefused({ ...rest, options: ifRefused }, signal, 'video');
    if (typeof again !== 'number') return again;
    if (again !== AVERROR_HTTP_SERVER_ERROR || tries >= BUSY_TRIES) throw openFailure(input, again);
    await systemClock.sleep(BUSY_MS, signal);
  }
}

/** @returns FFmpeg's error code where it could not be opened */
async function openOrRefused(
  input: MediaInput,
  signal?: AbortSignal,
  needed?: 'video',
): Promise<FormatContext | number> {
  const { url, format: name, limits } = await openingOf(input);
  signal?.throwIfAborted();
  const format = new FormatContext();
  // FFmpeg copies the means of interruption while it opens: they have to be there before.
  if (input.waits) format.allocContext();
  const demuxer = name === undefined ? null : InputFormat.findInputFormat(name);
  if (name !== undefined && !demuxer)
    throw new CodedError('source-open', `${input.shown}: this build of FFmpeg cannot read ${name}`);
  const interrupt = () => format.interrupt();
  signal?.addEventListener('abort', interrupt, { once: true });
  const options = Dictionary.fromObject({ ...input.options, ...limits });
  try {
    const opening = input.waits ? format.openInput(url, demuxer, options) : format.openInputSync(url, demuxer, options);
    const opened = typeof opening === 'number' ? opening : await orAbort(opening, signal, () => format.closeInput());
    if (opened < 0) return opened;
    // A server describes what it has; what it does not have need not be waited for.
    if (needed && !format.streams.some(({ codecpar }) => codecpar.codecType === AVMEDIA_TYPE_VIDEO)) {
      await format.closeInput();
      throw new CodedError('source-no-video', `${input.shown}: has no video that FFmpeg can read`);
    }
    await findStreams(format, input, signal);
    return format;
  } finally {
    signal?.removeEventListener('abort', interrupt);
    options.free();
  }
}

/**
 * A call of FFmpeg, or the abortion of waiting for it. An interrupted call takes up to 0.1 s to return, and one of a device
 * may take longer: it is abandoned, and what it works on may be freed only by `clean`, when it is through.
 */
export function orAbort(call: Promise<number>, signal: AbortSignal | undefined, clean: () => unknown): Promise<number> {
  if (!signal) return call;
  return new Promise((resolve, reject) => {
    const abandon = () => {
      call.then(clean, clean);
      reject(signal.reason);
    };
    const finish = (pass: () => void) => {
      signal.removeEventListener('abort', abandon);
      if (!signal.aborted) pass();
    };
    signal.addEventListener('abort', abandon, { once: true });
    call.then(
      (code) => finish(() => resolve(code)),
      (error) => finish(() => reject(error)),
    );
  });
}

async function findStreams(format: FormatContext, { waits }: MediaInput, signal?: AbortSignal): Promise<void> {
  if (waits) await orAbort(format.findStreamInfo(), signal, () => format.closeInput());
  else format.findStreamInfoSync();
}

const HAS_USER = /^[a-z]+:\/\/[^/?#]*@/i;
const REFUSED = 'it refuses this user or password';

function openFailure({ shown, url }: MediaInput, code: number): CodedError {
  const why = reason(code);
  if (code === AVERROR_HTTP_UNAUTHORIZED || code === AVERROR_HTTP_FORBIDDEN)
    return new CodedError(
      'source-auth',
      `${shown}: ${why}; ${HAS_USER.test(url) ? REFUSED : 'set `user` and `passwordFile` of the source'}`,
    );
  if (code === AVERROR_PROTOCOL_NOT_FOUND)
    return new CodedError('source-open', `cannot open ${shown}: ${why} or not allowed here`);
  // So FFmpeg answers for a format that is not on the list.
  if (code === AVERROR_EINVAL)
    return new CodedError(
      'source-open',
      `cannot open ${shown}: ${why}, or its format is not read here (playlists, text)`,
    );
  if (code === AVERROR_DECODER_NOT_FOUND) return new CodedError('source-no-video', `${shown}: ${why}`);
  return new CodedError('source-open', `cannot open ${shown}: ${why}`);
}

/** FFmpeg's words for an error code. */
export function reason(code: number): string {
  return new FFmpegError(code).message;
}
