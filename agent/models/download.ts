/**
 * Fetches a package by HTTP range (shared/contract/delivery.ts): goes on where the last try ended, no faster than allowed,
 * and checks the digest of the whole twice: while it comes, and again on disk.
 */
import { rm } from 'node:fs/promises';
import { etagOf, packagePathOf } from '../../shared/contract/delivery.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { inTime } from '../../shared/kit/deadline.ts';
import { digestOfFile } from '../../shared/kit/digest.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Fetch } from '../../shared/pki/fetch.ts';
import { Hindrance, Refusal } from './outcome.ts';
import { openPartFile, type PartFile } from './part-file.ts';

export interface DownloadOptions {
  /** Address of the hub, `http://` or `https://`. */
  readonly hub: string;
  /** Value of the `Authorization` header; absent: the connection has a client certificate. */
  readonly authorization?: string;
  readonly fetch: Fetch;
  /** Bytes a second; absent: as fast as it goes. */
  readonly bytesPerS?: number;
  readonly clock: Clock;
}

export interface Wanted {
  /** `sha256:HEX` */
  readonly digest: string;
  readonly bytes: number;
}

/** A connection that is silent for so long is closed; a later try goes on from there. */
const STALL_MS = 30_000;
/** How far ahead of the allowed rate bytes may come. */
const BURST_MS = 250;

/**
 * @param file where the first bytes may lie already; after it the whole archive lies there
 * @throws Hindrance when it may go better later: no connection, a busy hub, no such package yet
 * @throws Refusal `download` when a whole download has another digest
 */
export async function download(
  wanted: Wanted,
  file: string,
  options: DownloadOptions,
  onProgress: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const found = await fetchInto(wanted, file, options, onProgress, signal);
  if (found.digest !== wanted.digest) {
    await rm(file, { force: true });
    // Bytes of an earlier try may be the damaged ones; if there were none, the hub sent the wrong bytes.
    if (found.resumed)
      throw new Hindrance('the bytes that were downloaded before are damaged; the download starts again');
    throw new Refusal('download', `the hub's bytes have the digest ${found.digest}, not ${wanted.digest}`);
  }
  const onDisk = await digestOfFile(file);
  if (onDisk === wanted.digest) return;
  await rm(file, { force: true });
  throw new Hindrance(`the disk returns other bytes than were written (${onDisk}); the download starts again`);
}

async function fetchInto(
  wanted: Wanted,
  file: string,
  options: DownloadOptions,
  onProgress: (bytes: number) => void,
  signal: AbortSignal,
): Promise<{ digest: string; resumed: boolean }> {
  const part = await openPartFile(file);
  let resumed = part.size > 0;
  try {
    if (part.size > wanted.bytes) await part.truncate();
    onProgress(part.size);
    if (part.size < wanted.bytes) {
      const response = await ask(wanted, part.size, options, signal);
      if (response.status === 200) await part.truncate();
      resumed = part.size > 0;
      await copy(response, part, wanted, options, onProgress, signal);
    }
    return { digest: part.digest(), resumed };
  } catch (error) {
    if (error instanceof Refusal || error instanceof Hindrance || signal.aborted) throw error;
    const why = messageOf(causeOf(error));
    if (part.size === 0) throw new Hindrance(`${options.hub}: ${why}`);
    const far = `after ${part.size} of ${wanted.bytes} bytes`;
    throw new Hindrance(`the download from ${options.hub} broke off ${far} (${why}); it goes on from there`);
  } finally {
    await part.close();
  }
}

async function ask(wanted: Wanted, from: number, options: DownloadOptions, signal: AbortSignal): Promise<Response> {
  const { hub, authorization, fetch, clock } = options;
  const abort = new AbortController();
  const cancel = clock.after(STALL_MS, () => abort.abort(new Error(`no answer in ${STALL_MS / 1000} s`)));
  let response: Response;
  try {
    response = await fetch(new URL(packagePathOf(wanted.digest), hub), {
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(from > 0 ? { range: `bytes=${from}-`, 'if-range': etagOf(wanted.digest) } : {}),
      },
      redirect: 'error',
      signal: AbortSignal.any([signal, abort.signal]),
    });
  } finally {
    cancel();
  }
  const { status, headers } = response;
  const range = headers.get('content-range');
  if (status === 200 || (status === 206 && range?.startsWith(`bytes ${from}-`))) return response;
  await response.body?.cancel();
  if (status === 429)
    throw new Hindrance('the hub serves the most downloads that it allows at once', retryAfter(headers));
  if (status === 404) throw new Hindrance('the hub does not have the package (404)');
  if (status === 401 || status === 403)
    throw new Hindrance(`the hub refuses this device's token or certificate (${status})`);
  throw new Hindrance(`the hub answers ${status}${range === null ? '' : ` with ${range}`}`);
}

async function copy(
  response: Response,
  part: PartFile,
  wanted: Wanted,
  { bytesPerS = Number.POSITIVE_INFINITY, clock }: DownloadOptions,
  onProgress: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const reader = response.body?.getReader();
  if (!reader) return;
  /** When what has been read so far would be there at the rate that is allowed. */
  let due = clock.mono();
  try {
    for (;;) {
      const { done, value } = await inTime(clock, STALL_MS, reader.read(), () => {
        throw new Error(`no byte in ${STALL_MS / 1000} s`);
      });
      signal.throwIfAborted();
      if (done) break;
      if (part.size + value.length > wanted.bytes)
        throw new Refusal('download', `the hub sends more than the ${wanted.bytes} bytes that it stated`);
      await part.append(value);
      onProgress(part.size);
      due = Math.max(due, clock.mono() - BURST_MS) + (value.length * 1000) / bytesPerS;
      if (due > clock.mono()) await clock.sleep(due - clock.mono(), signal);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  if (part.size < wanted.bytes)
    throw new Hindrance(
      `the connection ended after ${part.size} of ${wanted.bytes} bytes; it goes on from there`,
      1000,
    );
}

function retryAfter(headers: Headers): number | undefined {
  const seconds = Number(headers.get('retry-after'));
  return seconds > 0 && seconds <= 3600 ? seconds * 1000 : undefined;
}

/** `fetch` hides the reason one level down. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}
