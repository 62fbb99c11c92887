/** Opening what FFmpeg demuxes, and telling a person why it could not be opened. */
import {
  AV_LOG_QUIET,
  AVERROR_DECODER_NOT_FOUND,
  AVERROR_HTTP_FORBIDDEN,
  AVERROR_HTTP_OTHER_4XX,
  AVERROR_HTTP_UNAUTHORIZED,
  AVERROR_PROTOCOL_NOT_FOUND,
} from 'node-av/constants';
import { Dictionary, FFmpegError, FormatContext, InputFormat, Log } from 'node-av/lib';
import { CodedError } from '../../kit/errors.ts';

export interface VideoInput {
  /** What FFmpeg opens, with user and password. */
  readonly url: string;
  /** How messages name it, without them. */
  readonly shown: string;
  /** Name of the demuxer, where the address does not say it. */
  readonly format?: string;
  /** Options of the demuxer and its protocol. */
  readonly options?: Readonly<Record<string, string>>;
  /** Other options, tried once where the other side refuses a request made with the first (4XX). */
  readonly ifRefused?: Readonly<Record<string, string>>;
  /**
   * Reading may wait for somebody else: it is done in FFmpeg's own time (libuv's pool) while this thread goes on, and can be
   * aborted. Else it is done at once, which is faster.
   */
  readonly waits: boolean;
}

/**
 * Opens the input and finds its streams.
 * @param signal ends the waiting, with its reason; what was being opened is closed when FFmpeg lets go of it
 * @throws CodedError `source-open`, `source-auth` or `source-no-video` with FFmpeg's reason
 */
export async function openInput(input: VideoInput, signal?: AbortSignal): Promise<FormatContext> {
  // FFmpeg prints to stderr by itself, addresses with their passwords included.
  Log.setLevel(AV_LOG_QUIET);
  signal?.throwIfAborted();
  const format = new FormatContext();
  // FFmpeg copies the means of interruption while it opens: they have to be there before.
  if (input.waits) format.allocContext();
  const demuxer = input.format === undefined ? null : InputFormat.findInputFormat(input.format);
  if (input.format !== undefined && !demuxer)
    throw new CodedError('source-open', `${input.shown}: this build of FFmpeg cannot read ${input.format}`);
  const interrupt = () => format.interrupt();
  signal?.addEventListener('abort', interrupt, { once: true });
  const options = input.options === undefined ? null : Dictionary.fromObject(input.options);
  try {
    const opening = input.waits
      ? format.openInput(input.url, demuxer, options)
      : format.openInputSync(input.url, demuxer, options);
    const opened = typeof opening === 'number' ? opening : await orAbort(opening, signal, () => format.closeInput());
    if (opened === AVERROR_HTTP_OTHER_4XX && input.ifRefused) {
      const { ifRefused, ...rest } = input;
      return await openInput({ ...rest, options: ifRefused }, signal);
    }
    if (opened < 0) throw openFailure(input.shown, opened);
    await findStreams(format, input, signal);
    return format;
  } finally {
    signal?.removeEventListener('abort', interrupt);
    options?.free();
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
    const settle = (pass: () => void) => {
      signal.removeEventListener('abort', abandon);
      if (!signal.aborted) pass();
    };
    signal.addEventListener('abort', abandon, { once: true });
    call.then(
      (code) => settle(() => resolve(code)),
      (error) => settle(() => reject(error)),
    );
  });
}

async function findStreams(format: FormatContext, { waits }: VideoInput, signal?: AbortSignal): Promise<void> {
  if (waits) await orAbort(format.findStreamInfo(), signal, () => format.closeInput());
  else format.findStreamInfoSync();
}

function openFailure(shown: string, code: number): CodedError {
  const why = reason(code);
  if (code === AVERROR_HTTP_UNAUTHORIZED || code === AVERROR_HTTP_FORBIDDEN)
    return new CodedError('source-auth', `${shown}: ${why}; set \`user\` and \`passwordFile\` of the source`);
  if (code === AVERROR_PROTOCOL_NOT_FOUND)
    return new CodedError('source-open', `cannot open ${shown}: ${why} or not allowed here`);
  if (code === AVERROR_DECODER_NOT_FOUND) return new CodedError('source-no-video', `${shown}: ${why}`);
  return new CodedError('source-open', `cannot open ${shown}: ${why}`);
}

/** FFmpeg's words for an error code. */
export function reason(code: number): string {
  return new FFmpegError(code).message;
}
